"""Serve LiveKit's API as a test double: its messages over HTTP, the grants of every token, signed webhooks.

It dials through the engine `sip`, so that the effects of requests are seen on the wire.
"""

import asyncio
import hashlib
import itertools
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from aiohttp import web
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from livekit import api
from livekit.api.access_token import Claims
from livekit.protocol import sip
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import DeleteRoomResponse, ListParticipantsResponse, RemoveParticipantResponse
from livekit.protocol.webhook import WebhookEvent

from models import MediaEncryption, SipTransport
from telephony.engine import (
    CallEvent,
    CallNotPlaced,
    Carrier,
    Ending,
    Engine,
    OutboundCall,
    Progress,
    ReceivesWebhooks,
    TransferEvent,
    TransferNotBegun,
)
from telephony.engine_factory import LiveKitAccount
from tests.telephony.observed_engine import ObservedEngine

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
RequestT = TypeVar("RequestT", bound=Message)

CALL_STATUS = {Progress.DIALING: "dialing", Progress.RINGING: "ringing", Progress.ANSWERED: "active"}


def account(url: str, **fields: Any) -> LiveKitAccount:
    """Build the account that the double knows; `fields` replace its own."""
    return LiveKitAccount(**({"url": url, "key": KEY, "secret": SECRET, "agent_name": AGENT_NAME} | fields))


class Failure(Exception):
    """An error response of LiveKit's API (Twirp)."""

    def __init__(self, code: str, message: str, **meta: str) -> None:
        super().__init__(message)
        self.body = {"code": code, "msg": message, "meta": meta}


class LiveKitDouble:
    """Rooms whose SIP participants are dialed by `dialer`."""

    def __init__(self, dialer: ObservedEngine) -> None:
        self.dialer = dialer
        self.rooms: dict[str, dict[str, ParticipantInfo]] = {}
        self.dispatches: list[api.CreateAgentDispatchRequest] = []
        self.dialed: list[api.CreateSIPParticipantRequest] = []
        self.webhook_target: ReceivesWebhooks | None = None
        self.keeps_rooms = False  # DeleteRoom fails
        self.has_workers = True  # otherwise no agent follows a dispatch
        self.reports_every_transfer = False  # every transfer is reported as successful
        self.refer_accepted = asyncio.Event()
        self._identifiers = itertools.count(1)
        self._watching: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Start to serve, and return the URL."""
        app = web.Application()
        app.router.add_post(
            "/twirp/livekit.AgentDispatchService/CreateDispatch",
            self._served(
                api.CreateAgentDispatchRequest, self._dispatch, lambda grants, request: _admin_of(grants, request.room)
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
                lambda grants, request: bool(grants.sip and grants.sip.call) and _admin_of(grants, request.room_name),
            ),
        )
        app.router.add_post(
            "/twirp/livekit.RoomService/ListParticipants",
            self._served(
                api.ListParticipantsRequest, self._list, lambda grants, request: _admin_of(grants, request.room)
            ),
        )
        app.router.add_post(
            "/twirp/livekit.RoomService/RemoveParticipant",
            self._served(
                api.RoomParticipantIdentity, self._remove, lambda grants, request: _admin_of(grants, request.room)
            ),
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
        self,
        kind: type[RequestT],
        handler: Callable[[RequestT], Awaitable[Message]],
        is_granted: Callable[[Claims, RequestT], bool],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(http_request: web.Request) -> web.Response:
            token = http_request.headers["Authorization"].removeprefix("Bearer ")
            request = kind()
            request.ParseFromString(await http_request.read())
            if not is_granted(api.TokenVerifier(KEY, SECRET).verify(token), request):
                return web.json_response({"code": "permission_denied", "msg": "permissions denied"}, status=403)
            try:
                response = await handler(request)
            except Failure as failed:
                return web.json_response(failed.body, status=412)
            return web.Response(body=response.SerializeToString(), content_type="application/protobuf")

        return serve

    async def _dispatch(self, request: api.CreateAgentDispatchRequest) -> Message:
        """Let an agent join at once, if there is a worker."""
        self.dispatches.append(request)
        self.rooms.setdefault(request.room, {})
        if self.has_workers:
            await self.agent_joins(request.room)
        return api.AgentDispatch(agent_name=request.agent_name, room=request.room)

    async def agent_joins(self, room: str) -> None:
        agent = ParticipantInfo(identity=f"agent-{next(self._identifiers)}", kind=ParticipantInfo.AGENT)
        self.rooms[room][agent.identity] = agent
        await self._send_webhook("participant_joined", room, agent)

    async def agents_leave(self, room: str, *, with_webhook: bool = True) -> None:
        for agent in [each for each in self.rooms[room].values() if each.kind == ParticipantInfo.AGENT]:
            del self.rooms[room][agent.identity]
            if with_webhook:
                await self._send_webhook("participant_left", room, agent)

    async def _dial(self, request: api.CreateSIPParticipantRequest) -> Message:
        """Dial a participant who is in the room already, as LiveKit does."""
        assert request.sip_number, "LiveKit would choose any number of the trunk"
        assert request.wait_until_answered
        assert request.ringing_timeout.seconds <= 75
        self.dialed.append(request)
        reference = f"{request.room_name}/{request.participant_identity}"
        participant = ParticipantInfo(identity=request.participant_identity, kind=ParticipantInfo.SIP)
        participant.attributes.update(numbers_of(request) | {"sip.callStatus": "dialing"})
        self.rooms.setdefault(request.room_name, {})[participant.identity] = participant
        await self._send_webhook("participant_joined", request.room_name, participant)
        try:
            await self.dialer.port.place_call(_call(request, reference))
        except CallNotPlaced as failed:
            raise Failure("failed_precondition", str(failed)) from None
        watch = asyncio.create_task(self._watch(request.room_name, participant, reference))
        self._watching.add(watch)
        watch.add_done_callback(self._watching.discard)
        event = await self.dialer.wait_for(CallEvent, lambda event: _has_reached(event, reference, Progress.ANSWERED))
        if event.progress is Progress.ANSWERED:
            return api.SIPParticipantInfo(participant_identity=participant.identity, room_name=request.room_name)
        if event.sip_status is not None:
            code = CODES.get(event.sip_status, "resource_exhausted")
            raise Failure(code, "sip call failed", sip_status_code=str(event.sip_status), sip_status="refused")
        raise Failure("canceled" if event.ending is not Ending.UNREACHABLE else "deadline_exceeded", "timed out")

    async def _watch(self, room: str, participant: ParticipantInfo, reference: str) -> None:
        for progress in (Progress.RINGING, Progress.ANSWERED, Progress.ENDED):
            await self.dialer.wait_for(CallEvent, partial(_has_reached, reference=reference, progress=progress))
            participant.attributes["sip.callStatus"] = CALL_STATUS.get(progress, "hangup")
        if self.rooms.get(room, {}).pop(participant.identity, None):
            await self._send_webhook("participant_left", room, participant)

    async def _transfer(self, request: api.TransferSIPParticipantRequest) -> Message:
        transfer_id = f"transfer-{next(self._identifiers)}"
        target = request.transfer_to.removeprefix("tel:")
        try:
            await self.dialer.port.transfer(f"{request.room_name}/{request.participant_identity}", transfer_id, target)
        except TransferNotBegun as failed:
            raise Failure("not_found", str(failed)) from None
        self.refer_accepted.set()
        outcome = await self.dialer.wait_for(TransferEvent, lambda event: event.transfer_id == transfer_id)
        if outcome.progress is Progress.ANSWERED or self.reports_every_transfer:
            return sip.TransferSIPParticipantResponse(status=sip.STS_TRANSFER_SUCCESSFUL)
        status = sip.SIPStatus(code=sip.SIPStatusCode.Name(outcome.sip_status or 0))
        return sip.TransferSIPParticipantResponse(status=sip.STS_TRANSFER_FAILED, sip_status=status)

    async def _list(self, request: api.ListParticipantsRequest) -> Message:
        return ListParticipantsResponse(participants=self.rooms.get(request.room, {}).values())

    async def _remove(self, request: api.RoomParticipantIdentity) -> Message:
        removed = self.rooms.get(request.room, {}).pop(request.identity, None)
        if removed is None:
            raise Failure("not_found", "participant does not exist")
        await self.dialer.port.hang_up(f"{request.room}/{request.identity}")
        await self._send_webhook("participant_left", request.room, removed)
        return RemoveParticipantResponse()

    async def _delete(self, request: api.DeleteRoomRequest) -> Message:
        if self.keeps_rooms:
            raise Failure("unavailable", "try again")
        if request.room not in self.rooms:
            raise Failure("not_found", "room does not exist")
        for identity in self.rooms.pop(request.room):
            await self.dialer.port.hang_up(f"{request.room}/{identity}")
        await self._send_webhook("room_finished", request.room)
        return DeleteRoomResponse()

    async def _send_webhook(self, event: str, room: str, participant: ParticipantInfo | None = None) -> None:
        """Send a webhook twice: LiveKit repeats those of which it has no response."""
        if self.webhook_target is not None:
            body, token = self.webhook(event, room, participant)
            await self.webhook_target.receive_webhook(body, token)
            await self.webhook_target.receive_webhook(body, token)

    def webhook(self, event: str, room: str, participant: ParticipantInfo | None = None) -> tuple[bytes, str]:
        """Return the body of a webhook and its token."""
        message = WebhookEvent(event=event, id=f"EV_{next(self._identifiers)}", participant=participant)
        message.room.name = room
        body = MessageToJson(message).encode()
        return body, signed(body)


class ObservedLiveKit(ObservedEngine):
    """The engine `livekit`, and the double that it calls."""

    def __init__(self, port: Engine, double: LiveKitDouble) -> None:
        super().__init__(port)
        self.double = double


def signed(body: bytes, secret: str = SECRET, *, ttl: timedelta | None = None) -> str:
    """Return the token of a webhook with that body."""
    token = api.AccessToken(KEY, secret).with_sha256(b64encode(hashlib.sha256(body).digest()).decode())
    return (token.with_ttl(ttl) if ttl else token).to_jwt()


def numbers_of(request: api.CreateSIPParticipantRequest) -> dict[str, str]:
    """Return the attributes that dialed participants have as well as inbound callers."""
    return {"sip.trunkPhoneNumber": request.sip_number, "sip.phoneNumber": request.sip_call_to}


def _call(request: api.CreateSIPParticipantRequest, reference: str) -> OutboundCall:
    host, _, port = request.trunk.hostname.partition(":")
    return OutboundCall(
        reference=reference,
        agent_number=request.sip_number,
        to=request.sip_call_to,
        carrier=Carrier(
            trunk_id="",
            host=host,
            address="127.0.0.1",
            port=int(port) if port else None,
            transport=TRANSPORTS[request.trunk.transport],
            media_encryption=ENCRYPTION[request.media_encryption],
            username=request.trunk.auth_username or None,
            password=request.trunk.auth_password or None,
        ),
        agent={},
        ring_seconds=request.ringing_timeout.seconds,
        max_seconds=request.max_call_duration.seconds,
    )


def _has_reached(event: CallEvent, reference: str, progress: Progress) -> bool:
    return event.reference == reference and event.progress.value >= progress.value


def _admin_of(grants: Claims, room: str) -> bool:
    return bool(grants.video and grants.video.room_admin and grants.video.room == room)
