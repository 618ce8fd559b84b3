"""Track the legs of a child process by the stack's events and the carrier's messages."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from baresip.call import Call as SipCall
from baresip.errors import BaresipError
from baresip.events import Event, StackEvent

from telephony import digest_auth
from telephony.engine import Ending, Progress
from telephony.invite_tracker import MIN_FAILURE_STATUS, MIN_SUCCESS_STATUS, InviteTracker
from telephony.leg import BARESIP_TRANSFERRED, CHALLENGE_STATUSES, MAX_DURATION_REACHED, NO_COMMON_AUDIO, Leg, OnEvent
from telephony.refer import ReferSender
from telephony.sdp import has_common_audio
from telephony.sip_message import SipMessage
from telephony.task_set import TaskSet

PROGRESS_BY_EVENT = {
    Event.CALL_RINGING: Progress.RINGING,
    Event.CALL_PROGRESS: Progress.RINGING,
    Event.CALL_ESTABLISHED: Progress.ANSWERED,
}


class Legs:
    """The live legs of this process. `on_event` is called with each of their events."""

    def __init__(self, on_event: OnEvent, invite_tracker: InviteTracker) -> None:
        self._on_event = on_event
        self._invite_tracker = invite_tracker
        self._live: dict[int, Leg] = {}  # by the handle of the stack's call
        self._expected: set[Leg] = set()  # about to be dialed
        self._early_events: dict[int, list[StackEvent]] = {}  # of calls that no leg has adopted yet, by handle
        self._task_set = TaskSet()
        self._refers = ReferSender(on_event, self.end)
        self._unacknowledged: set[str | None] = set()  # Call-IDs whose CANCEL or BYE has no response yet
        self._idle = asyncio.Event()
        self._idle.set()

    async def wait_idle(self) -> None:
        """Wait until there is no live leg."""
        await self._idle.wait()

    def find(self, reference: str, transfer_id: str | None = None) -> Leg | None:
        """Return the leg of a call's remote party or, with `transfer_id`, of a third party."""
        return next((leg for leg in self.of_call(reference) if leg.transfer_id == transfer_id), None)

    def of_call(self, reference: str) -> Iterator[Leg]:
        """Yield every leg of a call."""
        return (leg for leg in (*self._live.values(), *self._expected) if leg.reference == reference)

    def expect(self, leg: Leg) -> None:
        """Add a leg that is about to be dialed. If it is ended before the stack has its call, it ends in `adopt`."""
        self._expected.add(leg)
        self._idle.clear()

    def dismiss(self, leg: Leg) -> None:
        """Remove a leg that was not dialed. An adopted leg stays."""
        self._expected.discard(leg)
        self._set_idle()

    def adopt(self, leg: Leg, sip_call: SipCall) -> None:
        """Connect a leg with the stack's call, and apply the events of the call that came before.

        The stack's library did not deliver the earlier events to `sip_call`, which was not yet subscribed, so they are
        replayed to it.
        """
        self._expected.discard(leg)
        self._idle.clear()
        leg.sip_call, self._live[sip_call.handle] = sip_call, leg
        if leg.ring_seconds is not None:
            leg.timer = asyncio.get_running_loop().call_later(leg.ring_seconds, self._on_ring_timeout, leg)
        for event in self._early_events.pop(sip_call.handle, ()):
            sip_call._on_stack_event(event)  # noqa: SLF001 - it has no public method for it; its version is pinned
            self._apply(leg, event)
        if leg.requested_ending is not None:
            self._task_set.run(_hang_up(sip_call))

    def on_stack_event(self, event: StackEvent) -> None:
        """Apply an event of the stack to its leg, or store it until the leg is adopted."""
        leg = self._live.get(event.call)
        if leg is not None:
            self._apply(leg, event)
        elif event.event is Event.CALL_OUTGOING or event.call in self._early_events:
            self._early_events.setdefault(event.call, []).append(event)

    def on_message(self, message: SipMessage) -> None:
        """Process a message from the carrier, before the stack reports its event."""
        status, call_id = message.status, message.call_id
        if status >= MIN_FAILURE_STATUS or (status >= MIN_SUCCESS_STATUS and message.method == "BYE"):
            self._unacknowledged.discard(call_id)
            self._set_idle()
        if status in CHALLENGE_STATUSES and message.method == "INVITE" and not digest_auth.is_challenge(message):
            for leg in self._with_call_id(call_id):  # the stack would repeat the INVITE endlessly
                leg.refused_status = status
                self.end(leg, Ending.REFUSED)
        elif message.start_line[0] == "NOTIFY":
            for leg in self._with_call_id(call_id):
                self._refers.on_notify(leg, message)

    def _with_call_id(self, call_id: str) -> list[Leg]:
        return [leg for leg in self._live.values() if leg.sip_call is not None and leg.sip_call.call_id == call_id]

    def end(self, leg: Leg, ending: Ending, detail: str = "") -> None:
        """Hang up a leg, once; its end is published when the stack has closed the call."""
        if leg.requested_ending is None:
            leg.requested_ending, leg.detail = ending, detail
            if leg.sip_call is not None:
                self._task_set.run(_hang_up(leg.sip_call))

    def refer(self, leg: Leg, sip_call: SipCall, transfer_id: str, uri: str) -> None:
        """Begin to send a REFER to `uri`, and publish its outcome as TransferEvent."""
        self._refers.start(leg, sip_call, transfer_id, uri)

    def detach(self, leg: Leg) -> None:
        """Publish the call as TRANSFERRED while its legs continue."""
        self._on_event(leg.event(Progress.ENDED, Ending.TRANSFERRED))
        leg.is_detached = True

    async def end_all(self, seconds: float) -> None:
        """End every leg, and wait up to `seconds` until the carriers have confirmed it."""
        for leg in (*self._live.values(), *self._expected):
            if self._has_response(leg) and leg.sip_call is not None:
                self._unacknowledged.add(leg.sip_call.call_id)
            self.end(leg, Ending.CANCELLED)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.wait_idle(), seconds)

    def _apply(self, leg: Leg, event: StackEvent) -> None:
        if event.event is Event.CALL_CLOSED:
            self._on_closed(leg, event.call, event.text or "")
        elif event.event is Event.CALL_TRANSFER and leg.sip_call is not None:
            self._task_set.run(_refuse_transfer(leg.sip_call))
        elif event.event is Event.CALL_ESTABLISHED and not self._has_common_audio(event.call_id):
            self.end(leg, Ending.NO_MEDIA, NO_COMMON_AUDIO)
        elif (progress := PROGRESS_BY_EVENT.get(event.event)) and progress.value > leg.progress.value:
            leg.progress, leg.has_response = progress, True
            self._on_event(leg.event(progress))
            if progress is Progress.ANSWERED:
                self._start_duration_timer(leg)

    def _start_duration_timer(self, leg: Leg) -> None:
        _cancel_timer(leg.timer)
        if leg.max_seconds is not None:
            leg.timer = asyncio.get_running_loop().call_later(
                leg.max_seconds, self.end, leg, Ending.HUNG_UP, MAX_DURATION_REACHED
            )

    def _on_ring_timeout(self, leg: Leg) -> None:
        self.end(leg, Ending.UNANSWERED if self._has_response(leg) else Ending.UNREACHABLE)

    def _has_response(self, leg: Leg) -> bool:
        invite = self._invite_tracker.find(leg.sip_call.call_id) if leg.sip_call is not None else None
        leg.has_response = leg.has_response or (invite is not None and invite.has_response)
        return leg.has_response

    def _has_common_audio(self, call_id: str | None) -> bool:
        """Tell whether the SDP answer accepts offered audio. The stack checks inbound calls itself."""
        invite = self._invite_tracker.find(call_id)
        return invite is None or has_common_audio(invite.message.body, invite.answer_sdp)

    def _on_closed(self, leg: Leg, handle: int, reason: str) -> None:
        """End a leg, or redial it with credentials. When the main leg ends, the third parties' legs end too."""
        _cancel_timer(leg.timer)
        del self._live[handle]
        self._has_response(leg)
        invite = self._invite_tracker.find(leg.sip_call.call_id) if leg.sip_call is not None else None
        if credentials := leg.build_credentials(reason, invite):
            self._start_redial(leg, credentials)
            return
        self._set_idle()
        end = leg.end_event(reason, invite)
        self._refers.end(leg, Progress.ANSWERED if reason == BARESIP_TRANSFERRED else Progress.ENDED)
        if not leg.is_detached:
            self._on_event(end)
        main = self.find(leg.reference)
        if main is None or main.is_detached:
            for other in self.of_call(leg.reference):
                self.end(other, Ending.HUNG_UP)

    def _start_redial(self, leg: Leg, credentials: dict[str, str]) -> None:
        leg.has_sent_credentials, leg.sip_call = True, None
        self.expect(leg)
        self._task_set.run(self._redial(leg, credentials))

    async def _redial(self, leg: Leg, credentials: dict[str, str]) -> None:
        assert leg.dial is not None
        try:
            self.adopt(leg, await leg.dial(credentials))
        except BaresipError as error:
            self.dismiss(leg)
            self._on_event(leg.event(Progress.ENDED, Ending.UNREACHABLE, str(error)))

    def _set_idle(self) -> None:
        if not self._live and not self._expected and not self._unacknowledged:
            self._idle.set()


def _cancel_timer(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


async def _hang_up(call: SipCall) -> None:
    """Hang up. An error means that the call has ended already, and its end has been reported."""
    with suppress(BaresipError):
        await call.hangup()


async def _refuse_transfer(call: SipCall) -> None:
    """Refuse a REFER from the other side, which could make this server dial any number."""
    with suppress(BaresipError):
        await call.reject_transfer(603)
