"""Bind the server's address, check the other addresses, and raise the descriptor limit."""

import errno
import resource
import socket

import structlog

from serving.settings import ENV_PREFIX, InvalidSetting, Settings

log = structlog.get_logger()

# Descriptors for everything except client connections: the database, engines, the console's files, pipes.
RESERVED_DESCRIPTORS = 256
# Seconds until the kernel drops a client that does not acknowledge what was sent to it, such as one that vanished.
TCP_USER_TIMEOUT_SECONDS = 30


def bind_server_socket(settings: Settings) -> socket.socket:
    """Bind the address to serve on; on PostgreSQL several servers of a machine may share it (SO_REUSEPORT).

    Raises InvalidSetting when it, the metrics address or the sandbox carrier's address cannot be bound.
    """
    _check_sandbox_address(settings)
    _check_metrics_address(settings)
    server_socket = _bind(settings.host, settings.port, "", shared=settings.database_file is None)
    _raise_descriptor_limit(settings)
    return server_socket


def max_connections(settings: Settings) -> int:
    """Return the configured maximum of client connections, or fewer if the descriptor limit is lower."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return settings.max_connections
    return max(2, min(settings.max_connections, soft - RESERVED_DESCRIPTORS))


def _raise_descriptor_limit(settings: Settings) -> None:
    """Raise the process's soft descriptor limit to what the settings need, and log the result."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.max_connections + RESERVED_DESCRIPTORS
    if resource.RLIM_INFINITY not in (soft, hard):
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    log.info("descriptor_limit", soft=soft, hard=hard, max_connections=max_connections(settings))


def _check_sandbox_address(settings: Settings) -> None:
    """Raise InvalidSetting when the sandbox carrier could not listen."""
    if settings.sandbox_carrier:
        host, _, port = settings.sandbox_carrier.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((host, int(port)))
            except OSError as error:
                variable = f"{ENV_PREFIX}SANDBOX_CARRIER={settings.sandbox_carrier}"
                raise InvalidSetting(f"{variable} cannot be listened on: {error.strerror}") from None


def _check_metrics_address(settings: Settings) -> None:
    """Raise InvalidSetting when metrics could not be served."""
    if settings.metrics_port:
        _bind(settings.metrics_host, settings.metrics_port, "METRICS_").close()


def _bind(host: str, port: int, setting_prefix: str, *, shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server_socket = socket.create_server((host, port), family=family, backlog=2048, reuse_port=shared)
    except OSError as error:
        host_is_wrong = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        variable = f"{setting_prefix}HOST={host}" if host_is_wrong else f"{setting_prefix}PORT={port}"
        raise InvalidSetting(f"{ENV_PREFIX}{variable} cannot be served on: {error.strerror}") from None
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux only; accepted sockets inherit it
        server_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_SECONDS * 1000)
    return server_socket
