"""Serve DNS on loopback to the SIP stack, so that a carrier's name resolves to the checked address (RFC 1035).

The system's resolver would look the name up a second time, and could return an address that was not checked.
"""

import asyncio
import ipaddress
import socket
import struct

from telephony.ip_addresses import IpAddress, is_public
from telephony.task_set import TaskSet

IP_VERSION_BY_RECORD_TYPE = {1: 4, 28: 6}  # A (RFC 1035) and AAAA (RFC 3596)
CLASS_IN = 1
FLAGS_FOUND, FLAGS_NXDOMAIN = 0x8400, 0x8403  # an authoritative response; the latter with RCODE 3
TTL_SECONDS = 1
HEADER_BYTES = 12
POINTER_TO_QUESTION = 0xC00C  # a compressed name: the one at offset 12 (RFC 1035, 4.1.4)


class PinnedDns(asyncio.DatagramProtocol):
    """A DNS server. Other names than pinned ones (a carrier may redirect a call) resolve to public addresses only."""

    def __init__(self) -> None:
        self._pinned: dict[str, IpAddress] = {}
        self._lookups = TaskSet()

    async def start(self) -> int:
        """Start serving, and return the port on 127.0.0.1."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def pin(self, name: str, address: str) -> None:
        """Resolve `name` to this IP address from now on."""
        self._pinned[_normalize_name(name)] = ipaddress.ip_address(address)

    def datagram_received(self, query: bytes, sender: tuple[str, int]) -> None:
        """Answer a query."""
        self._lookups.run(self._answer(query, sender))

    async def _answer(self, query: bytes, sender: tuple[str, int]) -> None:
        try:
            name, record_type, end = _parse_query(query)
        except (IndexError, UnicodeDecodeError, struct.error):
            return
        pinned = self._pinned.get(name)
        addresses = (
            [pinned] if pinned else await _look_up_public(name) if record_type in IP_VERSION_BY_RECORD_TYPE else []
        )
        matching = [each for each in addresses if each.version == IP_VERSION_BY_RECORD_TYPE.get(record_type)]
        flags = FLAGS_FOUND if addresses else FLAGS_NXDOMAIN
        header = query[:2] + struct.pack(">5H", flags, 1, len(matching), 0, 0)
        records = (
            struct.pack(">HHHIH", POINTER_TO_QUESTION, record_type, CLASS_IN, TTL_SECONDS, len(each.packed))
            + each.packed
            for each in matching
        )
        self._transport.sendto(header + query[HEADER_BYTES:end] + b"".join(records), sender)


def _parse_query(query: bytes) -> tuple[str, int, int]:
    """Return the queried name and record type, and the offset of the end of the question.

    Raises IndexError, UnicodeDecodeError or struct.error for anything else.
    """
    offset, labels = HEADER_BYTES, []
    while length := query[offset]:
        labels.append(query[offset + 1 : offset + 1 + length].decode("ascii"))
        offset += length + 1
    (record_type,) = struct.unpack_from(">H", query, offset + 1)
    return _normalize_name(".".join(labels)), record_type, offset + 5


async def _look_up_public(name: str) -> list[IpAddress]:
    """Return the public addresses of a name; empty if it has none or cannot be resolved."""
    try:
        results = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    addresses = (ipaddress.ip_address(socket_address[0]) for *_, socket_address in results)
    return [each for each in addresses if is_public(each)]


def _normalize_name(name: str) -> str:
    return name.rstrip(".").lower()
