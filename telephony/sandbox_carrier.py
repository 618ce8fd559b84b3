"""Run a SIP carrier on loopback that answers by the last four digits dialed.

The engine `sip` calls it over UDP like any other carrier, so that calls can be tried without an account.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex

from telephony.retransmission import retransmit
from telephony.sip_message import SipMessage, build_response, header_uri, parse, render, uri_user
from telephony.task_set import TaskSet

RING_SECONDS = 1.0  # before it answers: long enough to watch
TALK_SECONDS = 120.0  # before it hangs up, so that no call lasts forever
RETRANSMIT_INTERVALS_SECONDS = (0.5, 1, 2, 4, 4, 4, 4)  # over UDP: timers E and G (RFC 3261, 17.1.2.2, 17.2.1)
NEVER_ANSWERED = "0102"
REFUSAL_BY_SUFFIX = {
    "0101": "486 Busy Here",
    "0103": "404 Not Found",
    "0104": "603 Decline",
    "0105": "503 Service Unavailable",
    "0106": "480 Temporarily Unavailable",
    "0107": "403 Caller ID is unauthorized",
}
OK = "200 OK"
SUFFIX_LENGTH = 4

HostPort = tuple[str, int]


@dataclass(eq=False)
class Dialog:
    """One call to the carrier."""

    invite: SipMessage
    caller: HostPort
    tag: str = field(default_factory=lambda: token_hex(8))
    final_response: bytes = b""  # the final response to the INVITE
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)  # the ACK has arrived
    answered: bool = False
    sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))  # of the requests sent to the caller
    task_set: TaskSet = field(default_factory=TaskSet)


class SandboxCarrier(asyncio.DatagramProtocol):
    """A SIP server over UDP, and a port that discards audio."""

    def __init__(self) -> None:
        self._dialogs: dict[str, Dialog] = {}
        self._requests: dict[tuple[str, str], asyncio.Event] = {}  # requests without a response, by Call-ID and CSeq

    async def start(self, host: str, port: int) -> HostPort:
        """Start to listen, and return the address. Raises OSError if that fails."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, (host, port))
        self._media, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (host, 0))
        bound_host, bound_port = self._transport.get_extra_info("sockname")[:2]
        self._address = (str(bound_host), int(bound_port))
        return self._address

    def stop(self) -> None:
        """Drop every call and stop listening."""
        for dialog in tuple(self._dialogs.values()):
            self._forget(dialog)
        self._transport.close()
        self._media.close()

    def datagram_received(self, datagram: bytes, sender: HostPort) -> None:
        """Process a request or a response."""
        message = parse(datagram)
        if message is None:
            return
        if message.is_response:
            if responded := self._requests.get((message.call_id, message.headers["cseq"])):
                responded.set()
            return
        dialog = self._dialogs.get(message.call_id)
        if message.start_line[0] == "INVITE" and dialog is None:
            self._on_invite(message, sender)
        elif dialog is not None:
            self._on_request(dialog, message, sender)
        elif message.start_line[0] != "ACK":
            status = OK if message.start_line[0] == "OPTIONS" else "481 Call/Transaction Does Not Exist"
            self._transport.sendto(build_response(message, status, token_hex(8)), sender)

    def _on_invite(self, invite: SipMessage, caller: HostPort) -> None:
        dialog = self._dialogs[invite.call_id] = Dialog(invite, caller)
        self._transport.sendto(build_response(invite, "100 Trying", dialog.tag), caller)
        dialog.task_set.run(self._play(dialog))

    async def _play(self, dialog: Dialog) -> None:
        """Answer or refuse a call by the last digits dialed, and hang up after a while."""
        digits = dialog.invite.request_user[-SUFFIX_LENGTH:]
        if refusal := REFUSAL_BY_SUFFIX.get(digits):
            await self._send_final(dialog, refusal)
            return
        self._respond(dialog, dialog.invite, dialog.caller, "180 Ringing")
        if digits == NEVER_ANSWERED:
            return
        await asyncio.sleep(RING_SECONDS)
        dialog.answered = True
        await self._send_final(dialog, OK, self._build_sdp())
        await asyncio.sleep(TALK_SECONDS)
        await self._send_request(dialog, "BYE")
        self._forget(dialog)

    async def _send_final(self, dialog: Dialog, status: str, sdp: str = "") -> None:
        """Send the final response until its ACK arrives; after a refusal the call is forgotten."""
        dialog.acknowledged.clear()
        dialog.final_response = self._build_response(dialog, dialog.invite, status, sdp)
        await self._retransmit(dialog.final_response, dialog.caller, dialog.acknowledged)
        if not dialog.answered:
            self._forget(dialog)

    def _on_request(self, dialog: Dialog, request: SipMessage, sender: HostPort) -> None:
        match request.start_line[0]:
            case "ACK":
                dialog.acknowledged.set()
            case "INVITE" if not request.is_in_dialog:
                self._transport.sendto(
                    dialog.final_response or build_response(request, "100 Trying", dialog.tag), sender
                )
            case "INVITE":
                self._respond(dialog, request, sender, OK, self._build_sdp())
            case "CANCEL":
                self._respond(dialog, request, sender, OK)
                self._on_cancel(dialog)
            case "BYE":
                self._respond(dialog, request, sender, OK)
                self._forget(dialog)
            case "REFER":
                self._respond(dialog, request, sender, "202 Accepted")
                dialog.task_set.run(self._on_refer(dialog, request))
            case _:
                self._respond(dialog, request, sender, OK)

    def _on_cancel(self, dialog: Dialog) -> None:
        if not dialog.answered:
            dialog.task_set.cancel()
            dialog.task_set.run(self._send_final(dialog, "487 Request Terminated"))

    async def _on_refer(self, dialog: Dialog, refer: SipMessage) -> None:
        """Report the outcome of a transfer by the target's last digits (RFC 3515); the caller then hangs up."""
        digits = uri_user(refer.headers.get("refer-to", ""))[-SUFFIX_LENGTH:]
        outcome = "408 Request Timeout" if digits == NEVER_ANSWERED else REFUSAL_BY_SUFFIX.get(digits, OK)
        await self._send_request(dialog, "NOTIFY", *_build_notify("100 Trying", "active;expires=60"))
        await asyncio.sleep(RING_SECONDS)
        await self._send_request(dialog, "NOTIFY", *_build_notify(outcome, "terminated;reason=noresource"))

    async def _send_request(
        self, dialog: Dialog, method: str, extra_headers: tuple[str, ...] = (), body: str = ""
    ) -> None:
        """Send a request within the dialog until it has a response."""
        host, port = self._address
        sequence = f"{next(dialog.sequence)} {method}"
        headers = dialog.invite.headers
        responded = self._requests[(dialog.invite.call_id, sequence)] = asyncio.Event()
        lines = [
            f"{method} {header_uri(headers.get('contact', ''))} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{token_hex(8)}",
            "Max-Forwards: 70",
            f"From: {headers['to']};tag={dialog.tag}",
            f"To: {headers['from']}",
            f"Call-ID: {dialog.invite.call_id}",
            f"CSeq: {sequence}",
            self._contact(),
            *extra_headers,
        ]
        await self._retransmit(render(lines, body), dialog.caller, responded)
        del self._requests[(dialog.invite.call_id, sequence)]

    async def _retransmit(self, datagram: bytes, to: HostPort, acknowledged: asyncio.Event) -> None:
        await retransmit(lambda: self._transport.sendto(datagram, to), acknowledged, RETRANSMIT_INTERVALS_SECONDS)

    def _respond(self, dialog: Dialog, request: SipMessage, to: HostPort, status: str, sdp: str = "") -> None:
        self._transport.sendto(self._build_response(dialog, request, status, sdp), to)

    def _build_response(self, dialog: Dialog, request: SipMessage, status: str, sdp: str) -> bytes:
        headers = (self._contact(), "Content-Type: application/sdp") if sdp else (self._contact(),)
        return build_response(request, status, dialog.tag, extra_headers=headers, body=sdp)

    def _contact(self) -> str:
        host, port = self._address
        return f"Contact: <sip:sandbox@{host}:{port}>"

    def _build_sdp(self) -> str:
        """Build an SDP that accepts G.711 audio and announces that none is sent (RFC 3264, 5.1)."""
        host, port = self._media.get_extra_info("sockname")[:2]
        lines = ("v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0", f"m=audio {port} RTP/AVP 0")
        return "\r\n".join((*lines, "a=rtpmap:0 PCMU/8000", "a=recvonly", ""))

    def _forget(self, dialog: Dialog) -> None:
        self._dialogs.pop(dialog.invite.call_id, None)
        dialog.task_set.cancel()


@asynccontextmanager
async def run_sandbox_carrier(address: str) -> AsyncIterator[None]:
    """Run the carrier at an address such as 127.0.0.1:5070; an empty one runs none."""
    carrier = SandboxCarrier()
    if address:
        host, _, port = address.rpartition(":")
        await carrier.start(host, int(port))
    yield
    if address:
        carrier.stop()


def _build_notify(status: str, state: str) -> tuple[tuple[str, ...], str]:
    """Build the headers and the body of a NOTIFY about a REFER (RFC 3515, 2.4.5)."""
    headers = ("Event: refer", f"Subscription-State: {state}", "Content-Type: message/sipfrag;version=2.0")
    return headers, f"SIP/2.0 {status}\r\n"
