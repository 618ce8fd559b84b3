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
NOWHERE = "0123456789abcdefghjkmnpqrs"
UNKNOWN = {kind: f"{kind}_{NOWHERE}" for kind in ("num", "org", "trk", "agt", "ver", "cnv")} | {"e164": "+12125550111"}
LISTS = ("phoneNumbers", "trunks", "agents", "conversations", "apiKeys", "auditEvents")


def changing(mutation: str, sent: str) -> str:
    """A mutation that is refused, whatever the id is of."""
    return f"mutation($it: ID!) {{ {mutation}(input: {{{sent}}}) {{ userErrors {{ code message }} }} }}"


QUERIES = {
    "node": ("num", "query($it: ID!) { node(id: $it) { id } }"),
    "organization": ("org", "query($it: ID!) { organization(id: $it) { name } }"),
    "phoneNumber": ("e164", "query($it: String!) { phoneNumber(e164: $it) { id } }"),
    "previewOutboundNumber": (
        "e164",
        "query($it: String!) { previewOutboundNumber(input: {agentNumber: $it}) { agentNumber refusal { code } } }",
    ),
    **{
        f"{name} of an organization": ("org", f"query($it: ID!) {{ {name}(organizationId: $it) {{ totalCount }} }}")
        for name in LISTS
    },
    "setPhoneNumberShareable": (
        "num",
        changing("setPhoneNumberShareable", "phoneNumberId: $it, shareable: true"),
    ),
    "deletePhoneNumber": ("num", changing("deletePhoneNumber", "phoneNumberId: $it")),
    "updateTrunk": ("trk", changing("updateTrunk", 'trunkId: $it, name: "x"')),
    "deleteTrunk": ("trk", changing("deleteTrunk", "trunkId: $it")),
    "createAgentVersion": ("agt", changing("createAgentVersion", "agentId: $it, config: {}")),
    "publishAgentVersion": ("ver", changing("publishAgentVersion", "agentVersionId: $it")),
    "hangUpConversation": ("cnv", changing("hangUpConversation", "conversationId: $it")),
    "createTrunk for an organization": ("org", changing("createTrunk", 'organizationId: $it, name: "x"')),
}


def main() -> None:
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        migrate(f"sqlite+aiosqlite:///{template}")
        installation = Installation(SqliteStore(Path(folder) / "dialtree.db", template))
        asking, foreign = installation.root("Northwind"), furnished(installation.root("Contoso"))
        print(f"{'asked':>32} {'unknown, ms':>12} {'foreign, ms':>12} {'foreign/unknown':>16} {'unknown/unknown':>16}")
        for name, (kind, query) in QUERIES.items():
            first, second, other = compared(asking, query, UNKNOWN[kind], UNKNOWN[kind], foreign[kind])
            print(f"{name:>32} {first:12.3f} {other:12.3f} {other / first:16.3f} {second / first:16.3f}")
        installation.stop()
        installation.join()


def furnished(stranger: Client) -> dict[str, str]:
    """One of each, in an organization that has nothing to do with who asks."""
    trunk, agent = stranger.trunk(), stranger.agent()
    number = stranger.number(trunk=trunk)
    call = stranger.queued(agentNumber=number.e164, agentConfig={})["id"]
    ids = {"num": number.id, "org": stranger.organization_id, "trk": trunk, "agt": agent}
    return ids | {"ver": stranger.draft(agent), "cnv": call, "e164": number.e164}


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
