"""Compare the server's processor time for unknown and for foreign ids (`make bench-foreign`).

The time of a response must not reveal whether an id of another organization exists. Requests are in random order, and
the response cache is off. A difference below that of unknown from unknown ids is of no use to an attacker.
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import structlog

from migrations import migrate
from models import new_id
from tests.databases import SqliteTestDatabase
from tests.installation import Client, Installation

ROUNDS = 60
# Fields in one request, each with another id, so that the cost of the request itself is spread.
FIELDS_PER_REQUEST = 20
# The fraction of differences cut at either end: outliers of the garbage collector or the machine's other work.
TRIMMED_FRACTION = 0.1
KINDS = ("num", "org", "trk", "agt", "ver", "cnv")
LISTS = ("phoneNumbers", "trunks", "agents", "conversations", "apiKeys", "auditEvents")
USER_ERRORS = "{ userErrors { code message } }"

# Kind of the id, and the field with $it for it. Each mutation is refused, for unknown and foreign ids alike.
FIELDS = {
    "node": ("num", "node(id: $it) { id }"),
    "organization": ("org", "organization(id: $it) { name }"),
    "phoneNumber": ("e164", "phoneNumber(e164: $it) { id }"),
    "previewOutboundNumber": (
        "e164",
        "previewOutboundNumber(input: {agentNumber: $it}) { agentNumber refusal { code } }",
    ),
    "phoneNumbers of a trunk": ("trk", "phoneNumbers(filter: {trunkId: $it}) { totalCount }"),
    "conversations of an agent": ("agt", "conversations(filter: {agentId: $it}) { totalCount }"),
    **{f"{name} of an organization": ("org", f"{name}(organizationId: $it) {{ totalCount }}") for name in LISTS},
    "setPhoneNumberShareable": (
        "num",
        f"setPhoneNumberShareable(input: {{phoneNumberId: $it, shareable: true}}) {USER_ERRORS}",
    ),
    "deletePhoneNumber": ("num", f"deletePhoneNumber(input: {{phoneNumberId: $it}}) {USER_ERRORS}"),
    "updateTrunk": ("trk", f'updateTrunk(input: {{trunkId: $it, name: "x"}}) {USER_ERRORS}'),
    "deleteTrunk": ("trk", f"deleteTrunk(input: {{trunkId: $it}}) {USER_ERRORS}"),
    "createAgentVersion": ("agt", f"createAgentVersion(input: {{agentId: $it, config: {{}}}}) {USER_ERRORS}"),
    "publishAgentVersion": ("ver", f"publishAgentVersion(input: {{agentVersionId: $it}}) {USER_ERRORS}"),
    "hangUpConversation": ("cnv", f"hangUpConversation(input: {{conversationId: $it}}) {USER_ERRORS}"),
    "createTrunk for an organization": ("org", f'createTrunk(input: {{organizationId: $it, name: "x"}}) {USER_ERRORS}'),
}


class Difference(NamedTuple):
    """A difference of mean processor times in microseconds, with the half width of its 95 % confidence interval."""

    mean: float
    half_width: float

    def __str__(self) -> str:
        return f"{self.mean:+.1f} ± {self.half_width:.1f}"


def main() -> None:
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        migrate(f"sqlite+aiosqlite:///{template}")
        installation = Installation(SqliteTestDatabase(Path(folder) / "dialtree.db", template), response_cache_mb=0)
        client = installation.root("Northwind")
        foreign = [create_one_of_each(installation.root("Contoso")) for _ in range(FIELDS_PER_REQUEST)]
        print(f"{'a field, µs':>32} {'unknown':>9} {'foreign - unknown':>18} {'unknown - unknown':>18}", flush=True)
        for name in sys.argv[1:] or FIELDS:
            kind, field = FIELDS[name]
            unknowns = [unknown_id(kind) for _ in foreign]
            id_lists = [unknowns, unknowns, [things[kind] for things in foreign]]
            first, again, other = measure_fields(client, make_document(name, kind, field), id_lists)
            differences = f"{trimmed_difference(other, first)!s:>18} {trimmed_difference(again, first)!s:>18}"
            print(f"{name:>32} {statistics.median(first):9.1f} {differences}", flush=True)
        installation.stop()
        installation.join()


def create_one_of_each(foreign: Client) -> dict[str, str]:
    """Create one row of each kind in a foreign organization; return their ids by kind."""
    trunk, agent = foreign.trunk(), foreign.agent()
    number = foreign.number(trunk=trunk)
    call = foreign.create_queued(agentNumber=number.e164, agentConfig={})["id"]
    ids = {"num": number.id, "org": foreign.organization_id, "trk": trunk, "agt": agent}
    return ids | {"ver": foreign.draft(agent), "cnv": call, "e164": number.e164}


def unknown_id(kind: str) -> str:
    """Return an id that does not exist, of the same form."""
    return new_id(kind) if kind in KINDS else f"+1212555{random.randrange(10_000):04}"  # noqa: S311 - no secret


def make_document(name: str, kind: str, field: str) -> str:
    """Return an operation with FIELDS_PER_REQUEST aliases of the field, each with its own variable."""
    declared = ", ".join(f"$it{index}: {'ID!' if kind in KINDS else 'String!'}" for index in range(FIELDS_PER_REQUEST))
    fields = " ".join(f"a{index}: {field.replace('$it', f'$it{index}')}" for index in range(FIELDS_PER_REQUEST))
    return f"{'mutation' if USER_ERRORS in field else 'query'} {name.replace(' ', '_')}({declared}) {{ {fields} }}"


def measure_fields(client: Client, query: str, id_lists: list[list[str]]) -> list[list[float]]:
    """Return the microseconds of a field for each list of ids; each round sends all lists in random order."""
    durations: list[list[float]] = [[] for _ in id_lists]
    for _ in range(ROUNDS):
        for index in random.sample(range(len(id_lists)), len(id_lists)):
            variables = {f"it{at}": value for at, value in enumerate(id_lists[index])}
            before = server_time()
            client.post(query, variables)
            durations[index].append((server_time() - before) * 1e6 / FIELDS_PER_REQUEST)
    return [each[ROUNDS // 10 :] for each in durations]


def server_time() -> float:
    """Seconds of processor time of this process, without the client's thread."""
    return time.process_time() - time.thread_time()


def trimmed_difference(others: list[float], ones: list[float]) -> Difference:
    """Return the trimmed mean of the paired differences, with the interval of its winsorized variance (Yuen, 1974)."""
    differences = sorted(other - one for other, one in zip(others, ones, strict=True))
    cut = int(len(differences) * TRIMMED_FRACTION)
    trimmed = differences[cut : len(differences) - cut]
    spread = statistics.stdev([trimmed[0]] * cut + trimmed + [trimmed[-1]] * cut)
    return Difference(statistics.fmean(trimmed), 1.96 * spread / ((1 - 2 * TRIMMED_FRACTION) * len(differences) ** 0.5))


if __name__ == "__main__":
    main()
