"""Where a trunk's carrier really is: its name is resolved when a call is dialed, and the answer is checked.

A trunk's address is its customer's word. The connection is made to the very address that was checked here.
"""

import asyncio
import ipaddress
import socket
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from calling.carrier_address import parts
from models import EndReason
from models.sealed import Seal
from models.trunk import password_row
from telephony.addresses import Address, is_public
from telephony.engine import Carrier

RESOLVE_SECONDS = 10.0
# A name server that does not answer keeps a thread for each name. An organization has so many at a time, and waits for
# its own alone.
RESOLVERS, EACH = 256, 8


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
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(EACH))
        self._asking: dict[tuple[str, str], asyncio.Task[list[Address]]] = {}

    async def of(self, trunk: Any) -> Carrier:
        """Raises NoWay."""
        host, port = parts(trunk.outbound_address)
        password = trunk.outbound_auth_password
        return Carrier(
            trunk_id=trunk.id,
            host=host,
            address=self._allowed(host, await self._addresses(host, trunk.organization_id)),
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

    def _allowed(self, host: str, addresses: list[Address]) -> str:
        allowed = next((each for each in addresses if self._private or is_public(each)), None)
        if allowed is None:
            led = ", ".join(map(str, addresses))
            raise NoWay(EndReason.BLOCKED, f"{host} leads to {led}, which is inside a private network")
        return str(allowed)

    async def _addresses(self, host: str, organization_id: str) -> list[Address]:
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            pass
        asked = (organization_id, host)
        if asked not in self._asking:
            self._asking[asked] = asyncio.create_task(self._resolve(*asked))
            self._asking[asked].add_done_callback(lambda _: self._asking.pop(asked, None))
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking[asked]), RESOLVE_SECONDS)
        except (OSError, UnicodeError, TimeoutError) as failed:
            raise NoWay(EndReason.CARRIER_ERROR, f"{host} is not resolved: {failed or 'no answer'}") from None

    async def _resolve(self, organization_id: str, host: str) -> list[Address]:
        loop = asyncio.get_running_loop()
        async with self._turns[organization_id]:
            found = await loop.run_in_executor(
                self._threads, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
            )
        return list(dict.fromkeys(ipaddress.ip_address(place[0]) for *_, place in found))
