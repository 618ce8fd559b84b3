"""Resolve a trunk's host name to an address that may be dialed, and decrypt its password (R4, R10).

Customers choose host names, and a name server can return another address each time. So a name is resolved when a call
is placed, and the engine connects to the address that was checked here.
"""

import asyncio
import ipaddress
import socket
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import structlog

from calling.carrier_address import split_host_port
from models import EndReason
from models.encryption import SecretBox
from models.number_rows import EncryptedPassword, TrunkRow
from models.trunk import password_binding
from telephony.engine import Carrier
from telephony.ip_addresses import IpAddress, is_public, parse_ip_address

LOOKUP_TIMEOUT_SECONDS = 10.0
# A name server that does not answer blocks a thread for each name, so each organization may use only a few.
MAX_LOOKUPS, MAX_LOOKUPS_PER_ORGANIZATION = 256, 8
CANNOT_DECRYPT = "the trunk's stored password cannot be read: set it again with updateTrunk"

log = structlog.get_logger()


class CarrierUnavailable(Exception):
    """The carrier cannot or may not be dialed; the call ends with `reason`.

    Customers see the message, so it contains no address that they did not enter.
    """

    def __init__(self, reason: EndReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class CarrierResolver:
    """Resolves trunks to carriers. `allow_private`: private and special-purpose addresses (RFC 6890) may be dialed."""

    def __init__(self, secret_box: SecretBox, *, allow_private: bool) -> None:
        self._secret_box = secret_box
        self._allow_private = allow_private
        self._threads = ThreadPoolExecutor(MAX_LOOKUPS, "resolver")
        self._semaphores: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(MAX_LOOKUPS_PER_ORGANIZATION)
        )
        self._lookups: dict[tuple[str, str], asyncio.Task[list[IpAddress]]] = {}

    async def resolve(self, trunk: TrunkRow) -> Carrier:
        """Resolve a trunk that has an outbound configuration to its carrier. Raises CarrierUnavailable."""
        assert trunk.outbound_address is not None
        assert trunk.outbound_transport is not None
        assert trunk.outbound_media_encryption is not None
        host, port = split_host_port(trunk.outbound_address)
        password = trunk.outbound_auth_password
        return Carrier(
            trunk_id=trunk.id,
            host=host,
            address=self._first_allowed(host, await self._look_up(host, trunk.organization_id)),
            port=port,
            transport=trunk.outbound_transport,
            media_encryption=trunk.outbound_media_encryption,
            username=trunk.outbound_auth_username,
            password=None if password is None else self._decrypt_password(trunk, password),
        )

    def close(self) -> None:
        """Cancel lookups that have not begun. Does not wait for running ones."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _decrypt_password(self, trunk: EncryptedPassword, encrypted: bytes) -> str:
        try:
            return self._secret_box.decrypt(encrypted, row=password_binding(trunk))
        except ValueError as error:
            log.warning("trunk_password_unreadable", trunk=trunk.id, why=str(error))
            raise CarrierUnavailable(EndReason.TRUNK_AUTHENTICATION, CANNOT_DECRYPT) from None

    def _first_allowed(self, host: str, addresses: list[IpAddress]) -> str:
        allowed = next((each for each in addresses if self._allow_private or is_public(each)), None)
        if allowed is None:
            log.warning("carrier_address_private", host=host, addresses=[str(each) for each in addresses])
            raise CarrierUnavailable(
                EndReason.BLOCKED, f"{host} leads into a private network, where this server calls nobody"
            )
        return str(allowed)

    async def _look_up(self, host: str, organization_id: str) -> list[IpAddress]:
        if address := parse_ip_address(host):
            return [address]
        key = (organization_id, host)
        if key not in self._lookups:
            self._lookups[key] = asyncio.create_task(self._look_up_name(*key))
            self._lookups[key].add_done_callback(lambda _: self._lookups.pop(key, None))
        try:
            return await asyncio.wait_for(asyncio.shield(self._lookups[key]), LOOKUP_TIMEOUT_SECONDS)
        except (OSError, UnicodeError, TimeoutError) as error:
            why = getattr(error, "strerror", None) or "no answer"
            raise CarrierUnavailable(EndReason.CARRIER_ERROR, f"the name {host} cannot be resolved: {why}") from None

    async def _look_up_name(self, organization_id: str, host: str) -> list[IpAddress]:
        loop = asyncio.get_running_loop()
        async with self._semaphores[organization_id]:
            results = await loop.run_in_executor(
                self._threads, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
            )
        return list(dict.fromkeys(ipaddress.ip_address(socket_address[0]) for *_, socket_address in results))
