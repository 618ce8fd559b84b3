"""Create organizations with trunks to carriers on this machine, and wait for the outcome of their calls."""

from typing import Any

from tests.databases import ON_POSTGRES
from tests.installation import Client, Json
from tests.retrying import attempts
from tests.telephony.conftest import StartSipp
from tests.telephony.sipp import LoggedMessage, Sipp

UNLIMITED = {"callsPerSecond": 1000, "maxConcurrentCalls": 1000}
CALL_FIELDS = """id status endReason sipStatus endDetail agentNumber userNumber direction answeredAt endedAt
  transfers { id kind status mechanism callerId sipStatus transferNumber endedAt }"""
FINAL_STATUSES = ("COMPLETED", "FAILED", "CANCELLED", "TRANSFERRED", "UNANSWERED")
LONG_AGO = "2026-01-31 09:30:00.000000" + ("+00:00" if ON_POSTGRES else "")


class DialingOrganization:
    def __init__(self, client: Client, sipp: StartSipp) -> None:
        self.owner = client
        self._sipp = sipp

    def trunk(self, port: int | None, address: str | None = None, **fields: Any) -> str:
        outbound = {"address": address or f"127.0.0.1:{port}"} | fields.pop("outbound", {})
        made = self.owner.mutate_successfully(
            "createTrunk", "trunk { id }", **({"name": "Sipp", "outbound": outbound} | UNLIMITED | fields)
        )
        identifier: str = made["trunk"]["id"]
        return identifier

    def number(self, port: int, *, shareable: bool = False, **fields: Any) -> Any:
        return self.owner.number(trunk=self.trunk(port, **fields), shareable=shareable)

    def number_at_carrier(
        self, scenario: str, *, calls: int = 1, filled: dict[str, str] | None = None, **fields: Any
    ) -> "NumberAtCarrier":
        carrier = self._sipp(scenario, calls=calls, **(filled or {}))
        return NumberAtCarrier(self, carrier, self.number(carrier.port, **fields))

    def queue_call(self, number: Any, to: str = "+12065550199", **fields: Any) -> str:
        identifier: str = self.owner.create_queued(to=to, agentNumber=number.e164, **({"agentConfig": {}} | fields))[
            "id"
        ]
        return identifier

    def hang_up(self, identifier: str) -> Json:
        return self.owner.mutate_successfully(
            "hangUpConversation", f"conversation {{ {CALL_FIELDS} }}", conversationId=identifier
        )["conversation"]

    def read(self, identifier: str) -> Json:
        return read(self.owner, identifier)

    def until(self, identifier: str, *statuses: str) -> Json:
        return until(self.owner, identifier, *statuses)

    def until_ended(self, identifier: str) -> Json:
        return self.until(identifier, *FINAL_STATUSES)


class NumberAtCarrier:
    """A number, and the carrier that its calls reach."""

    def __init__(self, organization: DialingOrganization, carrier: Any, number: Any) -> None:
        self.line = organization
        self.carrier = carrier
        self.number = number

    def queue_call(self, **fields: Any) -> str:
        return self.line.queue_call(self.number, **fields)

    def answered_call(self, **fields: Any) -> str:
        identifier = self.queue_call(**fields)
        self.line.until(identifier, "IN_PROGRESS")
        return identifier

    def transfer(self, identifier: str, **fields: Any) -> Json:
        wanted = {"conversationId": identifier, "kind": "COLD", "transferNumber": "+12065550142"} | fields
        return self.line.owner.mutate(
            "transferConversation", f"conversation {{ {CALL_FIELDS} }} transfer {{ id status }}", **wanted
        )

    def raise_rate(self, calls_per_second: int = 1000) -> None:
        """Raise the trunk's rate, which was low so that calls stay queued."""
        trunk = self.line.owner("{ trunks { nodes { id } } }")["trunks"]["nodes"][0]["id"]
        self.line.owner.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, callsPerSecond=calls_per_second)

    def invites_by_callee(self) -> dict[str, LoggedMessage]:
        """Return the first INVITE of each call, by the number called."""
        calls = {str(each.header("Call-ID")): each for each in reversed(self.carrier.messages("INVITE"))}
        by_callee = {each.start.removeprefix("INVITE sip:").partition("@")[0]: each for each in calls.values()}
        assert len(by_callee) == len(calls), "somebody was called twice"
        return by_callee


def read(client: Client, identifier: str) -> Json:
    return client(f"query($id: ID!) {{ conversation(id: $id) {{ {CALL_FIELDS} }} }}", id=identifier)["conversation"]


def until(client: Client, identifier: str, *statuses: str) -> Json:
    """Return the conversation once it has one of these statuses; fail where it never does."""
    for _ in attempts():
        call = read(client, identifier)
        if call["status"] in statuses:
            return call
        assert call["status"] not in FINAL_STATUSES, call
    raise AssertionError(f"the conversation stays {call['status']}")


def until_transfer(client: Client, identifier: str, *statuses: str) -> Json:
    """Return the conversation's newest transfer, once it has one of these statuses."""
    for _ in attempts():
        transfer = read(client, identifier)["transfers"][-1]
        if transfer["status"] in statuses:
            return transfer
    raise AssertionError(f"the transfer stays {transfer['status']}")


def max_live_calls(carrier: Sipp) -> int:
    """Return the highest number of concurrent calls in the carrier's log: from INVITE to BYE, CANCEL or a refusal."""
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
