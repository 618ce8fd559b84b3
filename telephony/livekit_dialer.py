"""Dial the remote party after the agent has joined its room, and third parties; each only once."""

import structlog
from aiohttp import ClientConnectorError
from livekit.api import ServerError

from telephony.call_registry import CallRegistry
from telephony.engine import Ending, OutboundCall, Progress, TransferEvent
from telephony.livekit_agent_joins import AgentJoins
from telephony.livekit_mapping import REMOTE_PARTY, failure_detail, to_ending
from telephony.livekit_rooms import LIVEKIT_ERRORS, LiveKitRooms

log = structlog.get_logger()


class LiveKitDialer:
    """Dials through LiveKit, which responds only when a call is answered: each call needs its own task."""

    def __init__(self, rooms: LiveKitRooms, registry: CallRegistry[str], agent_joins: AgentJoins) -> None:
        self._rooms = rooms
        self._registry = registry
        self._agent_joins = agent_joins
        self._endings: dict[
            str, Ending | None
        ] = {}  # how it was ended from here meanwhile; by reference or transfer id

    def is_dialing(self, identity: str) -> bool:
        """Tell whether a request to dial this call (by reference) or third party (by transfer id) is pending."""
        return identity in self._endings

    def set_ending(self, identity: str, ending: Ending) -> None:
        """Set the ending of a call or third party that is being dialed, instead of the one that LiveKit reports."""
        if identity in self._endings:
            self._endings[identity] = self._endings[identity] or ending
            self._agent_joins.stop_waiting(identity)

    def expect(self, identity: str) -> None:
        """Mark a call or third party as being dialed, before its task runs."""
        self._endings[identity] = None

    async def dial_call(self, call: OutboundCall) -> None:
        """Dial the remote party after the agent has joined, and publish the result.

        An error that leaves the outcome open publishes nothing: CallWatch then polls the room.
        """
        reference = call.reference
        try:
            joined = await self._agent_joins.wait_for_join(reference)
            if not joined or self._endings[reference]:
                await self._end_undialed(reference)
                return
            await self._rooms.dial(call, reference, REMOTE_PARTY)
            self._registry.advance(reference, Progress.ANSWERED)
        except ClientConnectorError as error:
            log.warning("livekit_unreachable", conversation=reference, error=str(error))
            self._registry.end(reference, Ending.UNREACHABLE, detail=failure_detail(error))
        except ServerError as error:
            log.info("livekit_call_failed", conversation=reference, error=str(error))
            ending, status = (own_ending, None) if (own_ending := self._endings[reference]) else to_ending(error)
            if ending is not None:
                self._registry.end(reference, ending, status, "" if own_ending else failure_detail(error))
        except LIVEKIT_ERRORS:
            pass
        finally:
            self._endings.pop(reference, None)

    async def _end_undialed(self, reference: str) -> None:
        """End a call whose agent did not join, or that was hung up before it was dialed."""
        if own_ending := self._endings[reference]:
            self._registry.end(reference, own_ending)
        else:
            self._registry.end(reference, Ending.AGENT_UNREACHABLE, detail=self._agent_joins.missing_detail)
        await self._rooms.delete(reference)

    async def dial_third_party(self, call: OutboundCall, reference: str, room: str, transfer_id: str) -> None:
        """Dial a third party into the room of a live call, and publish the result."""
        self._registry.add_transfer(reference, transfer_id)
        self.expect(transfer_id)
        try:
            await self._rooms.dial(call, room, transfer_id)
            self._registry.publish(TransferEvent(reference, transfer_id, Progress.ANSWERED))
        except ServerError as error:
            self._registry.end_transfer(reference, transfer_id, to_ending(error)[1])
        except LIVEKIT_ERRORS:
            self._registry.end_transfer(reference, transfer_id)
        finally:
            self._endings.pop(transfer_id, None)
