"""A carrier that counts what it is asked to dial. Everybody is busy: some at once, some after ringing."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from telephony.sip_message import answer, parsed

RINGS_FOR = 0.3  # seconds


class CountingCarrier(asyncio.DatagramProtocol):
    """`calls`: the Call-IDs by the number dialed. An INVITE that is said again is no other call."""

    def __init__(self) -> None:
        self.calls: dict[str, set[str]] = defaultdict(set)
        self._rings = asyncio.Event()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, datagram: bytes, sender: Any) -> None:
        message = parsed(datagram)
        if message is None or message.is_answer or message.start[0] == "ACK":
            return
        if message.start[0] != "INVITE":
            self._transport.sendto(answer(message, "200 OK", "carrier"), sender)
            return
        self.calls[message.dialed].add(message.call_id)
        busy = answer(message, "486 Busy Here", "carrier")
        if int(message.dialed[-1]) % 2:
            self._transport.sendto(busy, sender)
        else:
            self._transport.sendto(answer(message, "180 Ringing", "carrier"), sender)
            asyncio.get_running_loop().call_later(RINGS_FOR, self._transport.sendto, busy, sender)
            self._rings.set()

    async def until_it_rings(self) -> None:
        """Until another call does."""
        self._rings.clear()
        await self._rings.wait()


@asynccontextmanager
async def counting_carrier() -> AsyncIterator[tuple[CountingCarrier, str]]:
    """The carrier, and its address."""
    loop = asyncio.get_running_loop()
    transport, carrier = await loop.create_datagram_endpoint(CountingCarrier, ("127.0.0.1", 0))
    host, port = transport.get_extra_info("sockname")
    try:
        yield carrier, f"{host}:{port}"
    finally:
        transport.close()
