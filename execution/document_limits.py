"""Define the limits of a document, and the error that names the limit exceeded."""

from dataclasses import dataclass

from graphql import GraphQLError

# Larger numbers are shown as "more than …": tokens are not counted to the end, and nested fragments can multiply to
# numbers of thousands of digits.
MAX_SHOWN = {"tokens": 10_000}
DEFAULT_MAX_SHOWN = 10**12


@dataclass(frozen=True)
class DocumentLimits:
    """The limits, by the names that errors give them; the two page sizes are those of the API's connections."""

    default_page_size: int
    max_page_size: int
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

    def check(self, limit: str, found: int) -> None:
        """Raise GraphQLError (QUERY_TOO_COMPLEX) if more was found than the named limit allows."""
        limit_value: int = getattr(self, limit)
        if found > limit_value:
            raise too_complex(limit, found, limit_value)


LIMIT_MESSAGES = {
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


def too_complex(limit: str, found: int, maximum: int) -> GraphQLError:
    """Build the error that says which limit was exceeded, and by how much."""
    shown = min(found, max_shown(limit))
    more = "more than " if found > shown else ""
    what = LIMIT_MESSAGES[limit].format(f"{more}{shown:,}")
    return GraphQLError(
        f"The document {what}: {more}{shown - maximum:,} over the limit of {maximum:,}. Ask for less at once,"
        " or in several requests.",
        extensions={"code": "QUERY_TOO_COMPLEX", "limit": limit, "found": shown, "most": maximum},
    )


def max_shown(limit: str) -> int:
    """Return the largest number that an error shows for a limit."""
    return MAX_SHOWN.get(limit, DEFAULT_MAX_SHOWN)
