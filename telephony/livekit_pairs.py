"""The two whom an agent has left together in a room at LiveKit: they are parted when either hangs up."""

from collections.abc import Callable
from contextlib import suppress

from livekit.protocol.webhook import WebhookEvent

from telephony.engine import TransferEvent
from telephony.livekit_rooms import FAILED, Rooms


class Pairs:
    """`tell` is told how each ended: as the third party's leg, which came with its transfer."""

    def __init__(self, rooms: Rooms, tell: Callable[[TransferEvent], None]) -> None:
        self._rooms = rooms
        self._tell = tell
        self._left: dict[str, tuple[set[str], TransferEvent]] = {}  # by the room

    def add(self, room: str, two: set[str], ended: TransferEvent) -> None:
        self._left[room] = two, ended

    def is_parted_by(self, event: WebhookEvent) -> bool:
        if event.room.name not in self._left:
            return False
        two, _ = self._left[event.room.name]
        return event.event == "room_finished" or (
            event.event == "participant_left" and event.participant.identity in two
        )

    async def part(self, room: str) -> None:
        """Nobody is left alone in a room. What fails is tried again at the next look."""
        with suppress(*FAILED):
            await self._rooms.delete(room)
            if left := self._left.pop(room, None):
                self._tell(left[1])

    async def look(self) -> None:
        """What is told of their end can be lost."""
        for room, (two, _) in tuple(self._left.items()):
            with suppress(*FAILED):
                if not two <= (await self._rooms.participants(room)).keys():
                    await self.part(room)
