"""Place calls through an engine in a test, and wait for its events."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Self, TypeVar

from models import MediaEncryption, SipTransport
from telephony.engine import CallEvent, Carrier, Engine, EngineEvent, InboundCall, OutboundCall, Progress, TransferEvent

TIMEOUT_SECONDS = 120  # after which a test has failed; no test waits for it to pass
AGENT_NUMBER = "+15551234567"

EventT = TypeVar("EventT", CallEvent, TransferEvent, InboundCall)


class ObservedEngine:
    """Keeps the events of an engine, in order, and waits for those that a test needs. `port` is the engine."""

    def __init__(self, port: Engine) -> None:
        self.port = port
        self.events: list[EngineEvent] = []
        self._changed = asyncio.Condition()
        self._references = itertools.count(1)

    async def __aenter__(self) -> Self:
        await self.port.start()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_failure: object) -> None:
        """Stop the engine, and check that `events` then ends."""
        await self.port.stop()
        await asyncio.wait_for(self._reading, TIMEOUT_SECONDS)

    async def _read(self) -> None:
        async for event in self.port.events():
            async with self._changed:
                self.events.append(event)
                self._changed.notify_all()

    async def wait_for(self, kind: type[EventT], fits: Callable[[EventT], bool] = lambda _: True) -> EventT:
        """Return the first event of that type that fits, published already or yet to come."""
        found: list[EventT] = []

        def find() -> bool:
            found[:] = [event for event in self.events if isinstance(event, kind) and fits(event)]
            return bool(found)

        async with asyncio.timeout(TIMEOUT_SECONDS), self._changed:
            await self._changed.wait_for(find)
        return found[0]

    async def wait_for_call(self, reference: str, progress: Progress) -> CallEvent:
        return await self.wait_for(CallEvent, lambda event: (event.reference, event.progress) == (reference, progress))

    async def wait_for_transfer(self, transfer_id: str, progress: Progress) -> TransferEvent:
        return await self.wait_for(
            TransferEvent, lambda event: (event.transfer_id, event.progress) == (transfer_id, progress)
        )

    async def wait_for_inbound_call(self) -> InboundCall:
        return await self.wait_for(InboundCall)

    def new_transfer(self) -> str:
        return f"trf_{next(self._references)}"

    def progress_of(self, reference: str) -> list[Progress]:
        """Return the progress of one call so far, in order."""
        return [
            event.progress for event in self.events if isinstance(event, CallEvent) and event.reference == reference
        ]

    def new_call(self, port: int, **fields: Any) -> OutboundCall:
        """Build a call to a carrier on a port of loopback; `fields` are those of OutboundCall and of Carrier."""
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
        own: dict[str, Any] = {
            "reference": f"cnv_{next(self._references)}",
            "agent_number": AGENT_NUMBER,
            "to": "+12065550199",
            "agent": {},
            "ring_seconds": TIMEOUT_SECONDS,
            "max_seconds": TIMEOUT_SECONDS,
        }
        return OutboundCall(carrier=carrier, **(own | fields))
