"""Receive files of contacts and suppressions by PUT, and send the refused rows of imports by GET: HTTP alone.

What a file means is for the functions that are handed in (`FileReceiver`); nothing here reads a database.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from serving.admission import Admission, rate_limited
from serving.bearer import bearer_token
from serving.http_protocol import http_protocol_of
from serving.request_context import RequestContext
from serving.request_parsing import JSON, BadRequest
from serving.responses import bad_request_response, error_response, record_codes, unavailable_response
from serving.token_bucket import Balance
from storage.outage import is_outage

# Of one organization, at one server: each takes a good part of a processor.
MAX_UPLOADS = 4
CSV_HEADERS = {"Content-Disposition": 'attachment; filename="refusals.csv"'}


class FileAnswer(Protocol):
    """What became of a file: an HTTP status with a body or, where it is an error, a code and a message."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> dict[str, object]: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...


class FileReceiver(Protocol):
    """What reads files."""

    async def receive(self, context: RequestContext, identifier: str, parts: AsyncIterator[bytes]) -> FileAnswer:
        """Read a file to its end. What `parts` raises is raised again, once what was read is kept."""


class ContactFiles(FileReceiver, Protocol):
    """What reads and writes the files of imports."""

    async def refusals(self, context: RequestContext, import_id: str) -> FileAnswer | AsyncIterator[bytes]:
        """Return the refused rows of an import as parts of a CSV, or an error."""


class UploadBody:
    """The body of an upload, which may take long but must not stand still. `max_bytes`: where it ends at the latest."""

    def __init__(self, request: Request, receive: Receive, max_bytes: int) -> None:
        self._request, self._receive, self._max_bytes = request, receive, max_bytes
        self.is_complete = False

    def require_acceptable_head(self) -> None:
        """Raise BadRequest if the headers say that the body is compressed (415) or too large (413)."""
        encoding = self._request.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            raise BadRequest(
                415,
                f"The file is sent with Content-Encoding: {encoding[:20]!r}, and nothing of it was read. Send the CSV"
                " itself, without the header.",
            )
        length = self._request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._max_bytes:
            raise self._too_large("Nothing of it was read.")

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives. Raises BadRequest (413), and ClientDisconnect of Starlette."""
        protocol, size = http_protocol_of(self._request), 0
        parts = self._request.stream()
        while True:
            if protocol:
                protocol.await_more(self._request.scope["state"])
            part = await anext(parts, None)
            if part is None:
                self.is_complete = True
                return
            size += len(part)
            if size > self._max_bytes:
                raise self._too_large("What was read until then is kept.")
            yield part

    async def discard(self, seconds: float) -> None:
        """Take what is still sent for so long: a client that is cut off while it sends may not read the answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.is_complete:
                    message = await self._receive()
                    self.is_complete = message["type"] == "http.disconnect" or not message.get("more_body")

    def _too_large(self, what_was_read: str) -> BadRequest:
        return BadRequest(
            413,
            f"The file is larger than {self._max_bytes:,} bytes. {what_was_read} Split it, let each part begin with the"
            " header, and send each on its own.",
        )


class Uploads:
    """The requests that send files. `patience`: seconds for which a refused client may go on sending."""

    def __init__(self, admission: Admission, max_bytes: int, patience: float) -> None:
        self._admission = admission
        self._max_bytes, self._patience = max_bytes, patience
        self._open: Counter[str] = Counter()

    def routes(self, import_path: str, imports: ContactFiles, others: dict[str, FileReceiver]) -> list[Route]:
        """Return the routes of imports, and of other files by their paths; each path has one parameter, an id."""
        receivers = {import_path: imports, **others}

        async def send_refusals(request: Request) -> Response:
            return await self._send_refusals(request, imports)

        return [
            *(Route(path, UploadEndpoint(self, each), methods=["PUT"]) for path, each in receivers.items()),
            Route(f"{import_path}/refusals.csv", send_refusals, methods=["GET"]),
        ]

    async def upload(self, receiver: FileReceiver, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive a file and answer; an answer before the end of the body is followed by a while of reading."""
        request = Request(scope, receive)
        body = UploadBody(request, receive, self._max_bytes)
        try:
            response = await self._receive(request, receiver, body)
        except Exception as error:  # noqa: BLE001 - what is no refusal is raised again
            response = error_answer(request, error)
        if body.is_complete:
            await response(scope, receive, send)
            return
        response.headers["Connection"] = "close"

        async def send_then_discard(message: Message) -> None:
            is_last = message["type"] == "http.response.body" and not message.get("more_body")
            await send({**message, "more_body": True} if is_last else message)
            if is_last:
                await body.discard(self._patience)
                await send({"type": "http.response.body"})

        await response(scope, receive, send_then_discard)

    async def _receive(self, request: Request, receiver: FileReceiver, body: UploadBody) -> Response:
        context = await self._authenticate(request)
        body.require_acceptable_head()
        with self._limit_open(request.state.organization_id):
            answer = await receiver.receive(context, _identifier(request), body.parts())
        return _respond(request, answer)

    async def _send_refusals(self, request: Request, files: ContactFiles) -> Response:
        try:
            context = await self._authenticate(request)
            found = await files.refusals(context, _identifier(request))
        except Exception as error:  # noqa: BLE001 - what is no refusal is raised again
            return error_answer(request, error)
        if isinstance(found, AsyncIterator):
            return StreamingResponse(found, headers=CSV_HEADERS, media_type="text/csv; charset=utf-8")
        return _respond(request, found)

    async def _authenticate(self, request: Request) -> RequestContext:
        context = await self._admission.authenticate(request, bearer_token(request.headers.get("authorization")))
        await self._admission.charge_request(request)
        return context

    @contextmanager
    def _limit_open(self, organization_id: str) -> Iterator[None]:
        if self._open[organization_id] >= MAX_UPLOADS:
            raise rate_limited(f"{MAX_UPLOADS} uploads of the organization go on already.", Balance(0, 1))
        self._open[organization_id] += 1
        try:
            yield
        finally:
            self._open[organization_id] -= 1
            if not self._open[organization_id]:
                del self._open[organization_id]


class UploadEndpoint:
    """An ASGI application: Starlette gives functions no `receive` of their own."""

    def __init__(self, uploads: Uploads, receiver: FileReceiver) -> None:
        self._uploads, self._receiver = uploads, receiver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._uploads.upload(self._receiver, scope, receive, send)


def _identifier(request: Request) -> str:
    """Return the only parameter of the request's path."""
    (identifier,) = request.path_params.values()
    return str(identifier)


def error_answer(request: Request, error: Exception) -> Response:
    """Return the response to a refused request, or to an outage of the database. Raises any other error again."""
    if isinstance(error, BadRequest):
        record_codes(request.state, [error.code])
        return bad_request_response(error, JSON)
    if is_outage(error):
        record_codes(request.state, ["SERVICE_UNAVAILABLE"])
        return unavailable_response(JSON)
    raise error


def _respond(request: Request, answer: FileAnswer) -> Response:
    if not answer.code:
        return Response(orjson.dumps(answer.body), answer.status, media_type=JSON)
    record_codes(request.state, [answer.code])
    return error_response(answer.code, answer.message, answer.status)
