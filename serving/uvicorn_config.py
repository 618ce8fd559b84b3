"""Build uvicorn's configuration from the settings."""

from typing import cast

import uvicorn
from starlette.applications import Starlette

from serving.connections import ConnectionTracker
from serving.http_protocol import GuardedHttpProtocol
from serving.listen_socket import max_connections
from serving.settings import Settings
from serving.ws_protocol import GuardedWebSocketProtocol

# How long requests may take to end after the server was asked to stop.
SHUTDOWN_TIMEOUT_SECONDS = 20


def create_connection_tracker(settings: Settings) -> ConnectionTracker:
    return ConnectionTracker(
        max_connections(settings),
        settings.max_connections_per_address,
        settings.trusted_proxies,
        settings.operation_timeout_seconds,
    )


def create_uvicorn_config(app: Starlette, settings: Settings) -> uvicorn.Config:
    """Build the configuration. `app.state` must have `request_recorder` and `connections`, the ConnectionTracker.

    WebSocket compression is off: it would take more memory for each socket than everything else, and events are short.
    """
    return uvicorn.Config(
        app,
        http=_http_protocol(app, settings),
        ws=_ws_protocol(app, settings),
        ws_max_size=settings.max_request_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=2 * settings.operation_timeout_seconds,
        ws_ping_timeout=2 * settings.operation_timeout_seconds,
        timeout_keep_alive=cast("int", settings.request_timeout_seconds),  # uvicorn declares an int, and only adds it
        callback_notify=app.state.connections.abort_overdue,
        timeout_notify=0,  # called at each of uvicorn's ticks, once a second
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_SECONDS,
    )


def _http_protocol(app: Starlette, settings: Settings) -> type[GuardedHttpProtocol]:
    class ConfiguredHttpProtocol(GuardedHttpProtocol):
        tracker = app.state.connections
        recorder = app.state.request_recorder
        request_timeout = settings.request_timeout_seconds
        write_timeout = settings.operation_timeout_seconds

    return ConfiguredHttpProtocol


def _ws_protocol(app: Starlette, settings: Settings) -> type[GuardedWebSocketProtocol]:
    class ConfiguredWebSocketProtocol(GuardedWebSocketProtocol):
        tracker = app.state.connections
        request_timeout = settings.request_timeout_seconds
        write_timeout = settings.operation_timeout_seconds

    return ConfiguredWebSocketProtocol
