"""The engine `livekit`: calls are rooms at LiveKit, which mixes them and lets agents speak.

A conversation's room has its reference for a name; an inbound one keeps the room that LiveKit made. LiveKit tells of
an answer only by answering the request to dial, so that one waits in a task of its own, and is never repeated.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import ClientConnectorError
from livekit.api import ServerError
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.webhook import WebhookEvent

from telephony.engine import (
    Call,
    CallEvent,
    Ending,
    Event,
    NotPlaced,
    NotTransferred,
    Overheard,
    Progress,
    TransferEvent,
    Unsure,
)
from telephony.ledger import Ledger
from telephony.livekit_pairs import Pairs
from telephony.livekit_rooms import FAILED, Rooms
from telephony.livekit_webhook import NotFromLiveKit, Webhooks
from telephony.livekit_words import LEAVING, OTHER_SIDE, ending, inbound_call, standing
from telephony.tasks import Tasks

DIALING_LOOKS = 1.0  # seconds between looks at a call that is being dialed: nobody tells that it rings


class LiveKitEngine:
    """`agent_name`: what the workers are registered as whose agents speak. `looks`: seconds between looks at live
    calls, because what is told of their end can be lost."""

    outlives_process = True

    def __init__(self, url: str, key: str, secret: str, agent_name: str, looks: float = 15) -> None:
        self._rooms = Rooms(url, key, secret, agent_name)
        self._looks = looks
        self._webhooks = Webhooks(key, secret)
        self._ledger: Ledger[str] = Ledger()  # by the room
        self._callers: dict[str, str] = {}  # the identity of who called in, by the room
        self._moving: dict[str, bool] = {}  # the calls whose other side is being moved, and whether it has left
        self._asked: dict[str, bool] = {}  # what LiveKit is asked to dial, and whether it was hung up meanwhile
        self._pairs = Pairs(self._rooms, self._ledger.tell)
        self._tasks = Tasks()

    async def start(self) -> None:
        await self._rooms.open()
        self._tasks.run(self._look_after_live_calls())

    async def stop(self) -> None:
        """Calls go on; `snapshot` knows them again."""
        await self._tasks.end()
        await self._rooms.close()
        self._ledger.close()

    async def place_call(self, call: Call) -> None:
        reference = call.reference
        if self._ledger.standing(reference) is not None:
            raise Unsure("this call was placed before")
        self._ledger.open(reference, reference)
        try:
            await self._rooms.dispatch(reference, call.agent)
        except FAILED as failed:
            self._ledger.strike(reference)
            raise NotPlaced(f"LiveKit takes no agent into the room: {failed}", Ending.LOST) from None
        self._asked[reference] = False
        self._tasks.run(self._dial(call))
        self._tasks.run(self._follow(reference))

    async def hang_up(self, reference: str, transfer_id: str | None = None) -> None:
        if (live := self._ledger.live(reference)) is None:
            return
        self._asked |= dict.fromkeys(self._asked.keys() & {transfer_id or reference}, True)
        try:
            await (self._rooms.remove(live.by, transfer_id) if transfer_id else self._rooms.delete(live.by))
        except FAILED as failed:
            raise Unsure(f"LiveKit does not say that it has hung up: {failed}") from None
        if transfer_id:
            self._ledger.end_transfer(reference, transfer_id)
        else:
            self._ledger.left(reference, Ending.CANCELLED)

    async def transfer(self, reference: str, transfer_id: str, target: str) -> None:
        room = self._ledger.by_whom_answered(reference)
        self._tasks.run(self._move(reference, room, transfer_id, target))

    async def add_party(self, reference: str, transfer_id: str, call: Call) -> None:
        room = self._ledger.by_whom_answered(reference)
        self._tasks.run(self._dial_party(call, reference, room, transfer_id))

    async def leave(self, reference: str, transfer_id: str) -> None:
        room = self._ledger.by_whom_answered(reference)
        two = {self._other_side(room), transfer_id}
        try:
            there = await self._rooms.participants(room)
            if not two <= there.keys():
                raise NotTransferred("one of the two is no longer there")
            for agent in [each.identity for each in there.values() if each.kind == ParticipantInfo.AGENT]:
                await self._rooms.remove(room, agent)
            self._ledger.forget_transfers(reference)
        except FAILED as failed:
            raise NotTransferred(str(failed)) from None
        self._pairs.add(room, two, TransferEvent(reference, transfer_id, Progress.ENDED))
        self._ledger.end(reference, Ending.TRANSFERRED)

    async def accept(self, engine_reference: str, reference: str, agent: Mapping[str, Any]) -> None:
        self._ledger.open(reference, engine_reference)
        try:
            await self._rooms.dispatch(engine_reference, agent)
        except FAILED as failed:
            self._ledger.end(reference, Ending.LOST, detail=f"LiveKit takes no agent into the room: {failed}")
        else:
            self._ledger.stands(reference, Progress.ANSWERED)

    async def decline(self, engine_reference: str, sip_status: int) -> None:  # noqa: ARG002 - LiveKit has its own
        with suppress(*FAILED):
            await self._rooms.delete(engine_reference)

    async def snapshot(self, reference: str, engine_reference: str | None = None) -> CallEvent | None:
        if self._ledger.standing(reference) is None:
            room = engine_reference or reference
            try:
                who = await self._rooms.other_side(room, None if engine_reference else OTHER_SIDE)
            except FAILED as failed:
                raise Unsure(f"LiveKit does not answer: {failed}") from None
            if who is not None and self._ledger.standing(reference) is None:  # nobody else asked meanwhile
                if engine_reference:
                    self._callers[room] = who.identity
                progress = Progress.ANSWERED if engine_reference else standing(who)
                self._ledger.open(reference, room, CallEvent(reference, progress))
                self._tasks.run(self._follow(reference))
        return self._ledger.standing(reference)

    async def hear(self, notice: bytes) -> None:
        if event := self._webhooks.passed_on(notice):
            self._hear(event)

    def events(self) -> AsyncIterator[Event]:
        return self._ledger.events()

    async def receive(self, body: bytes, token: str) -> bool:
        """A webhook, as it came; whether it is LiveKit's. What was heard before changes nothing."""
        try:
            event = self._webhooks.heard(body, token)
        except NotFromLiveKit:
            return False
        if event is not None:
            if event.event in LEAVING and self._ledger.reference_of(event.room.name) is None:
                self._ledger.tell(Overheard(event.room.name, event.id, body))
            self._hear(event)
        return True

    def _hear(self, event: WebhookEvent) -> None:
        room, who = event.room.name, event.participant
        reference = self._ledger.reference_of(room)
        if event.event == "participant_joined" and reference is None and (knock := inbound_call(room, who)):
            self._callers[room] = who.identity
            self._ledger.tell(knock)
        elif self._pairs.is_parted_by(event):
            self._tasks.run(self._pairs.part(room))
        elif event.event == "participant_left" and reference is not None and who.identity != self._other_side(room):
            if who.identity not in self._asked:
                self._ledger.end_transfer(reference, who.identity)
        elif event.event in LEAVING and reference is not None:
            self._leave(reference)
        if event.event == "room_finished":
            self._callers.pop(room, None)

    def _leave(self, reference: str) -> None:
        """Who leaves while they are being moved has been moved or has hung up: the answer to the move tells which."""
        if reference in self._moving:
            self._moving[reference] = True
        else:
            self._ledger.left(reference)

    async def _dial(self, call: Call) -> None:
        """Once. What nobody knows for certain is looked up, by `_follow`."""
        reference = call.reference
        try:
            await self._rooms.dial(call, reference, OTHER_SIDE)
            self._ledger.stands(reference, Progress.ANSWERED)
        except ClientConnectorError as failed:
            self._ledger.end(reference, Ending.UNREACHABLE, detail=f"LiveKit cannot be reached: {failed}")
        except ServerError as failed:
            how, status = (Ending.CANCELLED, None) if self._asked[reference] else ending(failed)
            if how is not None:
                self._ledger.end(reference, how, status, failed.message)
        except FAILED:
            pass
        finally:
            self._asked.pop(reference, None)

    async def _follow(self, reference: str) -> None:
        """Until the call is answered or over."""
        while (live := self._ledger.live(reference)) and live.standing.progress is not Progress.ANSWERED:
            await asyncio.sleep(DIALING_LOOKS)
            with suppress(*FAILED):
                await self._look(reference, live.by)

    async def _look_after_live_calls(self) -> None:
        while True:
            await asyncio.sleep(self._looks)
            for reference in self._ledger.answered():
                if live := self._ledger.live(reference):
                    with suppress(*FAILED):
                        await self._look(reference, live.by)
            await self._pairs.look()

    async def _look(self, reference: str, room: str) -> None:
        other_side = (await self._rooms.participants(room)).get(self._other_side(room))
        if other_side is not None:
            self._ledger.stands(reference, standing(other_side))
        elif reference not in self._asked and reference not in self._moving:
            self._ledger.left(reference, Ending.LOST)

    async def _move(self, reference: str, room: str, transfer_id: str, target: str) -> None:
        self._moving[reference] = False
        moved, status = await self._rooms.moved(room, self._other_side(room), target)
        self._ledger.tell(TransferEvent(reference, transfer_id, Progress.ANSWERED if moved else Progress.ENDED, status))
        has_left = self._moving.pop(reference)
        if moved:
            self._ledger.end(reference, Ending.TRANSFERRED)
        elif has_left:
            self._ledger.left(reference)

    async def _dial_party(self, call: Call, reference: str, room: str, transfer_id: str) -> None:
        self._ledger.awaits(reference, transfer_id)
        self._asked[transfer_id] = False
        try:
            await self._rooms.dial(call, room, transfer_id)
            self._ledger.tell(TransferEvent(reference, transfer_id, Progress.ANSWERED))
        except ServerError as failed:
            self._ledger.end_transfer(reference, transfer_id, ending(failed)[1])
        except FAILED:
            self._ledger.end_transfer(reference, transfer_id)
        finally:
            self._asked.pop(transfer_id, None)

    def _other_side(self, room: str) -> str:
        return self._callers.get(room, OTHER_SIDE)
