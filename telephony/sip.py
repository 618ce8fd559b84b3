"""The engine `sip`: a direct trunk. The SIP stack is native and young, so it runs in child processes (`user_agent`).

It signals and plays a test tone: it mixes no media, and no agent speaks.
"""

import asyncio
import importlib.util
import ipaddress
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from telephony.child import Child
from telephony.engine import (
    Call,
    CallEvent,
    Carrier,
    Ending,
    Event,
    InboundCall,
    NotPlaced,
    NotTransferred,
    Progress,
    Unavailable,
    Unsure,
)
from telephony.ledger import Ledger
from telephony.wire import Accept, Decline, HangUp, Leave, PlaceCall, Refer, Retire, Setup, Wish

IDENTITIES_OF_A_CHILD = 2_000  # the stack forgets none: then another child takes over, and this one ends with its calls
LONGEST_PAUSE = 30.0
ELSEWHERE = "Run on Linux or macOS, x86-64 or ARM64; or set LIVEKIT_URL for the engine livekit"


class SipEngine:
    """`listen`: an address and port for inbound calls, such as 0.0.0.0:5060. `ca_file`: whom TLS trusts, in PEM."""

    outlives_process = False

    def __init__(self, listen: str | None = None, ca_file: str | None = None) -> None:
        self._listen = listen
        self._ca_file = ca_file
        self._ledger: Ledger[Child] = Ledger()
        self._children: set[Child] = set()
        self._spare: Child | None = None  # loaded at the start, to see that it does; the first that is needed
        self._dialing: dict[str | None, Child] = {}  # by the interface that they dial from
        self._starting = asyncio.Lock()
        self._answering: Child | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._tried_to_answer = asyncio.Event()

    async def start(self) -> None:
        if importlib.util.find_spec("baresip") is None:
            raise Unavailable(
                "The engine sip is not installed: baresip-python has no build for this platform, so no call is placed."
                f" {ELSEWHERE}."
            )
        async with self._starting:
            try:
                self._spare = await self._spawned()
            except NotPlaced as failed:
                raise Unavailable(
                    f"The engine sip does not run here, so no call is placed: {failed}. {ELSEWHERE}."
                ) from None
        if self._listen is not None:
            self._keeping = asyncio.create_task(self._keep_answering(self._listen))
            await self._tried_to_answer.wait()

    async def stop(self) -> None:
        """Waits for a child that is just starting, so that none is left behind."""
        async with self._starting:
            if self._keeping is not None:
                self._keeping.cancel()
            await asyncio.gather(*(child.stop() for child in tuple(self._children)))
        self._ledger.close()

    async def place_call(self, call: Call) -> None:
        if self._ledger.standing(call.reference) is not None:
            raise Unsure("this call was placed before")
        child = await self._child_for(call)
        self._ledger.open(call.reference, child)
        try:
            await child.ask(PlaceCall(replace(call, agent={})))
        except NotPlaced:
            self._ledger.strike(call.reference)
            raise

    async def hang_up(self, reference: str, transfer_id: str | None = None) -> None:
        if live := self._ledger.live(reference):
            with suppress(NotPlaced, Unsure):
                await live.by.ask(HangUp(reference, transfer_id))

    async def transfer(self, reference: str, transfer_id: str, target: str) -> None:
        await self._ask_of_live(reference, Refer(reference, transfer_id, target), transfer_id)

    async def add_party(self, reference: str, transfer_id: str, call: Call) -> None:
        third_party = replace(call, reference=reference, agent={})
        await self._ask_of_live(reference, PlaceCall(third_party, transfer_id), transfer_id)

    async def leave(self, reference: str, transfer_id: str) -> None:
        """The legs go on, unmixed, until either side hangs up."""
        await self._ask_of_live(reference, Leave(reference, transfer_id), transfer_id)

    async def accept(self, engine_reference: str, reference: str, agent: Mapping[str, Any]) -> None:  # noqa: ARG002 - nobody speaks
        child, knock = self._knock(engine_reference)
        if child is None:
            self._ledger.tell(CallEvent(reference, Progress.ENDED, Ending.LOST, detail="the SIP engine was restarted"))
            return
        self._ledger.open(reference, child)
        with suppress(NotPlaced, Unsure):
            await child.ask(Accept(knock, reference))

    async def decline(self, engine_reference: str, sip_status: int) -> None:  # noqa: ARG002 - as the port has it
        """Always 486 Busy Here: the stack knows no other refusal."""
        child, knock = self._knock(engine_reference)
        if child is not None:
            with suppress(NotPlaced, Unsure):
                await child.ask(Decline(knock))

    async def snapshot(self, reference: str, engine_reference: str | None = None) -> CallEvent | None:  # noqa: ARG002
        return self._ledger.standing(reference)

    async def hear(self, notice: bytes) -> None:
        """Nobody is told of its calls but itself."""

    def events(self) -> AsyncIterator[Event]:
        return self._ledger.events()

    async def _ask_of_live(self, reference: str, wish: Wish, transfer_id: str) -> None:
        live = self._ledger.live(reference)
        if live is None:
            raise NotTransferred("the call is over")
        live.transfers.add(transfer_id)
        try:
            await live.by.ask(wish)
        except NotPlaced as refused:
            live.transfers.discard(transfer_id)
            raise NotTransferred(str(refused)) from None

    def _knock(self, engine_reference: str) -> tuple[Child | None, str]:
        """The child at whose door somebody waits, and what the child calls them."""
        pid, _, knock = engine_reference.partition(".")
        here = self._answering if self._answering and str(self._answering.pid) == pid else None
        return here, knock

    async def _child_for(self, call: Call) -> Child:
        """A child that has this caller's identity, or room for it."""
        identity = hash((call.agent_number, replace(call.carrier, address="")))
        interface = _interface(call.carrier)
        async with self._starting:
            child = self._dialing.get(interface)
            if child and identity not in child.identities and len(child.identities) >= IDENTITIES_OF_A_CHILD:
                del self._dialing[interface]
                with suppress(NotPlaced, Unsure):
                    await child.ask(Retire())
                child = None
            if child is None:
                child = self._dialing[interface] = await self._new_child(Setup(interface, None, self._ca_file))
        child.identities.add(identity)
        return child

    async def _new_child(self, setup: Setup) -> Child:
        spare, self._spare = self._spare, None
        child = spare if spare and not spare.is_gone else await self._spawned()
        await child.set_up(setup)
        return child

    async def _spawned(self) -> Child:
        child = Child(self._tell, self._mourn)
        await child.spawn()
        self._children.add(child)
        return child

    def _tell(self, child: Child, event: Event) -> None:
        if isinstance(event, InboundCall):
            event = replace(event, engine_reference=f"{child.pid}.{event.engine_reference}")
        self._ledger.tell(event)

    def _mourn(self, child: Child) -> None:
        self._children.discard(child)
        for interface, dialing in tuple(self._dialing.items()):
            if dialing is child:
                del self._dialing[interface]
        self._ledger.lose(child, "the SIP engine's process died")

    async def _keep_answering(self, listen: str) -> None:
        """A child for inbound calls, and another whenever it dies; ever later where it does not come up."""
        address = ipaddress.ip_address(listen.rpartition(":")[0].strip("[]"))
        interface = None if address.is_unspecified else str(address)
        pause = 1.0
        while True:
            try:
                async with self._starting:
                    self._answering = await self._new_child(Setup(interface, listen, self._ca_file))
                self._tried_to_answer.set()
                await self._answering.gone()
                pause = 1.0
            except NotPlaced:
                self._tried_to_answer.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)


def _interface(carrier: Carrier) -> str | None:
    """The stack overlooks loopback unless it is told to use nothing else."""
    address = ipaddress.ip_address(carrier.address)
    return str(address) if address.is_loopback else None
