"""A campaign from its creation to its end, over the sandbox carrier: every contact is called, and the busy ones again."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.installation import Client, Json
from tests.retrying import attempts
from tests.server_process import run_server_in
from tests.telephony.sipp import free_port

# At noon on a Monday in New York.
MONDAY_NOON = datetime(2026, 11, 30, 17, tzinfo=UTC)
ALWAYS = [
    {
        "days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"],
        "opens": "08:00",
        "closes": "21:00",
    }
]
ALL_DAY = [ALWAYS[0] | {"opens": "00:00", "closes": "00:00"}]
ANSWERS, BUSY, REJECTS = "0100", "0101", "0104"


class Clock:
    """The clock of a server, which a test sets."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(MONDAY_NOON)

    def set(self, at: datetime) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(str((at - datetime.now(UTC)).total_seconds()))
        written.replace(self._file)  # a server never reads half of it

    @property
    def variables(self) -> dict[str, str]:
        return {"DIALTREE_TEST_CLOCK": str(self._file)}


def contact(line: int, suffix: str) -> dict[str, Any]:
    return {"e164": f"+1212{200 + line:03}{suffix}"}


def contacts(client: Client, campaign: str) -> list[Json]:
    query = "query($id: ID!) { campaign(id: $id) { status contacts(first: 100) { nodes { e164 status } } } }"
    found = client(query, id=campaign)["campaign"]
    return [found["status"], *found["contacts"]["nodes"]]


def until_statuses(client: Client, campaign: str, **expected: int) -> None:
    """Hang up whoever answers, until so many contacts have each status."""
    for _ in attempts():
        live = client("{ conversations(filter: { status: [IN_PROGRESS] }) { nodes { id } } }")["conversations"]["nodes"]
        for call in live:
            client.mutate("hangUpConversation", "__typename", conversationId=call["id"])
        _, *found = contacts(client, campaign)
        counts = Counter(each["status"] for each in found)
        if counts == expected:
            return
    raise AssertionError(counts)


def test_r22_a_campaign_calls_everybody_and_the_busy_again_and_completes(tmp_path: Path) -> None:
    clock, port = Clock(tmp_path / "clock"), free_port()
    settings = {
        "DIALTREE_DIALING": "on",
        "DIALTREE_PRIVATE_CARRIERS": "allow",
        "DIALTREE_SANDBOX_CARRIER": f"127.0.0.1:{port}",
    }
    with run_server_in(tmp_path, "dialtree.db", (), None, **settings, **clock.variables) as server:
        owner = server.root()
        trunk = owner.trunk(outbound=False)
        limits = {"callsPerSecond": 1000, "maxConcurrentCalls": 1000}
        owner.mutate_successfully(
            "updateTrunk", "__typename", trunkId=trunk, outbound={"address": f"127.0.0.1:{port}"}, **limits
        )
        number = owner.number(trunk=trunk)
        version = owner.version(owner.agent())
        campaign = owner.mutate_successfully(
            "createCampaign",
            "campaign { id status }",
            name="Check-ups",
            agentVersionId=version,
            agentNumber=number.e164,
            windows=ALWAYS,
            retries={"maxAttempts": 2, "delays": [{"outcome": "BUSY", "minutes": 15}]},
        )["campaign"]
        suffixes = [ANSWERS] * 12 + [BUSY] * 5 + [REJECTS] * 3
        added = owner.mutate_successfully(
            "addContacts",
            "accepted refused",
            campaignId=campaign["id"],
            contacts=[contact(line, suffix) for line, suffix in enumerate(suffixes)],
        )
        assert (added["accepted"], added["refused"]) == (20, 0)
        owner.mutate_successfully("startCampaign", "campaign { status }", campaignId=campaign["id"])
        until_statuses(owner, campaign["id"], REACHED=12, PENDING=5, EXHAUSTED=3)
        clock.set(MONDAY_NOON.replace(minute=16))
        until_statuses(owner, campaign["id"], REACHED=12, EXHAUSTED=8)
        for _ in attempts():
            if contacts(owner, campaign["id"])[0] == "COMPLETED":
                break
        assert contacts(owner, campaign["id"])[0] == "COMPLETED"
        assert owner("{ conversations { totalCount } }")["conversations"]["totalCount"] == 25
