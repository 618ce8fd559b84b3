"""Run the HTTP stack in a thread, in front of an ASGI application of the test."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from serving.connections import ConnectionTracker
from serving.metrics import Metrics
from serving.middleware import ErrorMiddleware, RequestLogMiddleware
from serving.request_log import RequestRecorder
from serving.settings import Settings
from serving.uvicorn_config import create_connection_tracker, create_uvicorn_config
from tests.installation import NO_AUTHORITIES


class EdgeServer:
    """`loop_errors`: exceptions that reached the event loop unhandled."""

    def __init__(self, routes: list[BaseRoute], settings: Settings, send_buffer_bytes: int | None = None) -> None:
        lines = RequestRecorder(Metrics())
        app = Starlette(
            routes=routes, middleware=[Middleware(RequestLogMiddleware, lines), Middleware(ErrorMiddleware)]
        )
        self.connections: ConnectionTracker = create_connection_tracker(settings)
        app.state.request_recorder, app.state.connections = lines, self.connections
        self.loop_errors: list[Any] = []
        self._server = uvicorn.Server(create_uvicorn_config(app, settings))
        self._socket = socket.create_server(("127.0.0.1", 0))
        if (
            send_buffer_bytes is not None
        ):  # bytes that the kernel takes of an answer, more or less; accepted sockets inherit it
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
        self.address: tuple[str, int] = self._socket.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        uvloop.run(self._run())

    async def _run(self) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: self.loop_errors.append(context))
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@contextmanager
def serve_edge(
    routes: list[BaseRoute], settings: Settings, send_buffer_bytes: int | None = None
) -> Iterator[EdgeServer]:
    edge = EdgeServer(routes, settings, send_buffer_bytes)
    try:
        yield edge
    finally:
        edge.stop()
    assert edge.loop_errors == []


def http_client(edge: EdgeServer) -> httpx.Client:
    return httpx.Client(base_url=edge.url, timeout=60, verify=NO_AUTHORITIES)
