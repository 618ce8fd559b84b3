"""What is stored, and the statements over it. Tables are spoken of as `models.X`."""

from models.agent import Agent
from models.agent_version import AgentVersion
from models.api_key import ApiKey
from models.audit_event import AuditAction, AuditEvent, acting
from models.budget import Budget
from models.change import Change, ChangeKind
from models.conversation import LIVE, Conversation, ConversationStatus, EndReason
from models.database import Database
from models.identifier import new_id, prefix_of, well_formed
from models.instant import now
from models.lineage import Reach, ancestors, below, lineage
from models.notice import Notice
from models.organization import DEEPEST, Organization
from models.phone_number import CallDirection, PhoneNumber, PhoneNumberAccess, SlotDirection
from models.refusal import ErrorCode, Refusal, Refused
from models.scope import Scope
from models.server import Server
from models.session import DatabaseGone, ReadSession, WriteSession
from models.transfer import DisplayedNumber, Transfer, TransferKind, TransferMechanism, TransferStatus
from models.trunk import MediaEncryption, SipTransport, TransferCallerId, TransferMode, Trunk, TrunkKind
from models.word import Word

__all__ = [
    "DEEPEST",
    "LIVE",
    "Agent",
    "AgentVersion",
    "ApiKey",
    "AuditAction",
    "AuditEvent",
    "Budget",
    "CallDirection",
    "Change",
    "ChangeKind",
    "Conversation",
    "ConversationStatus",
    "Database",
    "DatabaseGone",
    "DisplayedNumber",
    "EndReason",
    "ErrorCode",
    "MediaEncryption",
    "Notice",
    "Organization",
    "PhoneNumber",
    "PhoneNumberAccess",
    "Reach",
    "ReadSession",
    "Refusal",
    "Refused",
    "Scope",
    "Server",
    "SipTransport",
    "SlotDirection",
    "Transfer",
    "TransferCallerId",
    "TransferKind",
    "TransferMechanism",
    "TransferMode",
    "TransferStatus",
    "Trunk",
    "TrunkKind",
    "Word",
    "WriteSession",
    "acting",
    "ancestors",
    "below",
    "lineage",
    "new_id",
    "now",
    "prefix_of",
    "well_formed",
]
