"""Measure processor time per charged point, for documents that are cheap in points (`make bench-limits`).

Prints milliseconds a point, the worst first, and those of a typical page.
"""

import sys
import tempfile
import time
from pathlib import Path

import httpx
from pydantic import JsonValue

from benchmarks.dataset import create_dataset, e164
from benchmarks.servers import NO_RESPONSE_CACHE, Server, ServerKind, run_server

NUMBERS, CONVERSATIONS = 100_000, 100_000
GOAL_MS = 0.1
# A document is sent until so many points are spent, or ROUNDS times: the points that remain are reported as integers.
ENOUGH_POINTS, ROUNDS = 1500, 15
BUDGET = 100_000
LIST = "query($f: ConversationFilter) { conversations(first: 1, filter: $f) { %s } }"
NUMBER_LIST = "query($f: PhoneNumberFilter) { phoneNumbers(first: 1, filter: $f) { %s } }"
TYPICAL_QUERY = """{ phoneNumbers(first: 50) { nodes { id e164 shareable organization { name } trunk { name }
  inboundSlot { agentVersion { number agent { name } } }
  outboundSlot { agentVersion { number agent { name } } } } } }"""

Variables = dict[str, JsonValue]
Query = tuple[str, Variables]


def queries() -> dict[str, Query]:
    """Return documents and their variables by name."""
    return {"a typical page": (TYPICAL_QUERY, {}), **filter_queries(), **input_queries()}


CONVERSATION_FILTERS: dict[str, Variables] = {
    "nothing": {},
    "a direction": {"direction": "OUTBOUND"},
    "a key": {"idempotencyKey": "key 7"},
    "a member": {"metadata": {"customer": "c7"}},
    "two members": {"metadata": {"customer": "c7", "absent": 1}},
    "two members that many have": {"metadata": {"kind": "call", "absent": 1}},
    "fifty members": {"metadata": {"customer": "c7", **{f"k{each}": each for each in range(49)}}},
    "all statuses, often": {"status": ["COMPLETED", "UNANSWERED"] * 500},
}
NUMBER_FILTERS: dict[str, Variables] = {
    "nothing": {},
    "digits": {"e164Contains": "20600"},
    "two digits": {"e164Contains": "20"},
    "capability": {"outboundCapable": False},
    "slots": {"outboundAssigned": True, "inboundAssigned": False},
}


def filter_queries() -> dict[str, Query]:
    named_queries: dict[str, Query] = {}
    for fields in ("totalCount", "nodes { id }", "totalCount nodes { id }"):
        for name, filter_ in CONVERSATION_FILTERS.items():
            named_queries[f"conversations by {name}: {fields}"] = (LIST % fields, {"f": filter_})
        for name, filter_ in NUMBER_FILTERS.items():
            named_queries[f"numbers by {name}: {fields}"] = (NUMBER_LIST % fields, {"f": filter_})
    return named_queries


def input_queries() -> dict[str, Query]:
    members = " ".join(f"k{each}: {each}" for each in range(480))
    return {
        "a literal of 480 keys": (f"{{ conversations(filter: {{metadata: {{{members}}}}}) {{ nodes {{ id }} }} }}", {}),
        "a string of 90 KB": (f'{{ phoneNumber(e164: "{"1" * 90_000}") {{ id }} }}', {}),
        "a string of 90 KB in a variable": ("query($e: String!) { phoneNumber(e164: $e) { id } }", {"e": "1" * 90_000}),
        "a thousand ids": ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["agt_1"] * 1000}),
        "all the tokens there may be": ("{ viewer { " + " ".join(f"a{n}: scopes" for n in range(30)) + " } }", {}),
        "counts below": (
            "{ viewer { organization { children { totalCount } phoneNumbers(first: 1) { totalCount } } } }",
            {},
        ),
        "which number would be dialed from": (
            "query($i: PreviewOutboundNumberInput!) { previewOutboundNumber(input: $i) { agentNumber } }",
            {"i": {"agentNumber": e164(1), "agentConfig": {f"k{each}": each for each in range(2000)}}},
        ),
    }


def main() -> None:
    environment = NO_RESPONSE_CACHE | {"DIALTREE_POINTS_PER_MINUTE": str(BUDGET), "DIALTREE_DIALING": "off"}
    kind = ServerKind("Dialtree", (sys.executable, "server.py", "serve"), environment=environment, is_ours=True)
    with tempfile.TemporaryDirectory() as folder:
        dataset = create_dataset(Path(folder) / "points.db", NUMBERS, CONVERSATIONS)
        with run_server(kind, dataset, Path(folder) / "log") as server, open_client(server) as client:
            costs = {name: milliseconds_per_point(server, client, name, *query) for name, query in queries().items()}
    for name in sorted(costs, key=lambda each: -costs[each])[:15]:
        print(f"{costs[name]:8.3f} ms a point  {name}")
    print(f"{costs['a typical page']:8.3f} ms a point  a typical page")
    print(f"{len(costs)} documents; the worst takes {max(costs.values()):.3f} ms a point; the goal is {GOAL_MS} ms")


def open_client(server: Server) -> httpx.Client:
    headers = {"Authorization": f"Bearer {server.dataset.api_key}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=60)


def milliseconds_per_point(
    server: Server, client: httpx.Client, name: str, document: str, variables: Variables
) -> float:
    """Return milliseconds of the server's processor time for each point; a comment makes the document new each time."""
    meter, spent = PointMeter(client), 0.0
    for index in range(ROUNDS):
        started = server.processor_time()
        meter.ask(f"{document} # {name} {index}", variables)
        spent += server.processor_time() - started
        if meter.spent > ENOUGH_POINTS:
            break
    return spent * 1000 / max(1.0, meter.spent)


class PointMeter:
    """Computes the spent points from RateLimit-Remaining and the refill since; the bucket is never full meanwhile."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self.spent = client, 0.0
        remaining = self._remaining(TYPICAL_QUERY, {})
        while remaining > BUDGET * 0.9:
            remaining = self._remaining(TYPICAL_QUERY, {})
        self._last_reading = remaining, time.monotonic()

    def ask(self, document: str, variables: Variables) -> None:
        before, then = self._last_reading
        if before < BUDGET / 2:
            time.sleep(10)
        self._last_reading = after, now = self._remaining(document, variables), time.monotonic()
        self.spent += before + (now - then) * BUDGET / 60 - after

    def _remaining(self, document: str, variables: Variables) -> int:
        response = self._client.post("/graphql", json={"query": document, "variables": variables})
        return int(response.headers["RateLimit-Remaining"])


if __name__ == "__main__":
    main()
