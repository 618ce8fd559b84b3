"""An engine as a test sees it: calls to place, and what is told of them."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Self

from models import MediaEncryption, SipTransport
from telephony.engine import Call, CallEvent, Carrier, Engine, Event, InboundCall, Progress, TransferEvent

SECONDS = 120  # after which something is wrong; nothing waits for it to pass
AGENT_NUMBER = "+15551234567"


class Observed:
    """Keeps every event of an engine, in order, and waits for those that a test names."""

    def __init__(self, port: Engine) -> None:
        self.port = port
        self.double: Any = None  # what stands in for LiveKit, where something does
        self.told: list[Event] = []
        self._changed = asyncio.Condition()
        self._references = itertools.count(1)

    async def __aenter__(self) -> Self:
        await self.port.start()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_failure: object) -> None:
        """What `events` promises: it ends once the engine was stopped."""
        await self.port.stop()
        await asyncio.wait_for(self._reading, SECONDS)

    async def _read(self) -> None:
        async for event in self.port.events():
            async with self._changed:
                self.told.append(event)
                self._changed.notify_all()

    async def first(self, fits: Callable[[Event], bool]) -> Any:
        """The first event that fits, told already or yet to come."""
        async with asyncio.timeout(SECONDS), self._changed:
            await self._changed.wait_for(lambda: any(fits(event) for event in self.told))
        return next(event for event in self.told if fits(event))

    async def call_is(self, reference: str, progress: Progress) -> CallEvent:
        event: CallEvent = await self.first(
            lambda event: isinstance(event, CallEvent) and (event.reference, event.progress) == (reference, progress)
        )
        return event

    async def transfer_is(self, transfer_id: str, progress: Progress) -> TransferEvent:
        event: TransferEvent = await self.first(
            lambda event: (
                isinstance(event, TransferEvent) and (event.transfer_id, event.progress) == (transfer_id, progress)
            )
        )
        return event

    async def knock(self) -> InboundCall:
        event: InboundCall = await self.first(lambda event: isinstance(event, InboundCall))
        return event

    def new_transfer(self) -> str:
        return f"trf_{next(self._references)}"

    def story(self, reference: str) -> list[Progress]:
        """How one call went, in order."""
        return [event.progress for event in self.told if isinstance(event, CallEvent) and event.reference == reference]

    def new_call(self, port: int, **fields: Any) -> Call:
        """A call to the carrier on that port of this machine; fields of its carrier may be given among its own."""
        defaults: dict[str, Any] = {
            "trunk_id": "trk_1",
            "host": "carrier.example.com",
            "address": "127.0.0.1",
            "port": port,
            "transport": SipTransport.UDP,
            "media_encryption": MediaEncryption.NONE,
            "username": None,
            "password": None,
        }
        carrier = Carrier(**{name: fields.pop(name, value) for name, value in defaults.items()})
        mine: dict[str, Any] = {
            "reference": f"cnv_{next(self._references)}",
            "agent_number": AGENT_NUMBER,
            "to": "+12065550199",
            "agent": {},
            "ring_seconds": SECONDS,
            "longest_seconds": SECONDS,
        }
        return Call(carrier=carrier, **(mine | fields))
