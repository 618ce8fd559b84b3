"""Where a trunk's carrier really is: its name is resolved when a call is dialed, and the answer is checked.

A trunk's address is its customer's word. The connection is made to the very address that was checked here.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from calling.carrier_address import parts
from models import EndReason
from models.sealed import Seal
from models.trunk import password_row
from telephony.engine import Carrier

RESOLVE_SECONDS = 10.0
# A name server that does not answer keeps a thread each, and no more than one a name.
RESOLVERS = 32
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NoWay(Exception):
    """The carrier cannot, or may not, be dialed: `reason` ends the call, the message is for the log."""

    def __init__(self, reason: EndReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Carriers:
    """`private`: addresses inside the operator's own networks may be dialed."""

    def __init__(self, seal: Seal, *, private: bool) -> None:
        self._seal = seal
        self._private = private
        self._threads = ThreadPoolExecutor(RESOLVERS, "resolver")
        self._asking: dict[str, asyncio.Task[list[str]]] = {}

    async def of(self, trunk: Any) -> Carrier:
        """Raises NoWay."""
        host, port = parts(trunk.outbound_address)
        password = trunk.outbound_auth_password
        return Carrier(
            trunk_id=trunk.id,
            host=host,
            address=self._allowed(host, await self._addresses(host)),
            port=port,
            transport=trunk.outbound_transport,
            media_encryption=trunk.outbound_media_encryption,
            username=trunk.outbound_auth_username,
            password=None if password is None else self._opened(trunk, password),
        )

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _opened(self, trunk: Any, password: bytes) -> str:
        try:
            return self._seal.open(password, row=password_row(trunk))
        except ValueError as wrong:
            raise NoWay(EndReason.TRUNK_AUTHENTICATION, str(wrong)) from None

    def _allowed(self, host: str, addresses: list[str]) -> str:
        allowed = next((each for each in addresses if self._private or is_public(each)), None)
        if allowed is None:
            raise NoWay(EndReason.BLOCKED, f"{host} leads to {', '.join(addresses)}, which is inside a private network")
        return allowed

    async def _addresses(self, host: str) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass
        if host not in self._asking:
            self._asking[host] = asyncio.create_task(self._resolve(host))
            self._asking[host].add_done_callback(lambda _: self._asking.pop(host, None))
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking[host]), RESOLVE_SECONDS)
        except (OSError, UnicodeError, TimeoutError) as failed:
            raise NoWay(EndReason.CARRIER_ERROR, f"{host} is not resolved: {failed or 'no answer'}") from None

    async def _resolve(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        )
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether it is an address of the internet, also where it is written inside another."""
    return all(each.is_global and not each.is_multicast for each in _unwrapped(ipaddress.ip_address(address)))


def _unwrapped(address: Address) -> Iterator[Address]:
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        inner = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
        yield from (each for each in inner if each is not None)
        if address in NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
