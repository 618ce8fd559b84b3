"""The objects that the parts of the worker share: database, engine, limits, lease, status writer."""

from dataclasses import dataclass

import structlog

from calling.calling_hours import CallingHours
from dialing.carrier_resolver import CarrierResolver
from dialing.server_lease import ServerLease
from dialing.status_writer import StatusWriter
from models.call_rows import ConversationRow
from storage import Database
from telephony.engine import AgentDispatch, Carrier, Engine, OutboundCall

log = structlog.get_logger()


@dataclass(frozen=True)
class CallLimits:
    """The longest times, in seconds, that a call may be queued, ring, and last once answered; and where it may go.

    `calling_hours`: when campaigns may call.
    `campaign_share`: how much of a trunk campaigns may use, at most 1.
    """

    max_queue_seconds: float
    ring_seconds: float
    max_call_seconds: float
    allowed_regions: frozenset[str]
    calling_hours: CallingHours
    campaign_share: float


@dataclass(frozen=True)
class WorkerContext:
    """The collaborators of each part of the worker."""

    database: Database
    engine: Engine
    carrier_resolver: CarrierResolver
    limits: CallLimits
    lease: ServerLease
    status_writer: StatusWriter


def build_outbound_call(
    call: ConversationRow, to: str, carrier: Carrier, agent_dispatch: AgentDispatch, limits: CallLimits
) -> OutboundCall:
    """Build the engine's call of a conversation to `to`: its remote party, or a third party."""
    return OutboundCall(
        reference=call.id,
        agent_number=call.agent_number,
        to=to,
        carrier=carrier,
        agent=agent_dispatch,
        ring_seconds=limits.ring_seconds,
        max_seconds=limits.max_call_seconds,
    )


def log_task_failure(failure: BaseException) -> None:
    """Log the exception of a background task, which no code awaits."""
    log.error("background_task_failed", exc_info=failure)
