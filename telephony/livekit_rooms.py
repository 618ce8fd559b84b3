"""Rooms at LiveKit: who is in them, who is dialed into them, who leaves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from google.protobuf.duration_pb2 import Duration
from livekit import api
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import ListParticipantsResponse
from livekit.protocol.sip import STS_TRANSFER_SUCCESSFUL

from telephony.engine import NO_OUTCOME, Call, Ending
from telephony.livekit_words import caller_in, dialing, dispatching, ending, target_address

TRANSFER_SECONDS = 60
FAILED = (api.ServerError, aiohttp.ClientError, TimeoutError)  # what any of these may raise


class Rooms:
    def __init__(self, url: str, key: str, secret: str, agent_name: str) -> None:
        self._account = (url, key, secret)
        self._agent_name = agent_name

    async def open(self) -> None:
        """Nothing is asked twice of itself: a request to dial that was repeated would call twice."""
        self._livekit = api.LiveKitAPI(*self._account, failover=False)

    async def close(self) -> None:
        await self._livekit.aclose()

    async def dispatch(self, room: str, agent: Mapping[str, Any]) -> None:
        """An agent is on its way into the room, which is made where it is not there."""
        await self._livekit.agent_dispatch.create_dispatch(dispatching(self._agent_name, room, agent))

    async def dial(self, call: Call, room: str, identity: str) -> None:
        """Returns when the call was answered."""
        await self._livekit.sip.create_sip_participant(dialing(call, room, identity))

    async def moved(self, room: str, identity: str, target: str) -> tuple[bool, int | None]:
        """Whether they were; the SIP status where not."""
        request = api.TransferSIPParticipantRequest(
            participant_identity=identity,
            room_name=room,
            transfer_to=target_address(target),
            ringing_timeout=Duration(seconds=TRANSFER_SECONDS),
        )
        try:
            outcome = await self._livekit.sip.transfer_sip_participant(request)
        except api.ServerError as failed:
            how, status = ending(failed)
            return False, status or (NO_OUTCOME if how in (None, Ending.UNANSWERED) else None)
        except FAILED as failed:
            return False, None if isinstance(failed, aiohttp.ClientConnectorError) else NO_OUTCOME
        if outcome.status == STS_TRANSFER_SUCCESSFUL:
            return True, None
        return False, int(outcome.sip_status.code) or None

    async def participants(self, room: str) -> dict[str, ParticipantInfo]:
        """By identity; a room that is not there has none."""
        there = ListParticipantsResponse()
        with _gone_is_well():
            there = await self._livekit.room.list_participants(api.ListParticipantsRequest(room=room))
        return {each.identity: each for each in there.participants}

    async def other_side(self, room: str, identity: str | None) -> ParticipantInfo | None:
        """Whom a call is with, where they are still there; `identity` None: whoever called in."""
        there = await self.participants(room)
        return there.get(identity) if identity else caller_in(there.values())

    async def remove(self, room: str, identity: str) -> None:
        with _gone_is_well():
            await self._livekit.room.remove_participant(api.RoomParticipantIdentity(room=room, identity=identity))

    async def delete(self, room: str) -> None:
        with _gone_is_well():
            await self._livekit.room.delete_room(api.DeleteRoomRequest(room=room))


@contextmanager
def _gone_is_well() -> Iterator[None]:
    try:
        yield
    except api.ServerError as failed:
        if failed.code != api.ServerErrorCode.NOT_FOUND:
            raise
