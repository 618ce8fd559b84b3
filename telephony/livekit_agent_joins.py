"""Wait until an agent joins a room, and tell whether a participant is alone."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from livekit.protocol.models import ParticipantInfo
from livekit.protocol.webhook import WebhookEvent

from telephony.livekit_rooms import LIVEKIT_ERRORS, LiveKitRooms

POLL_INTERVAL_SECONDS = 0.5  # a webhook is faster, but may be lost or reach another server


class AgentJoins:
    """Waits for agents to join rooms, at most `wait_seconds` for each."""

    def __init__(self, rooms: LiveKitRooms, wait_seconds: float) -> None:
        self._rooms = rooms
        self._wait_seconds = wait_seconds
        self._waits: dict[str, asyncio.Future[bool]] = {}  # by room

    @property
    def missing_detail(self) -> str:
        """The `detail` of a call whose agent did not join."""
        return f"no agent joined the room at LiveKit within {self._wait_seconds:g} seconds"

    def is_awaited(self, room: str) -> bool:
        """Tell whether an agent is still expected in the room."""
        return room in self._waits

    async def wait_for_join(self, room: str) -> bool:
        """Wait until an agent is in the room; False after `wait_seconds`, or when `stop_waiting` was called."""
        joined = self._waits[room] = asyncio.Future[bool]()
        polling = asyncio.create_task(self._poll(room))
        try:
            async with asyncio.timeout(self._wait_seconds):
                return await joined
        except TimeoutError:
            return False
        finally:
            polling.cancel()
            del self._waits[room]

    def stop_waiting(self, room: str) -> None:
        """End the wait for an agent, because the call was hung up."""
        self._settle(room, joined=False)

    def on_webhook(self, event: WebhookEvent) -> None:
        """End the wait for an agent that has joined."""
        if event.event == "participant_joined" and event.participant.kind == ParticipantInfo.AGENT:
            self._settle(event.room.name, joined=True)

    async def _poll(self, room: str) -> None:
        """Poll the room for an agent until cancelled."""
        while True:
            with suppress(*LIVEKIT_ERRORS):
                participants = await self._rooms.participants(room)
                if any(each.kind == ParticipantInfo.AGENT for each in participants.values()):
                    self._settle(room, joined=True)
            await asyncio.sleep(POLL_INTERVAL_SECONDS)

    def _settle(self, room: str, *, joined: bool) -> None:
        future = self._waits.get(room)
        if future is not None and not future.done():
            future.set_result(joined)


def is_alone(identity: str, participants: Mapping[str, ParticipantInfo]) -> bool:
    """Tell whether a participant is in the room alone, or only with recorders (egress)."""
    others = (each for name, each in participants.items() if name != identity)
    return identity in participants and all(each.kind == ParticipantInfo.EGRESS for each in others)
