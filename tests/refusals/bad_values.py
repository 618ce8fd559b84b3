"""List values of the right type that must be refused, by the field that takes them."""

from typing import Any

from graphql import get_named_type

from models import ErrorCode
from tests.refusals.bad_campaign_values import BAD_CAMPAIGN_VALUES
from tests.refusals.bad_texts import (
    BAD_ADDRESSES,
    BAD_CALL_LIMITS,
    BAD_CREDENTIALS,
    BAD_IDEMPOTENCY_KEYS,
    BAD_NAMES,
    BAD_NUMBERS,
    BAD_SLUGS,
    INVALID,
    INVALID_NUMBER,
    NOT_JSON_OBJECTS,
    PAST_TIMES,
    TOO_LONG_TEXT,
)
from tests.refusals.inputs import INPUT_FIELDS, ROOT_FIELDS

# Values of the right type that each field with text, a number, a time or JSON must refuse, with the code.
BAD_VALUES: dict[tuple[str, ...], tuple[ErrorCode, list[Any]]] = {
    **{
        (root_field, "name"): (INVALID, BAD_NAMES)
        for root_field in ROOT_FIELDS
        if (root_field, ("name",)) in INPUT_FIELDS
    },
    ("createOrganization", "slug"): (INVALID, BAD_SLUGS),
    ("createApiKey", "expiresAt"): (INVALID, PAST_TIMES),
    **{
        (root_field, *path): (INVALID, values)
        for root_field in ("createTrunk", "updateTrunk")
        for path, values in (
            (("outbound", "address"), BAD_ADDRESSES),
            (("outbound", "authUsername"), BAD_CREDENTIALS),
            (("outbound", "authPassword"), BAD_CREDENTIALS),
            (("callsPerSecond",), BAD_CALL_LIMITS),
            (("maxConcurrentCalls",), BAD_CALL_LIMITS),
        )
    },
    ("createPhoneNumber", "e164"): (INVALID_NUMBER, BAD_NUMBERS),
    ("createAgentVersion", "config"): (INVALID, [*NOT_JSON_OBJECTS, None]),
    ("updateAgentVersion", "config"): (INVALID, NOT_JSON_OBJECTS),
    ("publishAgentVersion", "phoneNumbers"): (INVALID_NUMBER, [[phone] for phone in BAD_NUMBERS]),
    ("publishAgentVersion", "unassignPhoneNumbers"): (INVALID_NUMBER, [[phone] for phone in BAD_NUMBERS]),
    ("createOutboundConversation", "to"): (INVALID_NUMBER, BAD_NUMBERS),
    ("createOutboundConversation", "agentNumber"): (INVALID_NUMBER, BAD_NUMBERS),
    ("createOutboundConversation", "agentConfig"): (INVALID, NOT_JSON_OBJECTS),
    ("createOutboundConversation", "metadata"): (INVALID, NOT_JSON_OBJECTS),
    ("createOutboundConversation", "initialContext"): (INVALID, [TOO_LONG_TEXT, "NUL\0"]),
    ("createOutboundConversation", "idempotencyKey"): (INVALID, BAD_IDEMPOTENCY_KEYS),
    ("routeInboundCall", "calledNumber"): (INVALID_NUMBER, BAD_NUMBERS),
    ("routeInboundCall", "callerNumber"): (INVALID_NUMBER, BAD_NUMBERS),
    ("routeInboundCall", "idempotencyKey"): (INVALID, BAD_IDEMPOTENCY_KEYS),
    ("transferConversation", "transferNumber"): (
        INVALID_NUMBER,
        [phone for phone in BAD_NUMBERS if not phone.startswith("sip:")],
    ),
    ("transferConversation", "supervisorInstructions"): (INVALID, [TOO_LONG_TEXT, "NUL\0"]),
    ("reportInboundCall", "sipStatus"): (INVALID, [0, 199, 700, -486, 2**31 - 1]),
    ("previewOutboundNumber", "to"): (INVALID_NUMBER, BAD_NUMBERS),
    ("previewOutboundNumber", "agentNumber"): (INVALID_NUMBER, BAD_NUMBERS),
    ("previewOutboundNumber", "agentConfig"): (INVALID, NOT_JSON_OBJECTS),
    **BAD_CAMPAIGN_VALUES,
}


NOT_FOUND_CODES = {
    "parentId": ErrorCode.ORGANIZATION_NOT_FOUND,
    "organizationId": ErrorCode.ORGANIZATION_NOT_FOUND,
    "apiKeyId": ErrorCode.API_KEY_NOT_FOUND,
    "trunkId": ErrorCode.TRUNK_NOT_FOUND,
    "phoneNumberId": ErrorCode.PHONE_NUMBER_NOT_FOUND,
    "agentId": ErrorCode.AGENT_NOT_FOUND,
    "agentVersionId": ErrorCode.AGENT_VERSION_NOT_FOUND,
    "baseVersionId": ErrorCode.AGENT_VERSION_NOT_FOUND,
    "conversationId": ErrorCode.CONVERSATION_NOT_FOUND,
    "campaignId": ErrorCode.CAMPAIGN_NOT_FOUND,
    "contactIds": ErrorCode.CONTACT_NOT_FOUND,
    "suppressionIds": ErrorCode.SUPPRESSION_NOT_FOUND,
}


ID_FIELDS = [
    (root_field, path[0])
    for (root_field, path), field in INPUT_FIELDS.items()
    if get_named_type(field.type).name == "ID"
]


OWN_ID_NAMES = {
    "parentId": "organization",
    "organizationId": "organization",
    "apiKeyId": "spare_key",
    "trunkId": "carrier",
    "phoneNumberId": "number",
    "agentId": "desk",
    "agentVersionId": "desk_1",
    "baseVersionId": "desk_1",
    "conversationId": "routed",
    "campaignId": "campaign",
    "contactIds": "contact",
    "suppressionIds": "suppression",
}


FOREIGN_ID_NAMES = {
    "parentId": "stranger",
    "organizationId": "stranger",
    "apiKeyId": "their_key",
    "trunkId": "their_trunk",
    "phoneNumberId": "their_number",
    "agentId": "their_agent",
    "agentVersionId": "their_version",
    "baseVersionId": "their_version",
    "conversationId": "their_conversation",
    "campaignId": "their_campaign",
    "contactIds": "their_contact",
    "suppressionIds": "their_suppression",
}
