"""What a number shows to the organization that asks: how that comes by it, and the two slots of an owned one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import CallDirection, PhoneNumberAccess


@dataclass(frozen=True)
class AgentSlot:
    direction: CallDirection
    agent_version_id: str | None
    assigned_at: datetime | None


def access(root: Any) -> PhoneNumberAccess:
    return PhoneNumberAccess.OWNED if root.owned else PhoneNumberAccess.SHARED


def inbound_slot(root: Any) -> AgentSlot | None:
    if not root.owned:
        return None
    return AgentSlot(CallDirection.INBOUND, root.inbound_agent_version_id, root.inbound_assigned_at)


def outbound_slot(root: Any) -> AgentSlot | None:
    if not root.owned:
        return None
    return AgentSlot(CallDirection.OUTBOUND, root.outbound_agent_version_id, root.outbound_assigned_at)
