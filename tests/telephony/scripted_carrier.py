"""Script a carrier over UDP message by message, as a sipp scenario cannot."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex

from telephony.engine import OutboundCall
from telephony.sip_message import SipMessage, build_response, header_uri, parse, render
from tests.telephony.observed_engine import ObservedEngine

HostPort = tuple[str, int]
TIMEOUT_SECONDS = 60  # after which a test has failed; no test waits for it to pass
SDP = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
""".replace("\n", "\r\n")


class ScriptedCarrier(asyncio.DatagramProtocol):
    """A carrier that sends only what the test tells it to."""

    def __init__(self) -> None:
        self.received: list[SipMessage] = []
        self.empty = 0  # datagrams that hold no message
        self._senders: dict[str, HostPort] = {}
        self._read = 0
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, datagram: bytes, sender: HostPort) -> None:
        message = parse(datagram)
        if message is None:
            self.empty += 1
            return
        self.received.append(message)
        self._senders[message.call_id] = sender
        task = asyncio.get_running_loop().create_task(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def next_request(self, method: str) -> SipMessage:
        """Return the next request with that method, after the last that was returned."""
        async with asyncio.timeout(TIMEOUT_SECONDS), self._changed:
            while True:
                for place, message in enumerate(self.received[self._read :], self._read):
                    if message.start_line[0] == method:
                        self._read = place + 1
                        return message
                await self._changed.wait()

    async def next_request_along(self, route: str, method: str) -> SipMessage:
        """Return the next request with that Route; the others get no response."""
        while (message := await self.next_request(method)).headers.get("route") != route:
            pass
        return message

    def reply(
        self, request: SipMessage, status: str, *more: str, tag: str = "callee", body: str = "", contact: str = ""
    ) -> None:
        headers = (f"Contact: <sip:{contact or f'callee@127.0.0.1:{self.port}'}>", *more)
        if body:
            headers = (*headers, "Content-Type: application/sdp")
        self.send(request, build_response(request, status, tag, extra_headers=headers, body=body))

    def send_request(
        self, invite: SipMessage, method: str, *more: str, tag: str = "callee", body: str = "", number: int = 1
    ) -> None:
        """Send a request within the dialog of an INVITE."""
        lines = [
            f"{method} {header_uri(invite.headers['contact'])} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{token_hex(8)}",
            "Max-Forwards: 70",
            f"From: {invite.headers['to']};tag={tag}",
            f"To: {invite.headers['from']}",
            f"Call-ID: {invite.call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:callee@127.0.0.1:{self.port}>",
            *more,
        ]
        self.send(invite, render(lines, body))

    def send_invite(self, target: str, reached: SipMessage, call_id: str) -> None:
        """Send an INVITE to the source of a message that was received."""
        self.send_invite_to(self._senders[reached.call_id], target, call_id)

    def send_invite_to(self, place: HostPort, target: str, call_id: str) -> None:
        """Send an INVITE for `target` to that address."""
        lines = [
            f"INVITE {target} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{token_hex(8)}",
            "Max-Forwards: 70",
            f"From: <sip:+12065550177@127.0.0.1>;tag={token_hex(4)}",
            f"To: <{target}>",
            f"Call-ID: {call_id}",
            "CSeq: 1 INVITE",
            f"Contact: <sip:stranger@127.0.0.1:{self.port}>",
            "Content-Type: application/sdp",
        ]
        self.transport.sendto(render(lines, SDP), place)

    def acknowledge(self, response: SipMessage, target: str) -> None:
        """Send the ACK of a final response other than 2xx."""
        names = {"Via": "via", "From": "from", "To": "to", "Call-ID": "call-id"}
        headers = [f"{name}: {response.headers[key]}" for name, key in names.items()]
        self.send(response, render([f"ACK {target} SIP/2.0", *headers, f"CSeq: {response.sequence} ACK"]))

    async def final_response(self, call_id: str) -> SipMessage:
        """Wait for the final response to an INVITE that was sent."""
        async with asyncio.timeout(TIMEOUT_SECONDS), self._changed:
            while True:
                for message in self.received:
                    if message.call_id == call_id and message.method == "INVITE" and message.status >= 200:
                        return message
                await self._changed.wait()

    def send(self, to: SipMessage, datagram: bytes) -> None:
        self.transport.sendto(datagram, self._senders[to.call_id])

    def methods(self) -> list[str]:
        return [message.start_line[0] for message in self.received if not message.is_response]

    def refuse_the_rest(self) -> None:
        """Refuse every INVITE, so that an engine that stops need not wait for a response."""
        for message in self.received:
            if message.start_line[0] == "INVITE" and not message.is_in_dialog:
                self.send(message, build_response(message, "480 Temporarily Unavailable", "callee"))


@asynccontextmanager
async def scripted_carrier() -> AsyncIterator[ScriptedCarrier]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(ScriptedCarrier, ("127.0.0.1", 0))
    try:
        yield protocol
        protocol.refuse_the_rest()
    finally:
        transport.close()


async def place_and_receive(
    engine: ObservedEngine, carrier: ScriptedCarrier, **fields: object
) -> tuple[OutboundCall, SipMessage]:
    """Place a call, and return it with the INVITE that the carrier received."""
    call = engine.new_call(carrier.port, host="127.0.0.1", **fields)
    await engine.port.place_call(call)
    return call, await carrier.next_request("INVITE")


def tag_of(header: str) -> str | None:
    found = re.search(r";tag=([^;\s]+)", header)
    return found[1] if found else None
