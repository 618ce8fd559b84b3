"""Run a carrier that counts the calls it receives. Every number is busy: some at once, some after ringing."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telephony.sip_message import build_response, parse

RING_SECONDS = 0.3


class CountingCarrier(asyncio.DatagramProtocol):
    """`calls` holds the Call-IDs by dialed number. A retransmitted INVITE has the same Call-ID."""

    def __init__(self) -> None:
        self.calls: dict[str, set[str]] = defaultdict(set)
        self._rings = asyncio.Event()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, datagram: bytes, sender: tuple[str, int]) -> None:
        message = parse(datagram)
        if message is None or message.is_response or message.start_line[0] == "ACK":
            return
        if message.start_line[0] != "INVITE":
            self._transport.sendto(build_response(message, "200 OK", "carrier"), sender)
            return
        self.calls[message.request_user].add(message.call_id)
        busy = build_response(message, "486 Busy Here", "carrier")
        if int(message.request_user[-1]) % 2:
            self._transport.sendto(busy, sender)
        else:
            self._transport.sendto(build_response(message, "180 Ringing", "carrier"), sender)
            asyncio.get_running_loop().call_later(RING_SECONDS, self._transport.sendto, busy, sender)
            self._rings.set()

    async def until_it_rings(self) -> None:
        """Wait until another phone rings."""
        self._rings.clear()
        await self._rings.wait()


@asynccontextmanager
async def counting_carrier() -> AsyncIterator[tuple[CountingCarrier, str]]:
    """Run the carrier; yields it and its address."""
    loop = asyncio.get_running_loop()
    transport, carrier = await loop.create_datagram_endpoint(CountingCarrier, ("127.0.0.1", 0))
    host, port = transport.get_extra_info("sockname")
    try:
        yield carrier, f"{host}:{port}"
    finally:
        transport.close()
