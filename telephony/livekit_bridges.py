"""Track rooms in which the remote party and a third party talk without the agent, and end them.

LiveKit itself connects and mixes the audio of the two. But it would keep the room open when one of them leaves, so the
room is deleted here, which hangs up on the other.
"""

from collections.abc import Callable
from contextlib import suppress

from livekit.protocol.webhook import WebhookEvent

from telephony.engine import TransferEvent
from telephony.livekit_rooms import LIVEKIT_ERRORS, LiveKitRooms


class Bridges:
    """The bridges, by room. A bridge is a room without an agent, in which LiveKit connects two parties.

    `on_end` is called with the TransferEvent that ends the third party's leg, when the bridge has ended.
    """

    def __init__(self, rooms: LiveKitRooms, on_end: Callable[[TransferEvent], None]) -> None:
        self._rooms = rooms
        self._on_end = on_end
        self._bridges: dict[str, tuple[set[str], TransferEvent]] = {}  # identities and end event, by room

    def add(self, room: str, identities: set[str], end_event: TransferEvent) -> None:
        """Add a room whose agent has left, with the identities of its two parties."""
        self._bridges[room] = identities, end_event

    def is_ended_by(self, event: WebhookEvent) -> bool:
        """Tell whether the webhook says that either party of a bridge has left."""
        if event.room.name not in self._bridges:
            return False
        identities, _ = self._bridges[event.room.name]
        return event.event == "room_finished" or (
            event.event == "participant_left" and event.participant.identity in identities
        )

    async def end(self, room: str) -> None:
        """Delete the room and publish the end. A failure is ignored: `poll_all` tries again."""
        with suppress(*LIVEKIT_ERRORS):
            await self._rooms.delete(room)
            if ended := self._bridges.pop(room, None):
                self._on_end(ended[1])

    async def poll_all(self) -> None:
        """End every bridge that a party has left. Needed because webhooks can be lost."""
        for room, (identities, _) in tuple(self._bridges.items()):
            with suppress(*LIVEKIT_ERRORS):
                if not identities <= (await self._rooms.participants(room)).keys():
                    await self.end(room)
