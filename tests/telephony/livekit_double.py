"""A stand-in for LiveKit: speaks its own messages over HTTP, checks the grants of every token, signs its webhooks.

It dials for real, through the engine `sip`, so that what our requests lead to is seen on the wire.
"""

import asyncio
import hashlib
import itertools
from base64 import b64encode
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from livekit import api
from livekit.protocol import sip
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import DeleteRoomResponse, ListParticipantsResponse, RemoveParticipantResponse
from livekit.protocol.webhook import WebhookEvent

from models import MediaEncryption, SipTransport
from telephony.engine import Call, CallEvent, Carrier, Ending, NotPlaced, NotTransferred, Progress, TransferEvent
from telephony.livekit import LiveKitEngine
from tests.telephony.observed import Observed

KEY, SECRET = "APIdouble", "a secret of the double, of 32 bytes and more"
AGENT_NAME = "dialtree"
TRANSPORTS = {
    sip.SIP_TRANSPORT_UDP: SipTransport.UDP,
    sip.SIP_TRANSPORT_TCP: SipTransport.TCP,
    sip.SIP_TRANSPORT_TLS: SipTransport.TLS,
}
ENCRYPTION = {
    sip.SIP_MEDIA_ENCRYPT_DISABLE: MediaEncryption.NONE,
    sip.SIP_MEDIA_ENCRYPT_ALLOW: MediaEncryption.ALLOW,
    sip.SIP_MEDIA_ENCRYPT_REQUIRE: MediaEncryption.REQUIRE,
}
CODES = {404: "not_found", 403: "permission_denied", 603: "permission_denied", 407: "unauthenticated"}
CALL_STATUS = {Progress.DIALING: "dialing", Progress.RINGING: "ringing", Progress.ANSWERED: "active"}


class Failure(Exception):
    def __init__(self, code: str, message: str, **meta: str) -> None:
        super().__init__(message)
        self.body = {"code": code, "msg": message, "meta": meta}


class LiveKitDouble:
    def __init__(self, dialer: Observed) -> None:
        self.dialer = dialer
        self.rooms: dict[str, dict[str, ParticipantInfo]] = {}
        self.dispatches: list[api.CreateAgentDispatchRequest] = []
        self.dialed: list[api.CreateSIPParticipantRequest] = []
        self.engine: LiveKitEngine | Any = None  # who is told by webhook
        self.deaf = False  # it ends no room
        self._identifiers = itertools.count(1)
        self._watching: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """The address that it serves."""
        app = web.Application()
        app.router.add_post(
            "/twirp/livekit.AgentDispatchService/CreateDispatch",
            self._served(
                api.CreateAgentDispatchRequest, self._dispatch, lambda grants, ask: _admin_of(grants, ask.room)
            ),
        )
        app.router.add_post(
            "/twirp/livekit.SIP/CreateSIPParticipant",
            self._served(
                api.CreateSIPParticipantRequest, self._dial, lambda grants, _: bool(grants.sip and grants.sip.call)
            ),
        )
        app.router.add_post(
            "/twirp/livekit.SIP/TransferSIPParticipant",
            self._served(
                api.TransferSIPParticipantRequest,
                self._transfer,
                lambda grants, ask: bool(grants.sip and grants.sip.call) and _admin_of(grants, ask.room_name),
            ),
        )
        for method, request, answer in (
            ("ListParticipants", api.ListParticipantsRequest, self._list),
            ("RemoveParticipant", api.RoomParticipantIdentity, self._remove),
        ):
            app.router.add_post(
                f"/twirp/livekit.RoomService/{method}",
                self._served(request, answer, lambda grants, ask: _admin_of(grants, ask.room)),
            )
        app.router.add_post(
            "/twirp/livekit.RoomService/DeleteRoom",
            self._served(
                api.DeleteRoomRequest, self._delete, lambda grants, _: bool(grants.video and grants.video.room_create)
            ),
        )
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        for task in tuple(self._watching):
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._runner.cleanup()

    def _served(
        self, kind: type[Message], answer: Callable[[Any], Awaitable[Message]], granted: Callable[[Any, Any], bool]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            claims = api.TokenVerifier(KEY, SECRET).verify(request.headers["Authorization"].removeprefix("Bearer "))
            asked = kind()
            asked.ParseFromString(await request.read())
            if not granted(claims, asked):
                return web.json_response({"code": "permission_denied", "msg": "permissions denied"}, status=403)
            try:
                answered = await answer(asked)
            except Failure as failed:
                return web.json_response(failed.body, status=412)
            return web.Response(body=answered.SerializeToString(), content_type="application/protobuf")

        return serve

    async def _dispatch(self, asked: api.CreateAgentDispatchRequest) -> Message:
        """An agent is there at once."""
        self.dispatches.append(asked)
        agent = ParticipantInfo(identity=f"agent-{next(self._identifiers)}", kind=ParticipantInfo.AGENT)
        self.rooms.setdefault(asked.room, {})[agent.identity] = agent
        return api.AgentDispatch(agent_name=asked.agent_name, room=asked.room)

    async def _dial(self, asked: api.CreateSIPParticipantRequest) -> Message:
        """Joins the room before it dials, as LiveKit does."""
        assert asked.sip_number, "LiveKit would choose any number of the trunk"
        assert asked.wait_until_answered
        assert asked.ringing_timeout.seconds <= 75
        self.dialed.append(asked)
        reference = f"{asked.room_name}/{asked.participant_identity}"
        there = ParticipantInfo(identity=asked.participant_identity, kind=ParticipantInfo.SIP)
        there.attributes.update(numbers_of(asked) | {"sip.callStatus": "dialing"})
        self.rooms.setdefault(asked.room_name, {})[there.identity] = there
        await self._tell("participant_joined", asked.room_name, there)
        try:
            await self.dialer.port.place_call(_call(asked, reference))
        except NotPlaced as failed:
            raise Failure("failed_precondition", str(failed)) from None
        watch = asyncio.create_task(self._watch(asked.room_name, there, reference))
        self._watching.add(watch)
        watch.add_done_callback(self._watching.discard)
        event = await self.dialer.first(lambda event: _decided(event, reference))
        if event.progress is Progress.ANSWERED:
            return api.SIPParticipantInfo(participant_identity=there.identity, room_name=asked.room_name)
        if event.sip_status is not None:
            code = CODES.get(event.sip_status, "resource_exhausted")
            raise Failure(code, "sip call failed", sip_status_code=str(event.sip_status), sip_status="refused")
        raise Failure("canceled" if event.ending is not Ending.UNREACHABLE else "deadline_exceeded", "timed out")

    async def _watch(self, room: str, there: ParticipantInfo, reference: str) -> None:
        for progress in (Progress.RINGING, Progress.ANSWERED, Progress.ENDED):
            await self.dialer.first(partial(_reached, reference=reference, progress=progress))
            there.attributes["sip.callStatus"] = CALL_STATUS.get(progress, "hangup")
        if self.rooms.get(room, {}).pop(there.identity, None):
            await self._tell("participant_left", room, there)

    async def _transfer(self, asked: api.TransferSIPParticipantRequest) -> Message:
        transfer_id = f"transfer-{next(self._identifiers)}"
        target = asked.transfer_to.removeprefix("tel:")
        try:
            await self.dialer.port.transfer(f"{asked.room_name}/{asked.participant_identity}", transfer_id, target)
        except NotTransferred as failed:
            raise Failure("not_found", str(failed)) from None
        told = await self.dialer.first(
            lambda event: isinstance(event, TransferEvent) and event.transfer_id == transfer_id
        )
        if told.progress is Progress.ANSWERED:
            return sip.TransferSIPParticipantResponse(status=sip.STS_TRANSFER_SUCCESSFUL)
        status = sip.SIPStatus(code=sip.SIPStatusCode.Name(told.sip_status or 0))
        return sip.TransferSIPParticipantResponse(status=sip.STS_TRANSFER_FAILED, sip_status=status)

    async def _list(self, asked: api.ListParticipantsRequest) -> Message:
        return ListParticipantsResponse(participants=self.rooms.get(asked.room, {}).values())

    async def _remove(self, asked: api.RoomParticipantIdentity) -> Message:
        gone = self.rooms.get(asked.room, {}).pop(asked.identity, None)
        if gone is None:
            raise Failure("not_found", "participant does not exist")
        await self.dialer.port.hang_up(f"{asked.room}/{asked.identity}")
        await self._tell("participant_left", asked.room, gone)
        return RemoveParticipantResponse()

    async def _delete(self, asked: api.DeleteRoomRequest) -> Message:
        if self.deaf:
            raise Failure("unavailable", "try again")
        if asked.room not in self.rooms:
            raise Failure("not_found", "room does not exist")
        for identity in self.rooms.pop(asked.room):
            await self.dialer.port.hang_up(f"{asked.room}/{identity}")
        await self._tell("room_finished", asked.room)
        return DeleteRoomResponse()

    async def _tell(self, event: str, room: str, participant: ParticipantInfo | None = None) -> None:
        """Twice: LiveKit repeats what it does not know to have arrived."""
        if self.engine is not None:
            body, token = self.webhook(event, room, participant)
            await self.engine.receive(body, token)
            await self.engine.receive(body, token)

    def webhook(self, event: str, room: str, participant: ParticipantInfo | None = None) -> tuple[bytes, str]:
        """Its body and what signs it."""
        told = WebhookEvent(event=event, id=f"EV_{next(self._identifiers)}", participant=participant)
        told.room.name = room
        body = MessageToJson(told).encode()
        return body, signed(body)


def signed(body: bytes, secret: str = SECRET, **lives: Any) -> str:
    token = api.AccessToken(KEY, secret).with_sha256(b64encode(hashlib.sha256(body).digest()).decode())
    return (token.with_ttl(lives["ttl"]) if lives else token).to_jwt()


def numbers_of(asked: api.CreateSIPParticipantRequest) -> dict[str, str]:
    """Whom LiveKit dials has both, as who calls in has them."""
    return {"sip.trunkPhoneNumber": asked.sip_number, "sip.phoneNumber": asked.sip_call_to}


def _call(asked: api.CreateSIPParticipantRequest, reference: str) -> Call:
    host, _, port = asked.trunk.hostname.partition(":")
    return Call(
        reference=reference,
        agent_number=asked.sip_number,
        to=asked.sip_call_to,
        carrier=Carrier(
            trunk_id="",
            host=host,
            address="127.0.0.1",
            port=int(port) if port else None,
            transport=TRANSPORTS[asked.trunk.transport],
            media_encryption=ENCRYPTION[asked.media_encryption],
            username=asked.trunk.auth_username or None,
            password=asked.trunk.auth_password or None,
        ),
        agent={},
        ring_seconds=asked.ringing_timeout.seconds,
        longest_seconds=asked.max_call_duration.seconds,
    )


def _reached(event: Any, reference: str, progress: Progress) -> bool:
    return isinstance(event, CallEvent) and event.reference == reference and event.progress.value >= progress.value


def _decided(event: Any, reference: str) -> bool:
    return _reached(event, reference, Progress.ANSWERED)


def _admin_of(grants: Any, room: str) -> bool:
    return bool(grants.video and grants.video.room_admin and grants.video.room == room)
