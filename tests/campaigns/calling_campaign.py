"""Run a campaign of a test: a server that dials over the sandbox carrier, a clock, and an organization that can call."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.campaigns.test_campaign import ALWAYS, ANSWERS, MONDAY_NOON, Clock, contact
from tests.databases import DatabaseForTests
from tests.installation import Json, Number
from tests.retrying import attempts
from tests.server_process import ServerProcess, run_server_in
from tests.telephony.sipp import free_port

__all__ = ["ALWAYS", "ANSWERS", "MONDAY_NOON", "Calling", "Clock", "contact", "serving"]

UNLIMITED = {"callsPerSecond": 1000, "maxConcurrentCalls": 1000}


class Calling:
    """An organization with a number, an agent and campaigns, at one server."""

    def __init__(self, server: ServerProcess, clock: Clock, port: int, **trunk: Any) -> None:
        self.server, self.clock, self.owner = server, clock, server.root()
        self.trunk = self.owner.trunk(outbound=False)
        self.owner.mutate_successfully(
            "updateTrunk",
            "__typename",
            trunkId=self.trunk,
            outbound={"address": f"127.0.0.1:{port}"},
            **UNLIMITED | trunk,
        )
        self.number: Number = self.owner.number(trunk=self.trunk)
        self.agent = self.owner.agent()
        self.version = self.owner.version(self.agent)

    def campaign(self, *suffixes: str, **fields: Any) -> str:
        """Create a campaign with a contact for each suffix, which says how the sandbox carrier answers."""
        sent = {"agentVersionId": self.version, "agentNumber": self.number.e164, "windows": ALWAYS} | fields
        made = self.owner.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups", **sent)
        campaign: str = made["campaign"]["id"]
        if suffixes:
            self.add(campaign, *suffixes)
        return campaign

    def add(self, campaign: str, *suffixes: str, first: int = 0) -> None:
        contacts = [contact(first + line, suffix) for line, suffix in enumerate(suffixes)]
        added = self.owner.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=contacts)
        assert added["accepted"] == len(suffixes)

    def start(self, campaign: str) -> None:
        self.owner.mutate_successfully("startCampaign", "__typename", campaignId=campaign)

    def started(self, *suffixes: str, **fields: Any) -> str:
        campaign = self.campaign(*suffixes, **fields)
        self.start(campaign)
        return campaign

    def read(self, campaign: str) -> Json:
        fields = "status pauseReason revision startedAt endedAt contacts(first: 100) { nodes { id e164 status } }"
        return self.owner(f"query($id: ID!) {{ campaign(id: $id) {{ {fields} }} }}", id=campaign)["campaign"]

    def counts(self, campaign: str) -> Mapping[str, int]:
        return Counter(each["status"] for each in self.read(campaign)["contacts"]["nodes"])

    def calls(self, status: str = "IN_PROGRESS") -> list[Json]:
        query = f"{{ conversations(first: 100, filter: {{ status: [{status}] }}) {{ nodes {{ id userNumber }} }} }}"
        found: list[Json] = self.owner(query)["conversations"]["nodes"]
        return found

    def until(self, campaign: str, status: str) -> Json:
        """Wait until the campaign has a status."""
        for _ in attempts():
            found = self.read(campaign)
            if found["status"] == status:
                return found
        raise AssertionError(found)

    def until_counts(self, campaign: str, *, hang_up: bool = False, **expected: int) -> None:
        """Wait until so many contacts have each status; `hang_up`: end the calls that are answered, meanwhile."""
        for _ in attempts():
            for call in self.calls() if hang_up else ():
                self.owner.mutate("hangUpConversation", "__typename", conversationId=call["id"])
            counts = self.counts(campaign)
            if counts == expected:
                return
        raise AssertionError(counts)

    def until_live(self, count: int) -> None:
        """Wait until so many calls are answered."""
        for _ in attempts():
            if len(self.calls()) == count:
                return
        raise AssertionError(self.calls())


@contextmanager
def serving(folder: Path, store: DatabaseForTests | None = None, **environment: str) -> Iterator[Calling]:
    """Run a server that dials, with a clock that says Monday noon in New York."""
    clock, port = Clock(folder / "clock"), free_port()
    settings = {
        "DIALTREE_DIALING": "on",
        "DIALTREE_PRIVATE_CARRIERS": "allow",
        "DIALTREE_SANDBOX_CARRIER": f"127.0.0.1:{port}",
    }
    with run_server_in(folder, "dialtree.db", (), store, **settings | clock.variables | environment) as server:
        yield Calling(server, clock, port)
