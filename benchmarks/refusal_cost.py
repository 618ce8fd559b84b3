"""Measure processor time to refuse each hostile document, with an empty document cache (`make bench-limits`).

Prints milliseconds, the worst first, and those of the console's own list.
"""

import statistics
import time

from graphql import GraphQLSchema

from execution.document_cache import DocumentCache
from execution.document_limits import DocumentLimits
from schema import schema
from tests.serving.hostile_documents import HOSTILE_DOCUMENTS, INVALID_DOCUMENTS

GOAL_MS = 100.0
ROUNDS = 5
TYPICAL_QUERY = "{ phoneNumbers(first: 50) { totalCount nodes { id e164 organization { name } trunk { name } } } }"


def main() -> None:
    queries = {f"{hostile.limit}: {name}": hostile.query for name, hostile in HOSTILE_DOCUMENTS.items()}
    queries |= {f"a mistake: {name}": query for name, query in INVALID_DOCUMENTS.items()}
    costs = {name: refusal_milliseconds(schema.graphql, query) for name, query in queries.items()}
    for name in sorted(costs, key=lambda each: -costs[each])[:15]:
        print(f"{costs[name]:8.2f} ms  {name}")
    print(f"{refusal_milliseconds(schema.graphql, TYPICAL_QUERY):8.2f} ms  a typical list, parsed and validated")
    print(f"{len(costs)} documents; the worst takes {max(costs.values()):.1f} ms; the goal is {GOAL_MS:.0f} ms")


def refusal_milliseconds(graphql: GraphQLSchema, query: str) -> float:
    """Return the median of ROUNDS, in milliseconds."""
    durations = []
    for _ in range(ROUNDS):
        started = time.process_time()
        DocumentCache(graphql, DocumentLimits(default_page_size=50, max_page_size=100)).load(query)
        durations.append((time.process_time() - started) * 1000)
    return statistics.median(durations)


if __name__ == "__main__":
    main()
