"""Transfer remote parties at LiveKit, by REFER (RFC 3515)."""

from telephony.call_registry import CallRegistry
from telephony.engine import Ending, Progress, TransferEvent
from telephony.livekit_rooms import LiveKitRooms


class LiveKitTransfers:
    """The pending transfers, one for a call.

    If the remote party leaves meanwhile, LiveKit's response tells whether it was transferred or has hung up.
    """

    def __init__(self, rooms: LiveKitRooms, registry: CallRegistry[str]) -> None:
        self._rooms = rooms
        self._registry = registry
        self._has_left: dict[str, bool] = {}  # whether the remote party has left meanwhile, by reference

    def is_transferring(self, reference: str) -> bool:
        """Tell whether a transfer of this call is pending."""
        return reference in self._has_left

    def mark_left(self, reference: str) -> None:
        """Record that the remote party has left during the transfer."""
        self._has_left[reference] = True

    async def run(self, reference: str, room: str, identity: str, transfer_id: str, target: str) -> None:
        """Transfer a participant, and publish the outcome; a call that ended meanwhile was not transferred."""
        self._has_left[reference] = False
        transferred, status = await self._rooms.transfer(room, identity, target)
        transferred = transferred and self._registry.get(reference) is not None
        progress = Progress.ANSWERED if transferred else Progress.ENDED
        self._registry.publish(TransferEvent(reference, transfer_id, progress, status))
        has_left = self._has_left.pop(reference)
        if transferred:
            self._registry.end(reference, Ending.TRANSFERRED)
        elif has_left:
            self._registry.on_remote_party_left(reference)
