"""Track the calls in LiveKit's rooms by webhooks and, because these can be lost, by polling the rooms."""

import asyncio
from contextlib import suppress

from livekit.protocol.models import ParticipantInfo
from livekit.protocol.webhook import WebhookEvent

from telephony.call_registry import CallRegistry
from telephony.engine import Ending, Progress
from telephony.livekit_agent_joins import AgentJoins, is_alone
from telephony.livekit_bridges import Bridges
from telephony.livekit_dialer import LiveKitDialer
from telephony.livekit_mapping import LEAVE_EVENTS, REMOTE_PARTY, to_inbound_call, to_progress
from telephony.livekit_rooms import LIVEKIT_ERRORS, LiveKitRooms
from telephony.livekit_transfers import LiveKitTransfers
from telephony.task_set import TaskSet

DIALING_POLL_INTERVAL_SECONDS = 1.0  # for calls that are being dialed: ringing has no webhook


class CallWatch:
    """Publishes how calls progress and end, and hangs up those without an agent. Runs its tasks in `task_set`."""

    def __init__(
        self,
        rooms: LiveKitRooms,
        registry: CallRegistry[str],
        *,
        agent_joins: AgentJoins,
        dialer: LiveKitDialer,
        transfers: LiveKitTransfers,
        bridges: Bridges,
        task_set: TaskSet,
    ) -> None:
        self._rooms = rooms
        self._registry = registry
        self._agent_joins = agent_joins
        self._dialer = dialer
        self._transfers = transfers
        self._bridges = bridges
        self._task_set = task_set
        self._callers: dict[str, str] = {}  # the identities of inbound callers, by room
        self._without_agent: set[str] = set()  # references of the calls that end because their agent is missing

    def remote_party(self, room: str) -> str:
        """Return the identity of the remote party."""
        return self._callers.get(room, REMOTE_PARTY)

    def set_caller(self, room: str, participant: ParticipantInfo) -> None:
        """Store the identity of the room's inbound caller."""
        self._callers[room] = participant.identity

    async def poll_live_calls(self, interval_seconds: float) -> None:
        """Poll every answered call and every bridge at this interval, until cancelled."""
        while True:
            await asyncio.sleep(interval_seconds)
            for reference in self._registry.answered_references():
                if live := self._registry.get(reference):
                    await self._poll_call(reference, live.handle)
            await self._bridges.poll_all()

    async def poll_until_answered(self, reference: str) -> None:
        """Poll a call that is being dialed until it is answered or has ended."""
        while (live := self._registry.get(reference)) and live.last_event.progress is not Progress.ANSWERED:
            await asyncio.sleep(DIALING_POLL_INTERVAL_SECONDS)
            await self._poll_call(reference, live.handle)

    async def await_agent(self, reference: str, room: str) -> None:
        """End an answered call if no agent joins."""
        if not await self._agent_joins.wait_for_join(room):
            await self._poll_call(reference, room)

    def on_webhook(self, event: WebhookEvent) -> None:
        """Publish the change of a call that a webhook reports."""
        self._agent_joins.on_webhook(event)
        room, participant = event.room.name, event.participant
        reference = self._registry.find_reference(room)
        if (
            event.event == "participant_joined"
            and reference is None
            and (inbound := to_inbound_call(room, participant))
        ):
            self.set_caller(room, participant)
            self._registry.publish(inbound)
        elif self._bridges.is_ended_by(event):
            self._task_set.run(self._bridges.end(room))
        elif (
            event.event == "participant_left"
            and reference is not None
            and participant.identity != self.remote_party(room)
        ):
            self._on_other_left(reference, room, participant.identity)
        elif event.event in LEAVE_EVENTS and reference is not None:
            self._on_remote_party_left(reference)
        if event.event == "room_finished":
            self._callers.pop(room, None)

    def _on_other_left(self, reference: str, room: str, identity: str) -> None:
        """End the leg of a third party that has left, and check whether the remote party is alone now."""
        if not self._dialer.is_dialing(identity):
            self._registry.end_transfer(reference, identity)
        self._task_set.run(self._poll_call(reference, room))

    def _on_remote_party_left(self, reference: str, unanswered: Ending | None = None) -> None:
        if self._transfers.is_transferring(reference):
            self._transfers.mark_left(reference)
        elif reference in self._without_agent:
            self._registry.end(reference, Ending.AGENT_UNREACHABLE, detail="no agent is in the call")
        else:
            self._registry.on_remote_party_left(reference, unanswered)

    async def _poll_call(self, reference: str, room: str) -> None:
        """Publish the state of a call by the participants of its room. A failure is ignored until the next poll."""
        with suppress(*LIVEKIT_ERRORS):
            participants, identity = await self._rooms.participants(room), self.remote_party(room)
            if identity in participants:
                self._registry.advance(reference, to_progress(participants[identity]))
                if is_alone(identity, participants):
                    await self._end_without_agent(reference, room)
            elif not self._dialer.is_dialing(reference) and not self._transfers.is_transferring(reference):
                self._on_remote_party_left(reference, Ending.LOST)

    async def _end_without_agent(self, reference: str, room: str) -> None:
        """Hang up on a remote party that is alone, unless it is being transferred or an agent is still expected."""
        if (
            self._registry.get(reference) is None
            or self._transfers.is_transferring(reference)
            or self._agent_joins.is_awaited(room)
        ):
            return
        self._without_agent.add(reference)
        self._dialer.set_ending(reference, Ending.AGENT_UNREACHABLE)
        try:
            await self._rooms.delete(room)
            self._on_remote_party_left(reference)
        finally:
            self._without_agent.discard(reference)
