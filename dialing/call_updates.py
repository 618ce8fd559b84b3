"""Hold what is recorded about calls, before it is written and when it is committed."""

from dataclasses import dataclass, field
from datetime import datetime

from models import EndReason
from telephony.engine import CallEvent, TransferEvent


@dataclass(frozen=True)
class CallEnded:
    """The end of a call that no engine event reports."""

    reference: str
    reason: EndReason
    sip_status: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class TransferRequestResult:
    """The answer of an engine to a transfer request: whether the transfer has begun."""

    reference: str
    transfer_id: str
    has_begun: bool


CallUpdate = CallEvent | TransferEvent | CallEnded | TransferRequestResult


@dataclass(frozen=True)
class RecordedUpdate:
    """An update with its time and the server that carried the call then. Only calls of that server are updated."""

    update: CallUpdate
    at: datetime
    server_id: str | None


@dataclass
class CommittedUpdates:
    """The committed updates that other parts of the worker react to."""

    ended_call_ids: list[str] = field(default_factory=list)
    ended: list[CallEnded] = field(default_factory=list)
    to_detach: list[TransferEvent] = field(default_factory=list)
