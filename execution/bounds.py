"""The most that a document may ask for, and the refusal of one that asks for more."""

from dataclasses import dataclass

from graphql import GraphQLError

# Beyond these a number is not shown: tokens are not counted to their end, and a bomb of fragments counts in thousands
# of digits.
SHOWN = {"tokens": 10_000}
OTHERS_SHOWN = 10**12


@dataclass(frozen=True)
class Bounds:
    """Their names are what a refusal names. `page` and `largest_page` are how long the API's lists are."""

    page: int
    largest_page: int
    tokens: int = 2000
    operations: int = 20
    fragments: int = 30
    directives: int = 50
    nesting: int = 100
    depth: int = 12
    introspection_depth: int = 16
    aliases: int = 30
    repeats: int = 30
    root_fields: int = 20
    cost: int = 5000

    def hold(self, limit: str, found: int) -> None:
        """Raises QUERY_TOO_COMPLEX."""
        most: int = getattr(self, limit)
        if found > most:
            raise too_complex(limit, found, most)


WORDS = {
    "tokens": "is {} tokens long",
    "operations": "holds {} operations",
    "fragments": "holds {} fragments",
    "directives": "holds {} directives",
    "nesting": "nests selections and fragments {} deep",
    "depth": "nests fields {} deep",
    "introspection_depth": "nests introspection {} deep",
    "aliases": "has {} aliases, counted wherever a fragment is spread",
    "repeats": "selects the same beside itself {} times",
    "root_fields": "asks for {} fields at its root",
    "cost": "costs {} points, each list counted by its page size",
}


def too_complex(limit: str, found: int, most: int) -> GraphQLError:
    """Says which limit, and how far over."""
    shown = min(found, most_shown(limit))
    more = "more than " if found > shown else ""
    return GraphQLError(
        f"The document {WORDS[limit].format(f'{more}{shown:,}')}: {more}{shown - most:,} over the limit of {most:,}."
        " Ask for less at once, or in several requests.",
        extensions={"code": "QUERY_TOO_COMPLEX", "limit": limit, "found": shown, "most": most},
    )


def most_shown(limit: str) -> int:
    return SHOWN.get(limit, OTHERS_SHOWN)
