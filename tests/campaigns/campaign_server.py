"""Run a server that calls the sandbox carrier, at a time that the test sets, with what campaigns need."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.campaigns.test_campaign import ALWAYS, ANSWERS, Clock
from tests.installation import Client, Json, Number
from tests.retrying import attempts
from tests.server_process import ServerProcess, run_server_in
from tests.telephony.sipp import free_port

CALLS = """{ conversations(first: 100, filter: { direction: OUTBOUND }) { nodes {
  id status endReason agentNumber userNumber createdAt
  resolution { decidedBy steps { rule verdict reason candidates { e164 verdict reason } } } } } }"""
ROOMY = {"callsPerSecond": 1000, "maxConcurrentCalls": 1000}


@dataclass(frozen=True)
class Outbound:
    """A server that dials, its clock, and the address of the carrier."""

    server: ServerProcess
    clock: Clock
    carrier: str

    def trunk(self, owner: Client, **limits: int) -> str:
        """Create a trunk over the sandbox carrier."""
        trunk = owner.trunk(outbound=False)
        sent = ROOMY | limits
        owner.mutate_successfully(
            "updateTrunk", "__typename", trunkId=trunk, outbound={"address": self.carrier}, **sent
        )
        return trunk


@contextmanager
def run_outbound(folder: Path, **settings: str) -> Iterator[Outbound]:
    clock, port = Clock(folder / "clock"), free_port()
    carrier = f"127.0.0.1:{port}"
    on = {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow", "DIALTREE_SANDBOX_CARRIER": carrier}
    with run_server_in(folder, "dialtree.db", (), None, **on, **clock.variables, **settings) as server:
        yield Outbound(server, clock, carrier)


def create_campaign(client: Client, contacts: list[Json], /, **fields: Any) -> str:
    """Create a campaign with contacts, and start it; return its id."""
    made = client.mutate_successfully("createCampaign", "campaign { id }", **{"name": "C", "windows": ALWAYS} | fields)
    campaign: str = made["campaign"]["id"]
    add(client, campaign, contacts)
    client.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
    return campaign


def add(client: Client, campaign: str, contacts: list[Json]) -> None:
    added = client.mutate_successfully("addContacts", "refused", campaignId=campaign, contacts=contacts)
    assert added["refused"] == 0


def calls(client: Client) -> list[Json]:
    """Return the organization's outbound calls, the oldest first."""
    nodes: list[Json] = client(CALLS)["conversations"]["nodes"]
    return nodes[::-1]


def until_calls(client: Client, count: int) -> list[Json]:
    """Wait until so many calls have been made and have left the queue; return them."""
    for _ in attempts():
        made = calls(client)
        assert len(made) <= count, made
        if len(made) == count and not any(each["status"] in ("QUEUED", "DIALING", "RINGING") for each in made):
            return made
    raise AssertionError(made)


def hang_up(client: Client, made: list[Json]) -> None:
    """End those of the calls that go on."""
    for each in made:
        if each["status"] == "IN_PROGRESS":
            client.mutate("hangUpConversation", "__typename", conversationId=each["id"])


def step_one(call: Json) -> Json:
    """Return the step of the explanation that a campaign's number enters."""
    step: Json = call["resolution"]["steps"][0]
    return step


def until_pause(client: Client, campaign: str, reason: str) -> None:
    for _ in attempts():
        found = client("query($id: ID!) { campaign(id: $id) { status pauseReason } }", id=campaign)["campaign"]
        if found == {"status": "PAUSED", "pauseReason": reason}:
            return
    raise AssertionError(found)


def pool(*numbers: Number, **caps: int) -> list[Mapping[str, Any]]:
    return [{"e164": number.e164, **caps} for number in numbers]


def answering(area: str, line: int) -> Json:
    """Return a contact that answers: of a North American area code."""
    return {"e164": f"+1{area}{200 + line:03}{ANSWERS}"}
