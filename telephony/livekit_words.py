"""What the port asks and hears, in LiveKit's messages: requests to dial, and what its answers and errors mean."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.duration_pb2 import Duration
from livekit import api
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.sip import (
    SIP_MEDIA_ENCRYPT_ALLOW,
    SIP_MEDIA_ENCRYPT_DISABLE,
    SIP_MEDIA_ENCRYPT_REQUIRE,
    SIP_TRANSPORT_TCP,
    SIP_TRANSPORT_TLS,
    SIP_TRANSPORT_UDP,
    SIPOutboundConfig,
)

from models import MediaEncryption, SipTransport, prefix_of
from telephony.engine import Call, Carrier, Ending, InboundCall, Progress

OTHER_SIDE = "caller"  # the identity of whom a conversation is with; a third party's is the id of its transfer
# Attributes of whoever is on a telephone; only who called in has the rule that let them in.
CALLED, CALLER, RULE = "sip.trunkPhoneNumber", "sip.phoneNumber", "sip.ruleID"
LEAVING = ("participant_left", "room_finished")  # webhooks: somebody, or everybody, has left a room
CONVERSATION = "cnv"  # rooms that we make ourselves are named so
LONGEST_RINGING = 75  # seconds: the server gives an answer up soon after
TRANSPORTS = {
    SipTransport.UDP: SIP_TRANSPORT_UDP,
    SipTransport.TCP: SIP_TRANSPORT_TCP,
    SipTransport.TLS: SIP_TRANSPORT_TLS,
}
MEDIA_ENCRYPTION = {
    MediaEncryption.NONE: SIP_MEDIA_ENCRYPT_DISABLE,
    MediaEncryption.ALLOW: SIP_MEDIA_ENCRYPT_ALLOW,
    MediaEncryption.REQUIRE: SIP_MEDIA_ENCRYPT_REQUIRE,
}
STANDINGS = {
    "dialing": Progress.DIALING,
    "ringing": Progress.RINGING,
    "automation": Progress.ANSWERED,
    "active": Progress.ANSWERED,
}
# An error without a SIP status: what became of the call, by the code. Any other leaves it open.
ENDINGS = {
    "canceled": Ending.UNANSWERED,
    "aborted": Ending.CANCELLED,
    "deadline_exceeded": Ending.UNANSWERED,
    "resource_exhausted": Ending.REFUSED,
    "not_found": Ending.REFUSED,
    "permission_denied": Ending.REFUSED,
    "unauthenticated": Ending.REFUSED,
    "invalid_argument": Ending.REFUSED,
    "failed_precondition": Ending.UNREACHABLE,
}


def dialing(call: Call, room: str, identity: str) -> api.CreateSIPParticipantRequest:
    """The trunk travels with the request, so that nothing at LiveKit is ever out of step; From is always set."""
    return api.CreateSIPParticipantRequest(
        trunk=_trunk(call.carrier),
        sip_number=call.agent_number,
        sip_call_to=call.to,
        room_name=room,
        participant_identity=identity,
        headers={"P-Asserted-Identity": f"<sip:{call.agent_number}@{call.carrier.host}>"},
        ringing_timeout=Duration(seconds=max(1, min(LONGEST_RINGING, int(call.ring_seconds)))),
        max_call_duration=Duration(seconds=max(1, int(call.longest_seconds))),
        media_encryption=MEDIA_ENCRYPTION[call.carrier.media_encryption],
        wait_until_answered=True,
    )


def dispatching(name: str, room: str, agent: Mapping[str, Any]) -> api.CreateAgentDispatchRequest:
    return api.CreateAgentDispatchRequest(agent_name=name, room=room, metadata=json.dumps(dict(agent)))


def _trunk(carrier: Carrier) -> SIPOutboundConfig:
    """By its name: LiveKit resolves it, in a network of its own, and carriers tell trunks apart by it."""
    return SIPOutboundConfig(
        hostname=f"{carrier.host}:{carrier.port}" if carrier.port else carrier.host,
        transport=TRANSPORTS[carrier.transport],
        auth_username=carrier.username or "",
        auth_password=carrier.password or "",
    )


def inbound_call(room: str, who: ParticipantInfo) -> InboundCall | None:
    """None: whoever joined was not calling in. Whom we dial has numbers too, ours among them."""
    if RULE not in who.attributes or CALLED not in who.attributes or prefix_of(room) == CONVERSATION:
        return None
    return InboundCall(room, who.attributes[CALLED], who.attributes.get(CALLER) or None)


def target_address(target: str) -> str:
    return target if target.startswith(("sip:", "sips:", "tel:")) else f"tel:{target}"


def standing(participant: ParticipantInfo) -> Progress:
    return STANDINGS.get(participant.attributes.get("sip.callStatus", ""), Progress.DIALING)


def caller_in(there: Iterable[ParticipantInfo]) -> ParticipantInfo | None:
    """Who called in, of those in a room: neither an agent nor a third party, who is known by the transfer's id."""
    callers = (each for each in there if each.kind == ParticipantInfo.SIP and prefix_of(each.identity) != "trf")
    return next(callers, None)


def ending(error: api.ServerError) -> tuple[Ending | None, int | None]:
    """How a call ended of which dialing failed; None: that has to be looked up."""
    status = error.sip_status_code if isinstance(error, api.SipCallError) else None
    if status is not None:
        return Ending.REFUSED, status
    return ENDINGS.get(error.code), None
