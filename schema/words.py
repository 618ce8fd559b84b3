"""The enums of the API. Each word carries its own description, beside the table or the rule that it belongs to."""

from enum import unique

import strawberry

import models
from calling.resolution import CandidateVerdict, OutboundNumberRule, StepVerdict
from models import Word


@unique
class PhoneNumberOrderField(Word):
    E164 = "By the number itself."
    CREATED_AT = "By when it was registered."
    UPDATED_AT = "By when its sharing was last changed."


@unique
class OrderDirection(Word):
    ASC = "Smallest or oldest first."
    DESC = "Largest or newest first."


DESCRIPTIONS: dict[type[Word], str] = {
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
    OutboundNumberRule: "The four steps that choose an outbound number, in order; the first that is given decides.",
    StepVerdict: "What one of the four steps came to.",
    CandidateVerdict: "What became of a number that a step weighed.",
    PhoneNumberOrderField: "What phone numbers can be ordered by.",
    OrderDirection: "Which end comes first.",
}

for words, description in DESCRIPTIONS.items():
    strawberry.enum(words, description=description)
    for word in words.__strawberry_definition__.values:  # type: ignore[attr-defined]
        word.description = word.value
