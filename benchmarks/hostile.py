"""What refusing a hostile document costs: processor time from its text to its refusal, none of it kept from before.

`make bench-limits` runs it; it prints milliseconds, the worst first, beside what the page's own list takes.
"""

import statistics
import time

from graphql import GraphQLSchema

from execution.bounds import Bounds
from execution.documents import Documents
from schema import schema
from tests.serving.hostile import HOSTILE, MISTAKEN

GOAL = 100.0
ROUNDS = 5
SENSIBLE = "{ phoneNumbers(first: 50) { totalCount nodes { id e164 organization { name } trunk { name } } } }"


def main() -> None:
    queries = {f"{hostile.limit}: {name}": hostile.query for name, hostile in HOSTILE.items()}
    queries |= {f"a mistake: {name}": query for name, query in MISTAKEN.items()}
    took = {name: refusing(schema.graphql, query) for name, query in queries.items()}
    for name in sorted(took, key=lambda each: -took[each])[:15]:
        print(f"{took[name]:8.2f} ms  {name}")
    print(f"{refusing(schema.graphql, SENSIBLE):8.2f} ms  a sensible list, read and validated")
    print(f"{len(took)} documents; the worst takes {max(took.values()):.1f} ms of the {GOAL:.0f} ms that it may")


def refusing(graphql: GraphQLSchema, query: str) -> float:
    """The median of some rounds, in milliseconds."""
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        Documents(graphql, Bounds(page=50, largest_page=100)).read(query)
        spent.append((time.process_time() - started) * 1000)
    return statistics.median(spent)


if __name__ == "__main__":
    main()
