"""Messages between the SIP engine and its child processes, and their encoding: JSON lines of [id, kind, fields].

A command has an id of at least 1, which its single result repeats; the id of other messages is UNSOLICITED.
"""

import json
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter

from telephony.engine import CallEvent, Ending, InboundCall, OutboundCall, TransferEvent

UNSOLICITED = 0


@dataclass(frozen=True)
class Setup:
    """The first message to a process.

    `interface` is a local address to bind to; None means any that leads to the carrier. `listen` is an address and
    port for inbound calls; None means that none are accepted. After `media_seconds` without audio a call ends; 0 means
    never. `max_inbound` limits simultaneous inbound calls. `user_agent` is the User-Agent header (RFC 3261, 20.41).
    """

    interface: str | None
    listen: str | None
    ca_file: str | None
    media_seconds: int
    max_inbound: int
    user_agent: str


@dataclass(frozen=True)
class Ready:
    """The first message of a process, once its program has loaded. Repeated once it is set up and accepts commands."""


@dataclass(frozen=True)
class PlaceCall:
    """Send an INVITE. With a `transfer_id` it is for a third party of the live call with the same reference."""

    call: OutboundCall
    transfer_id: str | None = None


@dataclass(frozen=True)
class HangUp:
    """End every leg of a call, or that of one third party."""

    reference: str
    transfer_id: str | None


@dataclass(frozen=True)
class Refer:
    """Send a REFER to the remote party (RFC 3515). `target` is a number or a SIP URI."""

    reference: str
    transfer_id: str
    target: str


@dataclass(frozen=True)
class DetachAgent:
    """End a call as TRANSFERRED while its legs continue."""

    reference: str
    transfer_id: str


@dataclass(frozen=True)
class Accept:
    """Answer a waiting inbound call, and follow it as `reference`."""

    engine_reference: str
    reference: str


@dataclass(frozen=True)
class Decline:
    """Refuse a waiting inbound call."""

    engine_reference: str


@dataclass(frozen=True)
class Retire:
    """End the process after its last call. No more calls are sent to it."""


@dataclass(frozen=True)
class CommandDone:
    """The command was carried out."""


@dataclass(frozen=True)
class CommandRefused:
    """The command had no effect, and nobody was called."""

    message: str
    ending: Ending


@dataclass(frozen=True)
class CommandUncertain:
    """The command may or may not have had an effect."""

    message: str


Command = PlaceCall | HangUp | Refer | DetachAgent | Accept | Decline | Retire
CommandResult = CommandDone | CommandRefused | CommandUncertain
Message = Setup | Ready | Command | CommandResult | CallEvent | TransferEvent | InboundCall

_ADAPTERS: dict[str, TypeAdapter[Message]] = {
    kind.__name__: TypeAdapter(kind)
    for group in ((Setup, Ready), Command.__args__, CommandResult.__args__, (CallEvent, TransferEvent, InboundCall))
    for kind in group
}


def encode(message: Message, command_id: int = UNSOLICITED) -> bytes:
    """Encode a message as a line; `command_id` of a command or its result."""
    kind = type(message).__name__
    fields: JsonValue = _ADAPTERS[kind].dump_python(message, mode="json")
    return json.dumps([command_id, kind, fields]).encode() + b"\n"


def decode(line: bytes) -> tuple[int, Message]:
    """Decode a line into the command id and the message. Raises ValueError or KeyError for anything else."""
    command_id, kind, fields = json.loads(line)
    return command_id, _ADAPTERS[kind].validate_python(fields)
