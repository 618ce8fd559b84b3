"""Whether the time of an answer tells what there is: unknown against foreign, asked in turns in one run.

`make bench-foreign` runs it. What is told apart by less than the spread of its own repetition is of no use to anybody.
"""

import statistics
import tempfile
import time
from pathlib import Path

import structlog

from migrations import migrate
from tests.installation import Client, Installation
from tests.stores import SqliteStore

ROUNDS = 400
UNKNOWN = {"num": "num_0123456789abcdefghjkmnpqrs", "e164": "+12125550111", "org": "org_0123456789abcdefghjkmnpqrs"}
QUERIES = {
    "node": ("num", "query($it: ID!) { node(id: $it) { id } }"),
    "organization": ("org", "query($it: ID!) { organization(id: $it) { name } }"),
    "phoneNumber": ("e164", "query($it: String!) { phoneNumber(e164: $it) { id } }"),
    "previewOutboundNumber": (
        "e164",
        "query($it: String!) { previewOutboundNumber(input: {agentNumber: $it}) { agentNumber refusal { code } } }",
    ),
}


def main() -> None:
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        migrate(f"sqlite+aiosqlite:///{template}")
        installation = Installation(SqliteStore(Path(folder) / "dialtree.db", template))
        asking, stranger = installation.root("Northwind"), installation.root("Contoso")
        number = stranger.number()
        foreign = {"num": number.id, "e164": number.e164, "org": stranger.organization_id}
        print(f"{'asked':>22} {'unknown, ms':>12} {'foreign, ms':>12} {'foreign/unknown':>16} {'unknown/unknown':>16}")
        for name, (kind, query) in QUERIES.items():
            first, second, other = compared(asking, query, UNKNOWN[kind], UNKNOWN[kind], foreign[kind])
            print(f"{name:>22} {first:12.3f} {other:12.3f} {other / first:16.3f} {second / first:16.3f}")
        installation.stop()
        installation.join()


def compared(client: Client, query: str, *values: str) -> list[float]:
    """The median of each, in milliseconds: one after the other, round after round."""
    took: list[list[float]] = [[] for _ in values]
    for _ in range(ROUNDS):
        for place, value in enumerate(values):
            started = time.perf_counter()
            client.post(query, {"it": value})
            took[place].append((time.perf_counter() - started) * 1000)
    return [statistics.median(each[ROUNDS // 10 :]) for each in took]


if __name__ == "__main__":
    main()
