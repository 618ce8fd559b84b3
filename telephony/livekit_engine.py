"""Place calls as LiveKit rooms, which mix audio and which agents join.

The name of an outbound call's room is its reference; an inbound call stays in the room that LiveKit created.
"""

from collections.abc import AsyncIterator
from contextlib import suppress

from livekit.protocol.models import ParticipantInfo

from telephony.call_registry import CallRegistry
from telephony.engine import (
    AgentDispatch,
    CallEvent,
    CallNotPlaced,
    Ending,
    EngineEvent,
    ForeignNotice,
    OutboundCall,
    OutcomeUnknown,
    Progress,
    TransferEvent,
    TransferNotBegun,
)
from telephony.engine_factory import LiveKitAccount
from telephony.livekit_agent_joins import AgentJoins
from telephony.livekit_bridges import Bridges
from telephony.livekit_call_watch import CallWatch
from telephony.livekit_dialer import LiveKitDialer
from telephony.livekit_mapping import LEAVE_EVENTS, REMOTE_PARTY, to_progress
from telephony.livekit_rooms import LIVEKIT_ERRORS, LiveKitRooms
from telephony.livekit_transfers import LiveKitTransfers
from telephony.livekit_webhook import NotFromLiveKit, WebhookReader
from telephony.task_set import TaskSet


class LiveKitEngine:
    """The engine `livekit`; an Engine that ReceivesWebhooks. It polls live calls every `poll_interval_seconds`."""

    outlives_process = mixes_media = True

    def __init__(self, account: LiveKitAccount, poll_interval_seconds: float = 15) -> None:
        self._poll_interval_seconds = poll_interval_seconds
        self._webhooks = WebhookReader(account.key, account.secret)
        self._rooms = LiveKitRooms(account)
        self._registry: CallRegistry[str] = CallRegistry()  # a handle is the name of a room
        self._task_set = TaskSet()
        agent_joins = AgentJoins(self._rooms, account.agent_wait_seconds)
        self._dialer = LiveKitDialer(self._rooms, self._registry, agent_joins)
        self._transfers = LiveKitTransfers(self._rooms, self._registry)
        self._bridges = Bridges(self._rooms, self._registry.publish)
        self._watch = CallWatch(
            self._rooms,
            self._registry,
            agent_joins=agent_joins,
            dialer=self._dialer,
            transfers=self._transfers,
            bridges=self._bridges,
            task_set=self._task_set,
        )

    async def start(self) -> None:
        """Open the client of LiveKit's API, and begin to poll live calls."""
        await self._rooms.open()
        self._task_set.run(self._watch.poll_live_calls(self._poll_interval_seconds))

    def inbound_problem(self) -> str | None:
        """Return None: LiveKit listens for inbound calls, not this server."""

    async def stop(self) -> None:
        """Stop following calls. They continue at LiveKit, and `snapshot` finds them."""
        await self._task_set.end()
        await self._rooms.close()
        self._registry.close()

    async def place_call(self, call: OutboundCall) -> None:
        """Dispatch the agent into a new room; the remote party is dialed once the agent has joined."""
        reference = call.reference
        self._registry.require_new(reference)
        self._registry.add(reference, reference)
        try:
            await self._rooms.dispatch_agent(reference, call.agent)
        except CallNotPlaced:
            self._registry.discard(reference)
            raise
        self._dialer.expect(reference)
        self._task_set.run(self._dialer.dial_call(call))
        self._task_set.run(self._watch.poll_until_answered(reference))

    async def hang_up(self, reference: str, transfer_id: str | None = None) -> None:
        """Delete the call's room, or remove the third party from it. Raises OutcomeUnknown."""
        if (live := self._registry.get(reference)) is None:
            return
        self._dialer.set_ending(transfer_id or reference, Ending.CANCELLED)
        try:
            await (self._rooms.remove(live.handle, transfer_id) if transfer_id else self._rooms.delete(live.handle))
        except LIVEKIT_ERRORS as error:
            raise OutcomeUnknown(f"LiveKit does not say that it has hung up: {error}") from None
        if transfer_id:
            self._registry.end_transfer(reference, transfer_id)
        else:
            self._registry.on_remote_party_left(reference, Ending.CANCELLED)

    async def transfer(self, reference: str, transfer_id: str, target: str) -> None:
        """Begin to transfer the remote party. Raises TransferNotBegun."""
        room = self._registry.require_answered(reference)
        identity = self._watch.remote_party(room)
        self._task_set.run(self._transfers.run(reference, room, identity, transfer_id, target))

    async def add_party(self, reference: str, transfer_id: str, call: OutboundCall) -> None:
        """Begin to dial a third party into the call's room. Raises TransferNotBegun."""
        room = self._registry.require_answered(reference)
        self._task_set.run(self._dialer.dial_third_party(call, reference, room, transfer_id))

    async def detach_agent(self, reference: str, transfer_id: str) -> None:
        """Remove the agents from the room, and track it in `Bridges`. Raises TransferNotBegun."""
        room = self._registry.require_answered(reference)
        identities = {self._watch.remote_party(room), transfer_id}
        try:
            participants = await self._rooms.participants(room)
            if not identities <= participants.keys():
                raise TransferNotBegun("one of the two is no longer there")
            for agent in [each.identity for each in participants.values() if each.kind == ParticipantInfo.AGENT]:
                await self._rooms.remove(room, agent)
            self._registry.clear_transfers(reference)
        except LIVEKIT_ERRORS as error:
            raise TransferNotBegun(str(error)) from None
        self._bridges.add(room, identities, TransferEvent(reference, transfer_id, Progress.ENDED))
        self._registry.end(reference, Ending.TRANSFERRED)

    async def accept(self, engine_reference: str, reference: str, agent: AgentDispatch) -> None:
        """Dispatch the agent into the caller's room; `engine_reference` is its name."""
        self._registry.add(reference, engine_reference)
        try:
            await self._rooms.dispatch_agent(engine_reference, agent)
        except CallNotPlaced as error:
            self._registry.end(reference, Ending.LOST, detail=str(error))
        else:
            self._registry.advance(reference, Progress.ANSWERED)
            self._task_set.run(self._watch.await_agent(reference, engine_reference))

    async def decline(self, engine_reference: str, sip_status: int) -> None:  # noqa: ARG002 - see below
        """Delete the caller's room. LiveKit chooses the SIP status."""
        with suppress(*LIVEKIT_ERRORS):
            await self._rooms.delete(engine_reference)

    async def snapshot(self, reference: str, engine_reference: str | None = None) -> CallEvent | None:
        """Return the last event of a call, which is adopted if another process placed it. Raises OutcomeUnknown."""
        if self._registry.last_event(reference) is None:
            await self._adopt(reference, engine_reference)
        return self._registry.last_event(reference)

    async def handle_notice(self, body: bytes) -> None:
        """Process a webhook that another server has received and verified."""
        if event := self._webhooks.parse_new(body):
            self._watch.on_webhook(event)

    def events(self) -> AsyncIterator[EngineEvent]:
        """Yield the engine's events until it is stopped."""
        return self._registry.events()

    async def receive_webhook(self, body: bytes, token: str) -> bool:
        """Process a webhook, and publish one about an unknown call as ForeignNotice for the server that carries it."""
        try:
            event = self._webhooks.verify(body, token)
        except NotFromLiveKit:
            return False
        if event is not None:
            if event.event in LEAVE_EVENTS and self._registry.find_reference(event.room.name) is None:
                self._registry.publish(ForeignNotice(event.room.name, event.id, body))
            self._watch.on_webhook(event)
        return True

    async def _adopt(self, reference: str, engine_reference: str | None) -> None:
        """Track a call of another process, if its remote party is still in its room. Raises OutcomeUnknown."""
        room = engine_reference or reference
        try:
            participant = await self._rooms.remote_party(room, None if engine_reference else REMOTE_PARTY)
        except LIVEKIT_ERRORS as error:
            raise OutcomeUnknown(f"LiveKit does not answer: {error}") from None
        if participant is None or self._registry.last_event(reference) is not None:  # adopted by another task meanwhile
            return
        if engine_reference:
            self._watch.set_caller(room, participant)
        progress = Progress.ANSWERED if engine_reference else to_progress(participant)
        self._registry.add(reference, room, CallEvent(reference, progress))
        self._task_set.run(self._watch.poll_until_answered(reference))
        self._task_set.run(self._watch.await_agent(reference, room))
