"""The address that is served on, and how uvicorn serves it."""

import errno
import socket

import uvicorn
from starlette.applications import Starlette

from serving.arriving import arriving
from serving.settings import PREFIX, Settings, WrongSetting

# Seconds that requests have to end when the server is told to.
DRAINS_IN = 20


def served_by(app: Starlette, settings: Settings) -> uvicorn.Config:
    """`app.state.lines`: where requests are noted that never reach it."""
    return uvicorn.Config(
        app,
        http=arriving(settings.request_seconds, app.state.lines),
        ws="websockets-sansio",
        ws_max_size=settings.request_bytes,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAINS_IN,
    )


def check_sandbox(settings: Settings) -> None:
    """Raises WrongSetting where the sandbox carrier could not listen."""
    if settings.sandbox_carrier:
        host, _, port = settings.sandbox_carrier.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((host, int(port)))
            except OSError as wrong:
                variable = f"{PREFIX}SANDBOX_CARRIER={settings.sandbox_carrier}"
                raise WrongSetting(f"{variable} cannot be listened on: {wrong.strerror}") from None


def listen(settings: Settings) -> socket.socket:
    """The address to serve on, taken. Raises WrongSetting where it cannot be.

    On PostgreSQL several servers of a machine may share it: the kernel deals out the connections.
    """
    shared = settings.database_file is None
    return _taken(settings.host, settings.port, "", shared=shared)


def check_metrics(settings: Settings) -> None:
    """Raises WrongSetting where metrics could not be served."""
    if settings.metrics_port:
        _taken(settings.metrics_host, settings.metrics_port, "METRICS_").close()


def _taken(host: str, port: int, whose: str, *, shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048, reuse_port=shared)
    except OSError as wrong:
        host_is_wrong = isinstance(wrong, socket.gaierror) or wrong.errno == errno.EADDRNOTAVAIL
        variable = f"{whose}HOST={host}" if host_is_wrong else f"{whose}PORT={port}"
        raise WrongSetting(f"{PREFIX}{variable} cannot be served on: {wrong.strerror}") from None
