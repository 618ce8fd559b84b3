"""The sandbox carrier: a small SIP server on loopback to call. What it does depends on the last four digits dialed.

It is no engine: the engine `sip` calls it over UDP as it would any carrier, and nobody needs an account anywhere.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from telephony.sip_message import SipMessage, answer, parsed, rendered, uri_in, user_of
from telephony.tasks import Tasks

RING_SECONDS = 1.0  # before it answers: long enough to be seen
TALK_SECONDS = 120.0  # before it hangs up, so that nothing is left behind
REPEAT_SECONDS = (0.5, 1, 2, 4, 4, 4, 4)  # what was not answered is said again, as SIP has it over UDP
RINGS_ON = "0102"
REFUSALS = {
    "0101": "486 Busy Here",
    "0103": "404 Not Found",
    "0104": "603 Decline",
    "0105": "503 Service Unavailable",
    "0106": "480 Temporarily Unavailable",
    "0107": "403 Caller ID is unauthorized",
}
SUCCESS = "200 OK"
DIGITS = 4

Address = tuple[str, int]


@dataclass(eq=False)
class Dialog:
    """One call that somebody made to us."""

    invite: SipMessage
    caller: Address
    tag: str = field(default_factory=lambda: token_hex(8))
    final: bytes = b""  # the last answer to the INVITE
    heard: asyncio.Event = field(default_factory=asyncio.Event)  # the caller acknowledged it
    answered: bool = False
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    tasks: Tasks = field(default_factory=Tasks)


class SandboxCarrier(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self._dialogs: dict[str, Dialog] = {}
        self._asked: dict[tuple[str, str], asyncio.Event] = {}

    async def start(self, host: str, port: int) -> Address:
        """The address that it listens on. Raises OSError where it cannot."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, (host, port))
        self._media, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (host, 0))
        bound, taken = self._transport.get_extra_info("sockname")[:2]
        self._address = (str(bound), int(taken))
        return self._address

    def stop(self) -> None:
        for dialog in tuple(self._dialogs.values()):
            self._forget(dialog)
        self._transport.close()
        self._media.close()

    def datagram_received(self, datagram: bytes, sender: Address) -> None:
        message = parsed(datagram)
        if message is None:
            return
        if message.is_answer:
            if asked := self._asked.get((message.call_id, message.headers["cseq"])):
                asked.set()
            return
        dialog = self._dialogs.get(message.call_id)
        if message.start[0] == "INVITE" and dialog is None:
            self._ring(message, sender)
        elif dialog is not None:
            self._within(dialog, message, sender)
        elif message.start[0] != "ACK":
            status = SUCCESS if message.start[0] == "OPTIONS" else "481 Call/Transaction Does Not Exist"
            self._transport.sendto(answer(message, status, token_hex(8)), sender)

    def _ring(self, invite: SipMessage, caller: Address) -> None:
        dialog = self._dialogs[invite.call_id] = Dialog(invite, caller)
        self._transport.sendto(answer(invite, "100 Trying", dialog.tag), caller)
        dialog.tasks.run(self._take(dialog))

    async def _take(self, dialog: Dialog) -> None:
        """What the last digits ask for."""
        digits = dialog.invite.dialed[-DIGITS:]
        if refusal := REFUSALS.get(digits):
            await self._finally(dialog, refusal)
            return
        self._reply(dialog, dialog.invite, dialog.caller, "180 Ringing")
        if digits == RINGS_ON:
            return
        await asyncio.sleep(RING_SECONDS)
        dialog.answered = True
        await self._finally(dialog, SUCCESS, self._session())
        await asyncio.sleep(TALK_SECONDS)
        await self._ask(dialog, "BYE")
        self._forget(dialog)

    async def _finally(self, dialog: Dialog, status: str, session: str = "") -> None:
        """Says it until it was heard; a refusal is the end of the call."""
        dialog.heard.clear()
        dialog.final = self._answer(dialog, dialog.invite, status, session)
        await self._repeat(dialog.final, dialog.caller, dialog.heard)
        if not dialog.answered:
            self._forget(dialog)

    def _within(self, dialog: Dialog, request: SipMessage, sender: Address) -> None:
        match request.start[0]:
            case "ACK":
                dialog.heard.set()
            case "INVITE" if not request.is_within_a_call:
                self._transport.sendto(dialog.final or answer(request, "100 Trying", dialog.tag), sender)
            case "INVITE":
                self._reply(dialog, request, sender, SUCCESS, self._session())
            case "CANCEL":
                self._reply(dialog, request, sender, SUCCESS)
                self._cancel(dialog)
            case "BYE":
                self._reply(dialog, request, sender, SUCCESS)
                self._forget(dialog)
            case "REFER":
                self._reply(dialog, request, sender, "202 Accepted")
                dialog.tasks.run(self._move(dialog, request))
            case _:
                self._reply(dialog, request, sender, SUCCESS)

    def _cancel(self, dialog: Dialog) -> None:
        if not dialog.answered:
            dialog.tasks.cancel()
            dialog.tasks.run(self._finally(dialog, "487 Request Terminated"))

    async def _move(self, dialog: Dialog, refer: SipMessage) -> None:
        """Tells how the third party took it, by the last digits of whom to call; then the caller hangs up."""
        digits = user_of(refer.headers.get("refer-to", ""))[-DIGITS:]
        outcome = "408 Request Timeout" if digits == RINGS_ON else REFUSALS.get(digits, SUCCESS)
        await self._ask(dialog, "NOTIFY", *_news("100 Trying", "active;expires=60"))
        await asyncio.sleep(RING_SECONDS)
        await self._ask(dialog, "NOTIFY", *_news(outcome, "terminated;reason=noresource"))

    async def _ask(self, dialog: Dialog, method: str, more: tuple[str, ...] = (), body: str = "") -> None:
        """A request of ours, said until it is answered."""
        host, port = self._address
        number = f"{next(dialog.numbers)} {method}"
        headers = dialog.invite.headers
        asked = self._asked[(dialog.invite.call_id, number)] = asyncio.Event()
        lines = [
            f"{method} {uri_in(headers.get('contact', ''))} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{token_hex(8)}",
            "Max-Forwards: 70",
            f"From: {headers['to']};tag={dialog.tag}",
            f"To: {headers['from']}",
            f"Call-ID: {dialog.invite.call_id}",
            f"CSeq: {number}",
            self._contact(),
            *more,
        ]
        await self._repeat(rendered(lines, body), dialog.caller, asked)
        del self._asked[(dialog.invite.call_id, number)]

    async def _repeat(self, datagram: bytes, to: Address, heard: asyncio.Event) -> None:
        for seconds in REPEAT_SECONDS:
            self._transport.sendto(datagram, to)
            try:
                await asyncio.wait_for(heard.wait(), seconds)
            except TimeoutError:
                continue
            return

    def _reply(self, dialog: Dialog, request: SipMessage, to: Address, status: str, session: str = "") -> None:
        self._transport.sendto(self._answer(dialog, request, status, session), to)

    def _answer(self, dialog: Dialog, request: SipMessage, status: str, session: str) -> bytes:
        more = (self._contact(), "Content-Type: application/sdp") if session else (self._contact(),)
        return answer(request, status, dialog.tag, more=more, body=session)

    def _contact(self) -> str:
        host, port = self._address
        return f"Contact: <sip:sandbox@{host}:{port}>"

    def _session(self) -> str:
        """Takes plain audio, which goes nowhere."""
        host, port = self._media.get_extra_info("sockname")[:2]
        lines = ("v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0", f"m=audio {port} RTP/AVP 0")
        return "\r\n".join((*lines, "a=rtpmap:0 PCMU/8000", ""))

    def _forget(self, dialog: Dialog) -> None:
        self._dialogs.pop(dialog.invite.call_id, None)
        dialog.tasks.cancel()


@asynccontextmanager
async def sandbox_carrier(address: str) -> AsyncIterator[None]:
    """Takes calls there, such as at 127.0.0.1:5070; nowhere where that is empty."""
    carrier = SandboxCarrier()
    if address:
        host, _, port = address.rpartition(":")
        await carrier.start(host, int(port))
    yield
    if address:
        carrier.stop()


def _news(line: str, state: str) -> tuple[tuple[str, ...], str]:
    more = ("Event: refer", f"Subscription-State: {state}", "Content-Type: message/sipfrag;version=2.0")
    return more, f"SIP/2.0 {line}\r\n"
