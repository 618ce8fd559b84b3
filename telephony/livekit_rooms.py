"""Ask LiveKit's API about rooms: participants, dialing, transfers, dispatch."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import structlog
from google.protobuf.duration_pb2 import Duration
from livekit import api
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import ListParticipantsResponse
from livekit.protocol.sip import STS_TRANSFER_SUCCESSFUL

from telephony.engine import REQUEST_TIMEOUT, AgentDispatch, CallNotPlaced, Ending, OutboundCall
from telephony.engine_factory import LiveKitAccount
from telephony.livekit_mapping import (
    failure_detail,
    find_caller,
    to_dial_request,
    to_dispatch_request,
    to_ending,
    to_transfer_uri,
)

log = structlog.get_logger()

TRANSFER_TIMEOUT_SECONDS = 60
LIVEKIT_ERRORS = (api.ServerError, aiohttp.ClientError, TimeoutError)  # raised by the methods of LiveKitRooms


class LiveKitRooms:
    """A client of LiveKit's API, usable between `open` and `close`. Methods raise LIVEKIT_ERRORS unless documented."""

    def __init__(self, account: LiveKitAccount) -> None:
        self._account = account

    async def open(self) -> None:
        """Create the client, without its retries (`failover`): a repeated request to dial would call twice."""
        self._livekit = api.LiveKitAPI(self._account.url, self._account.key, self._account.secret, failover=False)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._livekit.aclose()

    async def dispatch_agent(self, room: str, agent: AgentDispatch) -> None:
        """Ask an agent to join the room, which is created if it does not exist. Raises only CallNotPlaced."""
        try:
            await self._livekit.agent_dispatch.create_dispatch(
                to_dispatch_request(self._account.agent_name, room, agent)
            )
        except LIVEKIT_ERRORS as error:
            log.warning("livekit_dispatch_failed", room=room, error=str(error))
            raise CallNotPlaced(f"no agent could be asked to join: {failure_detail(error)}", Ending.LOST) from None

    async def dial(self, call: OutboundCall, room: str, identity: str) -> None:
        """Dial `call.to` into a room as the participant `identity`, and return when it is answered."""
        await self._livekit.sip.create_sip_participant(to_dial_request(call, room, identity))

    async def transfer(self, room: str, identity: str, target: str) -> tuple[bool, int | None]:
        """Transfer a participant to a number or SIP URI; raise nothing.

        Returns whether that succeeded and, if not, the SIP status: REQUEST_TIMEOUT if the outcome is unknown.
        """
        request = api.TransferSIPParticipantRequest(
            participant_identity=identity,
            room_name=room,
            transfer_to=to_transfer_uri(target),
            ringing_timeout=Duration(seconds=TRANSFER_TIMEOUT_SECONDS),
        )
        try:
            response = await self._livekit.sip.transfer_sip_participant(request)
        except api.ServerError as error:
            ending, status = to_ending(error)
            return False, status or (REQUEST_TIMEOUT if ending in (None, Ending.UNANSWERED) else None)
        except LIVEKIT_ERRORS as error:
            return False, None if isinstance(error, aiohttp.ClientConnectorError) else REQUEST_TIMEOUT
        if response.status == STS_TRANSFER_SUCCESSFUL:
            return True, None
        return False, int(response.sip_status.code) or None

    async def participants(self, room: str) -> dict[str, ParticipantInfo]:
        """Return the participants by identity; empty if there is no such room."""
        response = ListParticipantsResponse()
        with _ignore_not_found():
            response = await self._livekit.room.list_participants(api.ListParticipantsRequest(room=room))
        return {each.identity: each for each in response.participants}

    async def remote_party(self, room: str, identity: str | None) -> ParticipantInfo | None:
        """Return the participant, or the inbound caller if `identity` is None; None if they have left."""
        participants = await self.participants(room)
        return participants.get(identity) if identity else find_caller(participants.values())

    async def remove(self, room: str, identity: str) -> None:
        """Remove a participant, if it is there."""
        with _ignore_not_found():
            await self._livekit.room.remove_participant(api.RoomParticipantIdentity(room=room, identity=identity))

    async def delete(self, room: str) -> None:
        """Delete a room, if it exists, which hangs up on all its participants."""
        with _ignore_not_found():
            await self._livekit.room.delete_room(api.DeleteRoomRequest(room=room))


@contextmanager
def _ignore_not_found() -> Iterator[None]:
    try:
        yield
    except api.ServerError as error:
        if error.code != api.ServerErrorCode.NOT_FOUND:
            raise
