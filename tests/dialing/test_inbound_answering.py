"""Answer calls that arrive over SIP (R14): the owner's inbound agent answers, whether the number is shared or not."""

from tests.dialing.conftest import MakeOrganization
from tests.dialing.dialing_organization import DialingOrganization
from tests.installation import Json
from tests.retrying import attempts
from tests.telephony.conftest import StartSipp
from tests.telephony.sipp import free_port

CALLER = "+12065550177"


def until_answered(line: DialingOrganization) -> Json:
    for _ in attempts():
        nodes = line.owner(
            "{ conversations { nodes { id direction status agentNumber userNumber agentVersion { id } } } }"
        )
        if (calls := nodes["conversations"]["nodes"]) and calls[0]["status"] == "IN_PROGRESS":
            return calls[0]
    raise AssertionError("nobody arrives")


def test_r14_the_owners_agent_answers_an_invite(dialing: MakeOrganization, sipp: StartSipp) -> None:
    port = free_port()
    line = dialing(sip_listen=f"127.0.0.1:{port}")
    number = line.number(port, shareable=True)
    version = line.owner.version(line.owner.agent(), number, direction="INBOUND")
    caller = sipp("call", called=number.e164, caller=CALLER, port=str(port))
    call = until_answered(line)
    assert (call["direction"], call["agentNumber"], call["userNumber"]) == ("INBOUND", number.e164, CALLER)
    assert call["agentVersion"] == {"id": version}
    missing = [("CONVERSATION_NOT_FOUND", ["conversationId"])]
    assert line.owner.refusals("reportInboundCall", conversationId=call["id"], status="COMPLETED") == missing
    line.hang_up(call["id"])
    ended = line.until_ended(call["id"])
    assert (ended["status"], ended["endReason"]) == ("COMPLETED", "HANGUP")
    assert caller.passed()


def test_r14_where_nobody_answers_the_call_is_declined(dialing: MakeOrganization, sipp: StartSipp) -> None:
    port = free_port()
    line = dialing(sip_listen=f"127.0.0.1:{port}")
    number = line.number(port)
    assert sipp("call_declined", called=number.e164, caller=CALLER, port=str(port)).passed()
    assert sipp("call_declined", called="+12065559999", caller="anonymous", port=str(port)).passed()
    assert line.owner("{ conversations { totalCount } }") == {"conversations": {"totalCount": 0}}
