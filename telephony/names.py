"""A name server on loopback for the SIP stack alone: a carrier's name is the address that was checked, for every call.

Asking the system instead would look the name up a second time, and could be told another address.
"""

import asyncio
import ipaddress
import socket
import struct

from telephony.addresses import Address, is_public
from telephony.tasks import Tasks

VERSIONS = {1: 4, 28: 6}  # of IP, by the kinds of record that hold addresses: A and AAAA
IN = 1
ANSWER, NO_SUCH_NAME = 0x8400, 0x8403
BRIEFLY = 1  # seconds for which an answer may be kept


class Names(asyncio.DatagramProtocol):
    """Names that were not pinned (a carrier that continues a call elsewhere) are looked up, and must be public."""

    def __init__(self) -> None:
        self._pinned: dict[str, Address] = {}
        self._lookups = Tasks()

    async def serve(self) -> int:
        """The port that it listens on."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def pin(self, name: str, address: str) -> None:
        self._pinned[_plain(name)] = ipaddress.ip_address(address)

    def datagram_received(self, question: bytes, asker: tuple[str, int]) -> None:
        self._lookups.run(self._answer(question, asker))

    async def _answer(self, question: bytes, asker: tuple[str, int]) -> None:
        try:
            name, kind, end = _read(question)
        except (IndexError, UnicodeDecodeError, struct.error):
            return
        known = self._pinned.get(name)
        addresses = [known] if known else await _public(name) if kind in VERSIONS else []
        fitting = [each for each in addresses if each.version == VERSIONS.get(kind)]
        flags = ANSWER if addresses else NO_SUCH_NAME
        head = question[:2] + struct.pack(">5H", flags, 1, len(fitting), 0, 0)
        records = (struct.pack(">HHHIH", 0xC00C, kind, IN, BRIEFLY, len(each.packed)) + each.packed for each in fitting)
        self._transport.sendto(head + question[12:end] + b"".join(records), asker)


def _read(question: bytes) -> tuple[str, int, int]:
    """The name that is asked for, the kind of record, and where the question ends."""
    place, labels = 12, []
    while length := question[place]:
        labels.append(question[place + 1 : place + 1 + length].decode("ascii"))
        place += length + 1
    (kind,) = struct.unpack_from(">H", question, place + 1)
    return _plain(".".join(labels)), kind, place + 5


async def _public(name: str) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    addresses = (ipaddress.ip_address(place[0]) for *_, place in found)
    return [each for each in addresses if is_public(each)]


def _plain(name: str) -> str:
    return name.rstrip(".").lower()
