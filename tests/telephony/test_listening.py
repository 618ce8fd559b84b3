"""Listen for inbound calls: from the first answer on, every request finds the account that takes it."""

import asyncio
import socket

from telephony.sip_engine import SipEngine
from tests.telephony.observed_engine import ObservedEngine
from tests.telephony.sipp import free_port

PAUSE_SECONDS = 0.001  # the window that this looks for lasts for a few milliseconds


def options_request(sender: int, port: int, number: int) -> bytes:
    """Return an OPTIONS request, as carriers send to see whether a peer is up."""
    lines = (
        f"OPTIONS sip:+12065550100@127.0.0.1:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{sender};branch=z9hG4bK{number}",
        f"From: <sip:127.0.0.1>;tag={number}",
        f"To: <sip:+12065550100@127.0.0.1:{port}>",
        f"Call-ID: {number}",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def send_options(pinging: socket.socket, port: int) -> None:
    """Send OPTIONS to the port again and again, until cancelled."""
    number = 0
    while True:
        number += 1
        pinging.sendto(options_request(pinging.getsockname()[1], port, number), ("127.0.0.1", port))
        await asyncio.sleep(PAUSE_SECONDS)


async def test_nobody_is_answered_before_the_account_is_there() -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as pinging:
        pinging.setblocking(False)
        pinging.bind(("127.0.0.1", 0))
        sending = asyncio.create_task(send_options(pinging, port))
        async with ObservedEngine(SipEngine(listen=f"127.0.0.1:{port}")):
            first = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(pinging, 65_536), 30)
        sending.cancel()
    assert first.startswith(b"SIP/2.0 200 "), first
