"""The port: what is asked of an engine that places calls, and what it tells back. No engine's own types get past it.

A call is known by its `reference`, the id of its conversation; a leg to a third party by the id of its transfer.
Numbers are E.164, times are seconds. Which number calls, may it, how many at once: that is decided before the port.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto, unique
from typing import Any, Protocol

from models import MediaEncryption, SipTransport


@dataclass(frozen=True)
class Carrier:
    """Where a trunk's calls go: the connection is made to `address`, which was checked; TLS checks the name `host`."""

    trunk_id: str
    host: str
    address: str
    port: int | None
    transport: SipTransport
    media_encryption: MediaEncryption
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Call:
    """A call to place: From and P-Asserted-Identity are `agent_number`. `agent` is handed to the agent that speaks."""

    reference: str
    agent_number: str
    to: str
    carrier: Carrier
    agent: Mapping[str, Any]
    ring_seconds: float
    longest_seconds: float


@unique
class Progress(Enum):
    DIALING = auto()
    RINGING = auto()
    ANSWERED = auto()
    ENDED = auto()


@unique
class Ending(Enum):
    HUNG_UP = auto()  # after it was answered, by either side
    REFUSED = auto()  # by the carrier or the other side; `sip_status` says how, None where nothing sensible came
    UNANSWERED = auto()  # the ringing time was over
    CANCELLED = auto()  # `hang_up` before it was answered
    TRANSFERRED = auto()  # the other side was handed over
    UNREACHABLE = auto()  # the carrier never answered, or its certificate was no good: nobody was called
    LOST = auto()  # the engine no longer knows


@dataclass(frozen=True)
class CallEvent:
    """How a call goes on. `detail` is for the log: never a credential."""

    reference: str
    progress: Progress
    ending: Ending | None = None
    sip_status: int | None = None
    detail: str = ""


NO_OUTCOME = 408  # the SIP status as which a move ends of which nothing is heard: it may come about all the same


@dataclass(frozen=True)
class TransferEvent:
    """How a leg, or a REFER, goes on: ANSWERED is its success; ENDED before that is its failure."""

    reference: str
    transfer_id: str
    progress: Progress
    sip_status: int | None = None


@dataclass(frozen=True)
class InboundCall:
    """Somebody calls one of our numbers, and waits for `accept` or `decline`. `caller` None: withheld."""

    engine_reference: str
    called: str
    caller: str | None


@dataclass(frozen=True)
class Overheard:
    """What was told here of a call that another process may carry: `hear` of its engine understands the notice."""

    engine_reference: str
    notice_id: str
    notice: bytes


Event = CallEvent | TransferEvent | InboundCall | Overheard


class Unavailable(Exception):
    """The engine cannot be started here: the message says why, and what to do."""


class NotPlaced(Exception):
    """The engine is certain that nobody was called: `ending` and `sip_status` say why, the message is for the log."""

    def __init__(self, message: str, ending: Ending = Ending.REFUSED, sip_status: int | None = None) -> None:
        super().__init__(message)
        self.ending = ending
        self.sip_status = sip_status


class Unsure(Exception):
    """The engine may or may not have done it: ask `snapshot`, never do it again."""


class NotTransferred(Exception):
    """The engine refused to begin a transfer; the caller is where they were."""


class Engine(Protocol):
    """Started once, asked by any number of tasks, stopped once.

    `outlives_process`: its calls go on without this process, and another one's `snapshot` knows them.
    """

    outlives_process: bool

    async def start(self) -> None:
        """Raises `Unavailable`; the engine then places nothing."""

    async def stop(self) -> None:
        """Ends what cannot outlive this process, each with its event; after this `events` is at its end."""

    async def place_call(self, call: Call) -> None:
        """Returns when the call is on its way; the rest are events. Raises `NotPlaced` or `Unsure`."""

    async def hang_up(self, reference: str, transfer_id: str | None = None) -> None:
        """Ends a call, or one leg of it. Of a call that is over already it says nothing. Raises `Unsure`: ask again."""

    async def transfer(self, reference: str, transfer_id: str, target: str) -> None:
        """Asks the carrier to move the other side to `target`, a number or SIP address. Raises `NotTransferred` or
        `Unsure`."""

    async def add_party(self, reference: str, transfer_id: str, call: Call) -> None:
        """Dials a third party from `call.agent_number` into a live call. Raises `NotTransferred` or `Unsure`."""

    async def leave(self, reference: str, transfer_id: str) -> None:
        """The agent leaves the other side with the third party who was added and has answered: the call is told as
        TRANSFERRED. The two go on, both over the carrier, until the end of the leg is told. Raises `NotTransferred`."""

    async def accept(self, engine_reference: str, reference: str, agent: Mapping[str, Any]) -> None:
        """Answers an inbound call, known as `reference` from now on."""

    async def decline(self, engine_reference: str, sip_status: int) -> None: ...

    async def snapshot(self, reference: str, engine_reference: str | None = None) -> CallEvent | None:
        """How a call stands now, one that came in by what the engine called it; it is followed from now on.

        None: the engine knows of no such call, now or ended. Raises `Unsure`.
        """

    async def hear(self, notice: bytes) -> None:
        """What another process was told of a call here."""

    def events(self) -> AsyncIterator[Event]:
        """What happens, in order for each call; read by one reader."""
