"""Run a carrier that counts the calls to each number, and answers them by their last digits, some after ringing."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telephony.sandbox_carrier import OK, Dialog, HostPort, SandboxCarrier
from telephony.sip_message import SipMessage

RING_SECONDS, TALK_SECONDS = 0.3, 0.1
BUSY, NO_ANSWER, REJECTED = "486 Busy Here", "480 Temporarily Unavailable", "603 Decline"
# By the last digit; the others are answered.
REFUSAL_BY_DIGIT = {"4": BUSY, "5": BUSY, "6": NO_ANSWER, "7": NO_ANSWER, "8": REJECTED}
BUSY_AT_FIRST = "9"


class MixedCarrier(SandboxCarrier):
    """`calls` holds the Call-IDs by dialed number: a retransmitted INVITE has the same. Odd numbers ring first."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, set[str]] = defaultdict(set)
        self._called, self._rings = asyncio.Event(), asyncio.Event()

    @property
    def count(self) -> int:
        """How many calls arrived."""
        return sum(map(len, self.calls.values()))

    async def until_called(self, count: int) -> None:
        """Wait until that many calls arrived."""
        while self.count < count:
            self._called.clear()
            await self._called.wait()

    async def until_it_rings(self) -> None:
        """Wait until another phone rings."""
        self._rings.clear()
        await self._rings.wait()

    def _on_invite(self, invite: SipMessage, caller: HostPort) -> None:
        self.calls[invite.request_user].add(invite.call_id)
        self._called.set()
        super()._on_invite(invite, caller)

    async def _play(self, dialog: Dialog) -> None:
        number = dialog.invite.request_user
        if int(number[-1]) % 2:
            self._respond(dialog, dialog.invite, dialog.caller, "180 Ringing")
            self._rings.set()
            await asyncio.sleep(RING_SECONDS)
        if refusal := self._refusal(number):
            await self._send_final(dialog, refusal)
            return
        dialog.answered = True
        await self._send_final(dialog, OK, self._build_sdp())
        await asyncio.sleep(TALK_SECONDS)
        await self._send_request(dialog, "BYE")
        self._forget(dialog)

    def _refusal(self, number: str) -> str | None:
        if number.endswith(BUSY_AT_FIRST):
            return BUSY if len(self.calls[number]) == 1 else None
        return REFUSAL_BY_DIGIT.get(number[-1])


@asynccontextmanager
async def mixed_carrier() -> AsyncIterator[tuple[MixedCarrier, str]]:
    """Run the carrier; yields it and its address."""
    carrier = MixedCarrier()
    host, port = await carrier.start("127.0.0.1", 0)
    try:
        yield carrier, f"{host}:{port}"
    finally:
        carrier.stop()
