"""What the `sip` engine and its child processes say to each other: a JSON line is [number, kind, fields].

A wish carries a number, which its one answer carries too; whatever else is said has the number 0.
"""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from telephony.engine import Call, CallEvent, Ending, InboundCall, TransferEvent

UNASKED = 0


@dataclass(frozen=True)
class Setup:
    """The first line to a child. `interface` None: whatever reaches the carrier; `listen` None: no inbound calls."""

    interface: str | None
    listen: str | None
    ca_file: str | None


@dataclass(frozen=True)
class Ready:
    """The first line of a child: its program has loaded. Said again once it is set up: it takes wishes."""


@dataclass(frozen=True)
class PlaceCall:
    """`transfer_id` is that of a third party, who is dialed into the call of the same reference."""

    call: Call
    transfer_id: str | None = None


@dataclass(frozen=True)
class HangUp:
    reference: str
    transfer_id: str | None


@dataclass(frozen=True)
class Refer:
    reference: str
    transfer_id: str
    target: str


@dataclass(frozen=True)
class Leave:
    reference: str
    transfer_id: str


@dataclass(frozen=True)
class Accept:
    engine_reference: str
    reference: str


@dataclass(frozen=True)
class Decline:
    engine_reference: str


@dataclass(frozen=True)
class Retire:
    """Take no more calls, and end with the last one."""


@dataclass(frozen=True)
class Done:
    """The wish was carried out."""


@dataclass(frozen=True)
class Refusal:
    """The wish had no effect, and nobody was called."""

    message: str
    ending: Ending


@dataclass(frozen=True)
class Doubt:
    """The wish may or may not have had an effect."""

    message: str


Wish = PlaceCall | HangUp | Refer | Leave | Accept | Decline | Retire
Answer = Done | Refusal | Doubt
Said = Setup | Ready | Wish | Answer | CallEvent | TransferEvent | InboundCall

_KINDS: dict[str, TypeAdapter[Said]] = {
    kind.__name__: TypeAdapter(kind)
    for group in ((Setup, Ready), Wish.__args__, Answer.__args__, (CallEvent, TransferEvent, InboundCall))
    for kind in group
}


def written(said: Said, number: int = UNASKED) -> bytes:
    kind = type(said).__name__
    fields: Any = _KINDS[kind].dump_python(said, mode="json")
    return json.dumps([number, kind, fields]).encode() + b"\n"


def read(line: bytes) -> tuple[int, Any]:
    """The number, and a `Said`."""
    number, kind, fields = json.loads(line)
    return number, _KINDS[kind].validate_python(fields)
