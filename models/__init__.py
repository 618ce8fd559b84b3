"""Declare the tables, and export them with their enums and refusals; tables are spoken of as `models.X`."""

from models.agent import Agent
from models.agent_version import AgentVersion
from models.api_key import ApiKey
from models.audit_event import AuditAction, AuditEvent, record_as_actor
from models.budget import Budget
from models.campaign import Campaign, CampaignStatus, PauseReason, PoolNumber
from models.change import Change, ChangeKind
from models.contact import AttemptOutcome, Contact, ContactCount, ContactStatus, DuplicateRule, WaitReason
from models.contact_import import ContactImport, ContactRefusal, ImportStatus
from models.conversation import Conversation
from models.conversation_status import LIVE_STATUSES, ConversationStatus, EndReason
from models.described_enum import DescribedEnum
from models.identifier import is_well_formed, new_id, prefix_of
from models.notice import Notice
from models.organization import MAX_DEPTH, Organization
from models.organization_tree import Reach, descendants, select_ancestors, self_and_ancestors
from models.phone_number import CallDirection, PhoneNumber, PhoneNumberAccess, SlotDirection
from models.refusal import ErrorCode, Refusal, Refused
from models.revision import Revision
from models.scope import Scope
from models.server import Server
from models.stored_bytes import StoredBytes
from models.suppression import Suppression
from models.transfer import DisplayedNumber, Transfer, TransferKind, TransferMechanism, TransferStatus
from models.trunk import MediaEncryption, SipTransport, TransferCallerId, TransferMode, Trunk, TrunkKind
from models.utc_datetime import now

__all__ = [
    "LIVE_STATUSES",
    "MAX_DEPTH",
    "Agent",
    "AgentVersion",
    "ApiKey",
    "AttemptOutcome",
    "AuditAction",
    "AuditEvent",
    "Budget",
    "CallDirection",
    "Campaign",
    "CampaignStatus",
    "Change",
    "ChangeKind",
    "Contact",
    "ContactCount",
    "ContactImport",
    "ContactRefusal",
    "ContactStatus",
    "Conversation",
    "ConversationStatus",
    "DescribedEnum",
    "DisplayedNumber",
    "DuplicateRule",
    "EndReason",
    "ErrorCode",
    "ImportStatus",
    "MediaEncryption",
    "Notice",
    "Organization",
    "PauseReason",
    "PhoneNumber",
    "PhoneNumberAccess",
    "PoolNumber",
    "Reach",
    "Refusal",
    "Refused",
    "Revision",
    "Scope",
    "Server",
    "SipTransport",
    "SlotDirection",
    "StoredBytes",
    "Suppression",
    "Transfer",
    "TransferCallerId",
    "TransferKind",
    "TransferMechanism",
    "TransferMode",
    "TransferStatus",
    "Trunk",
    "TrunkKind",
    "WaitReason",
    "descendants",
    "is_well_formed",
    "new_id",
    "now",
    "prefix_of",
    "record_as_actor",
    "select_ancestors",
    "self_and_ancestors",
]
