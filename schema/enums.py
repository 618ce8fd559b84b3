"""Register the enums of the API with their descriptions; each member's description is its value."""

from enum import unique

import strawberry

import models
from calling.local_hours import Weekday
from calling.resolution_result import CandidateVerdict, OutboundNumberRule, StepVerdict
from calling.time_zones import TimeZoneOrigin
from models import DescribedEnum


@unique
class PhoneNumberOrderField(DescribedEnum):
    E164 = "By the number itself."
    CREATED_AT = "By when it was registered."
    UPDATED_AT = "By when its sharing was last changed."


@unique
class OrderDirection(DescribedEnum):
    ASC = "Smallest or oldest first."
    DESC = "Largest or newest first."


ENUM_DESCRIPTIONS: dict[type[DescribedEnum], str] = {
    models.Scope: "What an API key may do. X_MANAGE includes reading X.",
    models.PhoneNumberAccess: "How the organization that asks comes by a number.",
    models.CallDirection: "Who calls whom.",
    models.SlotDirection: "Which of a number's two slots.",
    models.TrunkKind: "Whose trunk it is to change.",
    models.TransferMode: "Which transfers by REFER the trunk lets through.",
    models.TransferCallerId: "Whose number the carrier presents when it carries out a REFER.",
    models.SipTransport: "What SIP signalling travels over.",
    models.MediaEncryption: "Whether the voice is encrypted (SRTP).",
    models.ConversationStatus: "Where a conversation is in its life. A final status never changes.",
    models.EndReason: "Why a conversation ended.",
    models.TransferKind: "How a third party joins a conversation.",
    models.DisplayedNumber: "Whose number the third party of a cold transfer is to see.",
    models.TransferMechanism: "How a transfer is carried out.",
    models.TransferStatus: "How far a transfer has come.",
    models.AuditAction: "What was done.",
    models.ErrorCode: "Why a request was refused.",
    models.CampaignStatus: "Where a campaign is in its life.",
    models.PauseReason: "Why a campaign is paused.",
    models.ContactStatus: "Where a contact of a campaign stands.",
    models.WaitReason: "What a contact waits for, or what limits a campaign.",
    models.AttemptOutcome: "What an attempt to reach a contact came to.",
    models.DuplicateRule: "What becomes of a contact that the campaign has already, with other content.",
    models.ImportStatus: "How far an import is.",
    TimeZoneOrigin: "Where a contact's time zones come from.",
    Weekday: "A day of the week.",
    OutboundNumberRule: "The four steps that choose an outbound number, in order; the first that is given decides.",
    StepVerdict: "What one of the four steps came to.",
    CandidateVerdict: "What became of a number that a step weighed.",
    PhoneNumberOrderField: "What phone numbers can be ordered by.",
    OrderDirection: "Which end comes first.",
}

for enum_class, description in ENUM_DESCRIPTIONS.items():
    strawberry.enum(enum_class, description=description)
    for member in enum_class.__strawberry_definition__.values:  # type: ignore[attr-defined]
        member.description = member.value
