"""One SIP call of a child process, and the conversion of its end to the port's events."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from baresip.call import Call as SipCall
from baresip.errors import split_status

from telephony import digest_auth
from telephony.engine import CallEvent, Carrier, Ending, Progress, TransferEvent
from telephony.invite_tracker import MIN_FAILURE_STATUS, MIN_SUCCESS_STATUS, Invite

CHALLENGE_STATUSES = (401, 407)
BARESIP_TRANSFERRED, BARESIP_NO_RTP = "Call transfered", "rtp stream error"  # baresip's own spelling
NO_COMMON_AUDIO = "the carrier answered without audio that could be agreed on"
NO_AUDIO_RECEIVED = "no audio arrived from the other side any more"
TRANSFERRED_TOO_LATE = "the carrier moved the call after the transfer had ended"
MAX_PHRASE_LENGTH = 1_000  # of a carrier's reason phrase, in characters
MAX_DURATION_REACHED = "the call reached the longest time that a call may take"

OnEvent = Callable[[CallEvent | TransferEvent], None]
Dial = Callable[[dict[str, str]], Awaitable[SipCall]]  # sends the INVITE with these headers added


@dataclass(eq=False)
class Leg:
    """One SIP call: the remote party of the call `reference` or, with a `transfer_id`, a third party dialed into it."""

    reference: str
    transfer_id: str | None
    sip_call: SipCall | None = None  # None until the stack has created it
    ring_seconds: float | None = None
    max_seconds: float | None = None
    carrier: Carrier | None = field(default=None, repr=False)
    is_inbound: bool = False
    dial: Dial | None = field(default=None, repr=False)  # None if it is inbound
    has_sent_credentials: bool = False  # `build_credentials` has answered a challenge
    progress: Progress = Progress.DIALING
    has_response: bool = False  # the carrier has sent any response
    requested_ending: Ending | None = None  # set when this side ends the leg: the ending to report
    refused_status: int | None = None  # the SIP status that made this side end the leg
    detail: str = ""  # an explanation of the ending
    refer_transfer_id: str | None = None  # the transfer whose REFER is pending
    is_detached: bool = False  # published as ended, although the SIP call continues
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    def event(
        self, progress: Progress, ending: Ending | None = None, detail: str = "", status: int | None = None
    ) -> CallEvent | TransferEvent:
        """Build an event of this leg: of its call or, for a third party, of its transfer."""
        if self.transfer_id is not None:
            return TransferEvent(self.reference, self.transfer_id, progress, status)
        return CallEvent(self.reference, progress, ending, status if ending is Ending.REFUSED else None, detail)

    def end_event(self, reason: str, invite: Invite | None) -> CallEvent | TransferEvent:
        """Build the event of the leg's end, from baresip's reason and from the responses that it does not report."""
        status, _ = split_status(reason)
        if status is None and self.requested_ending in {None, Ending.REFUSED}:
            status = self.refused_status or (
                invite.final_status
                if invite and invite.final_status and invite.final_status >= MIN_FAILURE_STATUS
                else None
            )
        ending = self._ending(reason, status, invite)
        return self.event(Progress.ENDED, ending, self.detail or self._detail(ending, reason, status, invite), status)

    def _detail(self, ending: Ending, reason: str, status: int | None, invite: Invite | None) -> str:
        """Return the `detail` of an ending that needs one: UNREACHABLE or REFUSED; empty for others."""
        if ending is Ending.UNREACHABLE:
            return (
                "nothing was heard of the carrier"
                if self.requested_ending
                else f"the carrier cannot be reached: {reason}"
            )
        if ending is not Ending.REFUSED:
            return ""
        if status is None:
            return f"the carrier gave no final answer: {reason}"
        response = invite.final_response if invite is not None else None
        phrase = (
            response.start_line[2][:MAX_PHRASE_LENGTH] if response is not None and response.status == status else ""
        )
        return f"the carrier answered {status} {phrase}"

    def _ending(self, reason: str, status: int | None, invite: Invite | None) -> Ending:
        """Return how the leg has ended, and set `detail` from baresip's reason if needed."""
        if reason == BARESIP_TRANSFERRED and self.refer_transfer_id is not None:
            return Ending.TRANSFERRED
        if reason == BARESIP_NO_RTP or self.requested_ending is Ending.NO_MEDIA:
            self.detail = self.detail or NO_AUDIO_RECEIVED
            return Ending.NO_MEDIA
        if self.progress is Progress.ANSWERED:
            self.detail = TRANSFERRED_TOO_LATE if reason == BARESIP_TRANSFERRED else self.detail
            return Ending.TRANSFERRED if self.requested_ending is Ending.TRANSFERRED else Ending.HUNG_UP
        if status is None and self.requested_ending is not None:
            return self.requested_ending
        return Ending.CANCELLED if self.is_inbound else self._unanswered_ending(status, invite)

    def _unanswered_ending(self, status: int | None, invite: Invite | None) -> Ending:
        if (
            invite is not None
            and invite.final_status is not None
            and MIN_SUCCESS_STATUS <= invite.final_status < MIN_FAILURE_STATUS
        ):
            self.detail = NO_COMMON_AUDIO
            return Ending.NO_MEDIA
        return Ending.REFUSED if status or self.has_response else Ending.UNREACHABLE

    def build_credentials(self, reason: str, invite: Invite | None) -> dict[str, str]:
        """Build the header that answers a digest challenge that the stack could not answer; empty if there is none.

        A leg answers once: a second challenge means that the credentials are refused (RFC 3261, 22.2).
        """
        challenge = invite.final_response if invite is not None else None
        if (
            self.dial is None
            or self.requested_ending is not None
            or self.has_sent_credentials
            or split_status(reason)[0] is not None
        ):
            return {}
        if invite is None or challenge is None or challenge.status not in CHALLENGE_STATUSES:
            return {}
        if self.carrier is None or self.carrier.username is None:
            return {}
        uri, password = invite.message.start_line[1], self.carrier.password or ""
        return digest_auth.build_authorization(challenge, "INVITE", uri, self.carrier.username, password)


EndLeg = Callable[[Leg, Ending], None]
