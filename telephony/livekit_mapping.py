"""Map the port's types to LiveKit's messages, and its statuses and errors back."""

import json
from collections.abc import Iterable

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
from telephony.engine import AgentDispatch, Carrier, Ending, InboundCall, OutboundCall, Progress, asserted_identity
from telephony.ip_addresses import bracket_ipv6, is_ip_address

REMOTE_PARTY = "caller"  # the identity of an outbound call's remote party; that of a third party is its transfer id
# Attributes of SIP participants; only inbound callers have RULE_ATTRIBUTE.
CALLED_ATTRIBUTE, CALLER_ATTRIBUTE, RULE_ATTRIBUTE = "sip.trunkPhoneNumber", "sip.phoneNumber", "sip.ruleID"
LEAVE_EVENTS = ("participant_left", "room_finished")  # webhooks: a participant, or every one, has left a room
CONVERSATION_PREFIX = "cnv"  # of the names of rooms for outbound calls
TRANSFER_PREFIX = "trf"  # of the identities of third parties
MAX_RINGING_SECONDS = 75  # LiveKit's server gives up soon after
LIVEKIT_TRANSPORTS = {
    SipTransport.UDP: SIP_TRANSPORT_UDP,
    SipTransport.TCP: SIP_TRANSPORT_TCP,
    SipTransport.TLS: SIP_TRANSPORT_TLS,
}
LIVEKIT_MEDIA_ENCRYPTION = {
    MediaEncryption.NONE: SIP_MEDIA_ENCRYPT_DISABLE,
    MediaEncryption.ALLOW: SIP_MEDIA_ENCRYPT_ALLOW,
    MediaEncryption.REQUIRE: SIP_MEDIA_ENCRYPT_REQUIRE,
}
PROGRESS_BY_CALL_STATUS = {
    "dialing": Progress.DIALING,
    "ringing": Progress.RINGING,
    "automation": Progress.ANSWERED,
    "active": Progress.ANSWERED,
}
# The ending by the code of an error without a SIP status. Any other code leaves the outcome open.
ENDING_BY_ERROR_CODE = {
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


def to_dial_request(call: OutboundCall, room: str, identity: str) -> api.CreateSIPParticipantRequest:
    """Convert a call into a request to dial it into a room.

    The request contains the trunk, which is not stored at LiveKit, so it is never out of date. From is always set.
    """
    return api.CreateSIPParticipantRequest(
        trunk=_to_outbound_config(call.carrier),
        sip_number=call.agent_number,
        sip_call_to=call.to,
        room_name=room,
        participant_identity=identity,
        headers={"P-Asserted-Identity": asserted_identity(call)},
        ringing_timeout=Duration(seconds=max(1, min(MAX_RINGING_SECONDS, int(call.ring_seconds)))),
        max_call_duration=Duration(seconds=max(1, int(call.max_seconds))),
        media_encryption=LIVEKIT_MEDIA_ENCRYPTION[call.carrier.media_encryption],
        wait_until_answered=True,
    )


def to_dispatch_request(name: str, room: str, agent: AgentDispatch) -> api.CreateAgentDispatchRequest:
    """Build the request that sends the agent registered as `name` into a room, with `agent` as JSON in its metadata."""
    return api.CreateAgentDispatchRequest(agent_name=name, room=room, metadata=json.dumps(dict(agent)))


def _to_outbound_config(carrier: Carrier) -> SIPOutboundConfig:
    """Convert a carrier, with its host name instead of its checked address.

    LiveKit resolves the name in its own network, and carriers identify customers by it.
    """
    host = bracket_ipv6(carrier.host)
    return SIPOutboundConfig(
        hostname=f"{host}:{carrier.port}" if carrier.port else host,
        from_host="" if is_ip_address(carrier.host) else carrier.host,
        transport=LIVEKIT_TRANSPORTS[carrier.transport],
        auth_username=carrier.username or "",
        auth_password=carrier.password or "",
    )


def to_inbound_call(room: str, participant: ParticipantInfo) -> InboundCall | None:
    """Convert a participant that has joined; None unless it has called in, as dialed parties have numbers too."""
    if (
        RULE_ATTRIBUTE not in participant.attributes
        or CALLED_ATTRIBUTE not in participant.attributes
        or prefix_of(room) == CONVERSATION_PREFIX
    ):
        return None
    return InboundCall(
        room, participant.attributes[CALLED_ATTRIBUTE], participant.attributes.get(CALLER_ATTRIBUTE) or None
    )


def to_transfer_uri(target: str) -> str:
    """Convert a number into a tel URI (RFC 3966). A URI is returned unchanged."""
    return target if target.startswith(("sip:", "sips:", "tel:")) else f"tel:{target}"


def to_progress(participant: ParticipantInfo) -> Progress:
    """Convert LiveKit's status of a SIP participant."""
    return PROGRESS_BY_CALL_STATUS.get(participant.attributes.get("sip.callStatus", ""), Progress.DIALING)


def find_caller(participants: Iterable[ParticipantInfo]) -> ParticipantInfo | None:
    """Return the inbound caller among the participants of a room: a SIP participant, but not a third party."""
    callers = (
        each
        for each in participants
        if each.kind == ParticipantInfo.SIP and prefix_of(each.identity) != TRANSFER_PREFIX
    )
    return next(callers, None)


def failure_detail(error: Exception) -> str:
    """Explain an error to API clients in a sentence, without LiveKit's message, as that may have internal addresses."""
    if isinstance(error, api.SipCallError) and error.sip_status_code is not None:
        return f"the carrier answered {error.sip_status_code} {error.sip_status or ''}"
    if isinstance(error, api.ServerError):
        return f"LiveKit refused: {error.code}"
    return "LiveKit does not answer" if isinstance(error, TimeoutError) else "LiveKit cannot be reached"


def to_ending(error: api.ServerError) -> tuple[Ending | None, int | None]:
    """Convert the error of a request to dial into an ending and a SIP status; None if the outcome is open."""
    status = error.sip_status_code if isinstance(error, api.SipCallError) else None
    if status is not None:
        return Ending.REFUSED, status
    return ENDING_BY_ERROR_CODE.get(error.code), None
