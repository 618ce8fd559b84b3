"""Track open TCP connections, and close the oldest anonymous ones above the limit."""

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol

# The network of an IPv6 address that a provider assigns to one customer.
IPV6_PREFIX_BITS = 64


class TrackedConnection(Protocol):
    """An asyncio protocol with its transport."""

    transport: asyncio.Transport

    def is_overdue(self, now: float) -> bool:
        """Whether it has exceeded the time of a state that has no timer of its own. `now`: time.monotonic()."""

    def mark_authenticated(self, api_key: str) -> None:
        """Count the connection as one of the API key's."""


class ConnectionTracker:
    """Counts open connections, and aborts those above the limits and those that stay open too long.

    A connection is anonymous until a request on it carries a valid API key. Anonymous connections may take half of
    `max_connections`, and `max_per_address` from one address; above that the oldest anonymous one is aborted. So a new
    client always gets a connection, and a flood closes its own. The other half is for API keys, each of which may have
    as many connections as an address; beyond that its connections stay anonymous.

    `trusted_proxies`: addresses and networks whose connections are not counted by address.
    `close_timeout`: seconds for a closing connection to send what is buffered.
    """

    def __init__(
        self, max_connections: int, max_per_address: int, trusted_proxies: Iterable[str], close_timeout: float
    ) -> None:
        self._max_anonymous = max(1, max_connections // 2)
        self._max_per_address = max_per_address
        self._trusted_proxies = IpNetworks(trusted_proxies)
        self._close_timeout = close_timeout
        # Oldest first. Dicts instead of sets, for their order.
        self._anonymous: dict[TrackedConnection, str | None] = {}
        self._anonymous_by_address: dict[str, dict[TrackedConnection, None]] = {}
        self._authenticated: dict[TrackedConnection, str] = {}
        self._count_by_key: Counter[str] = Counter()
        self._closing_since: dict[TrackedConnection, float] = {}
        self.dropped = 0

    def add(self, connection: TrackedConnection, peer: str) -> None:
        """Track a new connection, and abort the oldest anonymous one if there are too many."""
        address = None if peer in self._trusted_proxies else client_network(peer)
        self._add_anonymous(connection, address)
        if address is not None and len(self._anonymous_by_address[address]) > self._max_per_address:
            self._abort(next(iter(self._anonymous_by_address[address])))
        elif len(self._anonymous) > self._max_anonymous:
            self._abort(next(iter(self._anonymous)))

    def replace(self, connection: TrackedConnection, by: TrackedConnection) -> None:
        """Track another protocol over the same transport: a WebSocket after its HTTP upgrade."""
        if connection in self._anonymous:
            address = self._anonymous[connection]
            self.remove(connection)
            self._add_anonymous(by, address)
        elif key := self._authenticated.get(connection):
            self.remove(connection)
            self._add_authenticated(by, key)

    def mark_authenticated(self, connection: TrackedConnection, api_key: str) -> None:
        """Count the connection as the API key's, unless the key, or all keys, have as many as they may."""
        full = len(self._authenticated) >= self._max_anonymous or self._count_by_key[api_key] >= self._max_per_address
        if connection in self._anonymous and not full:
            self.remove(connection)
            self._add_authenticated(connection, api_key)

    def remove(self, connection: TrackedConnection) -> None:
        address = self._anonymous.pop(connection, None)
        if address is not None:
            del self._anonymous_by_address[address][connection]
            if not self._anonymous_by_address[address]:
                del self._anonymous_by_address[address]
        if key := self._authenticated.pop(connection, None):
            self._count_by_key[key] -= 1
            if not self._count_by_key[key]:
                del self._count_by_key[key]

    async def abort_overdue(self) -> None:
        """Abort connections that are overdue or take too long to close. Called each second."""
        now = time.monotonic()
        closing: dict[TrackedConnection, float] = {}
        for connection in list(self._all()):
            if connection.transport.is_closing():
                since = self._closing_since.get(connection, now)
                if now - since < self._close_timeout:
                    closing[connection] = since
                    continue
            elif not connection.is_overdue(now):
                continue
            connection.transport.abort()
        self._closing_since = closing

    def counts(self) -> Counter[str]:
        """Count the open connections by kind, for the metrics."""
        return Counter(
            {"connections_anonymous": len(self._anonymous), "connections_authenticated": len(self._authenticated)}
        )

    def _all(self) -> Iterator[TrackedConnection]:
        yield from self._anonymous
        yield from self._authenticated

    def _add_anonymous(self, connection: TrackedConnection, address: str | None) -> None:
        self._anonymous[connection] = address
        if address is not None:
            self._anonymous_by_address.setdefault(address, {})[connection] = None

    def _add_authenticated(self, connection: TrackedConnection, api_key: str) -> None:
        self._authenticated[connection] = api_key
        self._count_by_key[api_key] += 1

    def _abort(self, connection: TrackedConnection) -> None:
        self.remove(connection)
        self.dropped += 1
        connection.transport.abort()


class IpNetworks:
    """A set of addresses and networks, such as 10.0.0.0/8; `in` is true for an address in one of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(name) for name in names]

    def __contains__(self, host: str) -> bool:
        if not self._networks:
            return False
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def client_network(host: str) -> str:
    """Return what is limited as one client: an IPv4 address, or the /64 network of an IPv6 address."""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    if address.ipv4_mapped:
        return host
    return str(ipaddress.ip_network((address, IPV6_PREFIX_BITS), strict=False))
