"""The port to telephony engines: the requests of the server, and the events that an engine publishes.

A call is identified by its `reference`, the id of its conversation; the leg of a third party by the id of its transfer.
Phone numbers are in E.164, times in seconds. The rules (which number calls, whether it may, how many calls at once)
are applied before the port, and no type of an engine's own libraries crosses it.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto, unique
from typing import Protocol, runtime_checkable

from models import MediaEncryption, SipTransport
from telephony.ip_addresses import bracket_ipv6

# Not allowed in a trunk's user name: SIP quotes it (RFC 3261, 25.1), and not every stack escapes these.
FORBIDDEN_USERNAME_CHARACTERS = frozenset('"\\')
REQUEST_TIMEOUT = (
    408  # the SIP status of a transfer whose outcome never arrives: it may still succeed (RFC 3261, 21.4.9)
)

# A JSON object that an engine passes to the agent unchanged; `dialing.agent_dispatch.load_agent_dispatch` builds it.
AgentDispatch = Mapping[str, object]


@dataclass(frozen=True)
class Carrier:
    """The carrier of a trunk. The connection goes to the checked IP `address`; TLS verifies the name `host`."""

    trunk_id: str
    host: str
    address: str
    port: int | None  # None means the default port of the transport
    transport: SipTransport
    media_encryption: MediaEncryption
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OutboundCall:
    """A call to place. Its From and P-Asserted-Identity (RFC 3325) are `agent_number`."""

    reference: str
    agent_number: str
    to: str  # a number, or the SIP URI that is a transfer's target
    carrier: Carrier
    agent: AgentDispatch
    ring_seconds: float  # how long it may ring before it ends as UNANSWERED
    max_seconds: float  # how long it may last once it is answered


@unique
class Progress(Enum):
    """How far a call or a transfer has come; it only moves forward."""

    DIALING = auto()
    RINGING = auto()
    ANSWERED = auto()
    ENDED = auto()


@unique
class Ending(Enum):
    """Why a call has ended."""

    HUNG_UP = auto()  # after it was answered, by either side
    REFUSED = auto()  # by the carrier or the remote party, with `sip_status` if it sent a valid one
    UNANSWERED = auto()  # it rang for `ring_seconds`
    CANCELLED = auto()  # by `hang_up` before it was answered
    TRANSFERRED = auto()  # the remote party was transferred
    UNREACHABLE = auto()  # the carrier never responded, or its certificate is invalid: nobody was called
    NO_MEDIA = auto()  # it was answered, but no audio was agreed on or audio stopped arriving: see `detail`
    LOST = auto()  # the engine lost track of the call
    AGENT_UNREACHABLE = auto()  # the agent did not join, so nobody was called, or it left the remote party alone


@dataclass(frozen=True)
class CallEvent:
    """Progress of a call. ENDED comes with `ending`, and with `sip_status` if the ending is REFUSED.

    `detail` explains an ending in a sentence. It is logged and shown to API clients, so it contains no credential and
    no address of this installation.
    """

    reference: str
    progress: Progress
    ending: Ending | None = None
    sip_status: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class TransferEvent:
    """Progress of a third party's leg or of a REFER (RFC 3515): ANSWERED is success, ENDED without it is failure."""

    reference: str
    transfer_id: str
    progress: Progress
    sip_status: int | None = None


@dataclass(frozen=True)
class InboundCall:
    """A call to one of our numbers, waiting for `accept` or `decline`. `caller` is None if the number is withheld."""

    engine_reference: str
    called: str
    caller: str | None


@dataclass(frozen=True)
class ForeignNotice:
    """A webhook about a call that another server may carry; `handle_notice` of that server's engine reads `body`."""

    engine_reference: str
    notice_id: str
    body: bytes


EngineEvent = CallEvent | TransferEvent | InboundCall | ForeignNotice


class EngineUnavailable(Exception):
    """The engine cannot be started here; the message says why, and what to do."""


class CallNotPlaced(Exception):
    """The engine is certain that nobody was called; the message serves as the `detail` of the call's end."""

    def __init__(self, message: str, ending: Ending = Ending.REFUSED, sip_status: int | None = None) -> None:
        super().__init__(message)
        self.ending = ending
        self.sip_status = sip_status


class OutcomeUnknown(Exception):
    """The engine may or may not have acted: ask `snapshot`, and never repeat the request."""


class TransferNotBegun(Exception):
    """The engine did not begin a transfer; the remote party is still in the call."""


class Engine(Protocol):
    """A telephony engine: started once, called by any number of tasks, stopped once."""

    outlives_process: bool  # its calls continue without this process, and `snapshot` of another one finds them
    mixes_media: bool  # the parties of a call hear each other, so `add_party` is useful

    async def start(self) -> None:
        """Start the engine.

        Raises EngineUnavailable if it cannot place calls here.
        """

    def inbound_problem(self) -> str | None:
        """Return why inbound calls cannot arrive, or None if they can or none are configured."""

    async def stop(self) -> None:
        """Stop the engine, and end `events` after the last event.

        Calls that cannot outlive this process are ended, each with its event.
        """

    async def place_call(self, call: OutboundCall) -> None:
        """Send the INVITE (RFC 3261, 13), or begin what leads to it. Progress arrives as CallEvent.

        A reference is placed once. Raises CallNotPlaced if nobody was called, OutcomeUnknown if that is uncertain.
        """

    async def hang_up(self, reference: str, transfer_id: str | None = None) -> None:
        """End a call, or the leg of one third party, by CANCEL or BYE (RFC 3261, 9 and 15).

        A call that has ended is ignored. Raises OutcomeUnknown if the engine does not confirm. Unlike other
        requests, this one may be repeated.
        """

    async def transfer(self, reference: str, transfer_id: str, target: str) -> None:
        """Transfer the remote party to `target`, a number or a SIP URI, by REFER (RFC 3515).

        The outcome arrives as TransferEvent; after success the call ends as TRANSFERRED. Raises TransferNotBegun, or
        OutcomeUnknown if the REFER may have been sent.
        """

    async def add_party(self, reference: str, transfer_id: str, call: OutboundCall) -> None:
        """Dial a third party, `call.to`, from `call.agent_number` into the answered call `reference`.

        Progress arrives as TransferEvent. Raises TransferNotBegun, or OutcomeUnknown if the INVITE may have been sent.
        """

    async def detach_agent(self, reference: str, transfer_id: str) -> None:
        """Remove the agent, and leave the remote party with the third party, who must have answered.

        The call ends as TRANSFERRED. The two continue over the carrier until the leg's TransferEvent with ENDED.
        Raises TransferNotBegun if either of them has left.
        """

    async def accept(self, engine_reference: str, reference: str, agent: AgentDispatch) -> None:
        """Answer an inbound call, and follow it as `reference`. If the caller gave up, its CallEvent is ENDED."""

    async def decline(self, engine_reference: str, sip_status: int) -> None:
        """Refuse an inbound call, with `sip_status` if the engine supports that. Does nothing if the caller gave up."""

    async def snapshot(self, reference: str, engine_reference: str | None = None) -> CallEvent | None:
        """Return the last event of a call, and publish its events from now on.

        `engine_reference` is given for inbound calls. None means that the engine knows no such call, neither live nor
        ended. Raises OutcomeUnknown if the engine does not respond.
        """

    async def handle_notice(self, body: bytes) -> None:
        """Process a notice about a call of this server that another one received as ForeignNotice."""

    def events(self) -> AsyncIterator[EngineEvent]:
        """Yield the engine's events, in order for each call, to one reader; end after `stop`."""


@runtime_checkable
class ReceivesWebhooks(Protocol):
    """An engine that is notified by webhooks over HTTP."""

    async def receive_webhook(self, body: bytes, token: str) -> bool:
        """Process a webhook: its unchanged body, and the token of its Authorization header.

        Returns whether it is authentic. One that was received before has no effect.
        """


def account_key(agent_number: str, carrier: Carrier) -> tuple[str, Carrier]:
    """Return the key of a SIP account: a number, and its carrier without the resolved address, which can change."""
    return agent_number, replace(carrier, address="")


def asserted_identity(call: OutboundCall) -> str:
    """Return the value of P-Asserted-Identity (RFC 3325, 9.1)."""
    return f"<sip:{call.agent_number}@{bracket_ipv6(call.carrier.host)}>"
