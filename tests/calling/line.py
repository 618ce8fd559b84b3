"""An organization with trunks to carriers of this machine, and waiting for what its calls come to."""

from typing import Any

from tests.installation import Client, Json
from tests.stores import ON_POSTGRES
from tests.telephony.conftest import StartSipp
from tests.telephony.sipp import SipMessage, Sipp

FAST = {"callsPerSecond": 1000, "maxConcurrentCalls": 1000}
CALL = """id status endReason sipStatus agentNumber userNumber direction answeredAt endedAt
  transfers { id kind status mechanism callerId sipStatus transferNumber endedAt }"""
FINAL = ("COMPLETED", "FAILED", "CANCELLED", "TRANSFERRED", "UNANSWERED")
LOOKS = 20_000
LONG_AGO = "2026-01-31 09:30:00.000000" + ("+00:00" if ON_POSTGRES else "")


class Line:
    def __init__(self, owner: Client, sipp: StartSipp) -> None:
        self.owner = owner
        self._sipp = sipp

    def trunk(self, port: int | None, address: str | None = None, **fields: Any) -> str:
        outbound = {"address": address or f"127.0.0.1:{port}"} | fields.pop("outbound", {})
        made = self.owner.do("createTrunk", "trunk { id }", **({"name": "Sipp", "outbound": outbound} | FAST | fields))
        identifier: str = made["trunk"]["id"]
        return identifier

    def number(self, port: int, *, shareable: bool = False, **fields: Any) -> Any:
        return self.owner.number(trunk=self.trunk(port, **fields), shareable=shareable)

    def over(self, scenario: str, *, calls: int = 1, filled: dict[str, str] | None = None, **fields: Any) -> "Over":
        carrier = self._sipp(scenario, calls=calls, **(filled or {}))
        return Over(self, carrier, self.number(carrier.port, **fields))

    def call(self, number: Any, to: str = "+12065550199", **fields: Any) -> str:
        identifier: str = self.owner.queued(to=to, agentNumber=number.e164, **({"agentConfig": {}} | fields))["id"]
        return identifier

    def hang_up(self, identifier: str) -> Json:
        return self.owner.do("hangUpConversation", f"conversation {{ {CALL} }}", conversationId=identifier)[
            "conversation"
        ]

    def now(self, identifier: str) -> Json:
        return now(self.owner, identifier)

    def until(self, identifier: str, *statuses: str) -> Json:
        return until(self.owner, identifier, *statuses)

    def ended(self, identifier: str) -> Json:
        return self.until(identifier, *FINAL)


class Over:
    """A number of the line's, and the carrier that its calls reach."""

    def __init__(self, line: Line, carrier: Any, number: Any) -> None:
        self.line = line
        self.carrier = carrier
        self.number = number

    def call(self, **fields: Any) -> str:
        return self.line.call(self.number, **fields)

    def talking(self, **fields: Any) -> str:
        identifier = self.call(**fields)
        self.line.until(identifier, "IN_PROGRESS")
        return identifier

    def transfer(self, identifier: str, **fields: Any) -> Json:
        wanted = {"conversationId": identifier, "kind": "COLD", "transferNumber": "+12065550142"} | fields
        return self.line.owner.mutate(
            "transferConversation", f"conversation {{ {CALL} }} transfer {{ id status }}", **wanted
        )

    def hurry(self, calls_per_second: int = 1000) -> None:
        """From now on its trunk may dial so fast; what was created before waits for that."""
        trunk = self.line.owner("{ trunks { nodes { id } } }")["trunks"]["nodes"][0]["id"]
        self.line.owner.do("updateTrunk", "__typename", trunkId=trunk, callsPerSecond=calls_per_second)

    def invites(self) -> dict[str, SipMessage]:
        """The first INVITE of each call, by whom it called."""
        calls = {str(each.header("Call-ID")): each for each in reversed(self.carrier.messages("INVITE"))}
        by_callee = {each.start.removeprefix("INVITE sip:").partition("@")[0]: each for each in calls.values()}
        assert len(by_callee) == len(calls), "somebody was called twice"
        return by_callee


def now(client: Client, identifier: str) -> Json:
    return client(f"query($id: ID!) {{ conversation(id: $id) {{ {CALL} }} }}", id=identifier)["conversation"]


def until(client: Client, identifier: str, *statuses: str) -> Json:
    """The conversation once it has one of these statuses; a test that asks for one that never comes fails."""
    for _ in range(LOOKS):
        call = now(client, identifier)
        if call["status"] in statuses:
            return call
        assert call["status"] not in FINAL, call
    raise AssertionError(f"the conversation stays {call['status']}")


def open_transfer(client: Client, identifier: str, *statuses: str) -> Json:
    """The conversation's newest transfer, once it has one of these statuses."""
    for _ in range(LOOKS):
        transfer = now(client, identifier)["transfers"][-1]
        if transfer["status"] in statuses:
            return transfer
    raise AssertionError(f"the transfer stays {transfer['status']}")


def most_live(carrier: Sipp) -> int:
    """How many calls were live at once at most, by the carrier's count: from INVITE to BYE, CANCEL or a refusal."""
    live: set[str] = set()
    most = 0
    for message in carrier.messages():
        call_id = str(message.header("Call-ID"))
        if message.method == "INVITE":
            live.add(call_id)
        elif message.method in ("BYE", "CANCEL") or (message.method.isdigit() and message.method >= "400"):
            live.discard(call_id)
        most = max(most, len(live))
    return most
