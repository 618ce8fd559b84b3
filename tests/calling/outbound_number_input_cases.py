"""List cases about the input: what counts as given, the order of refusals, the acting organization (R8, R9)."""

from tests.calling.outbound_number_case import PREMIUM_NUMBER, Case
from tests.calling.outbound_number_step_cases import SHOP_CANDIDATES

GIVEN_CASES = [
    Case(
        "null is not sent",
        "shop",
        {"agentNumber": None, "agentVersionId": None, "agentId": None, "agentConfig": None, "organizationId": None},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN CHOSEN",
        {"FALLBACK": SHOP_CANDIDATES},
        refusal=("AGENT_REQUIRED", None),
    ),
    Case(
        "{} is sent",
        "clinics",
        {"agentNumber": "desk_number", "agentConfig": {}},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "desk_number"},
    ),
    Case(
        "{} is sent, beside an agent",
        "clinics",
        {"agentId": "desk", "agentConfig": {}},
        "NOT_GIVEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("AGENT_REFERENCE_CONFLICT", ["agentConfig"]),
    ),
    Case(
        '"" is sent: agentNumber',
        "clinics",
        {"agentNumber": "", "agentVersionId": "desk_v1"},
        "NOT_REACHED NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("INVALID_PHONE_NUMBER", ["agentNumber"]),
    ),
    Case(
        '"" is sent: agentVersionId',
        "clinics",
        {"agentVersionId": "", "agentConfig": None},
        "NOT_GIVEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("AGENT_VERSION_NOT_FOUND", ["agentVersionId"]),
    ),
    Case(
        '"" is sent: agentId',
        "clinics",
        {"agentId": ""},
        "NOT_GIVEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("AGENT_NOT_FOUND", ["agentId"]),
    ),
    Case(
        '"" is sent: organizationId',
        "clinics",
        {"organizationId": "", "agentConfig": {}},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        refusal=("ORGANIZATION_NOT_FOUND", ["organizationId"]),
    ),
]


REFUSAL_ORDER_CASES = [
    Case(
        "the acting organization, before the form of the input",
        "clinics",
        {"organizationId": "contoso", "agentNumber": "not a number", "agentId": "desk"},
        "NOT_REACHED NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("ORGANIZATION_NOT_FOUND", ["organizationId"]),
    ),
    Case(
        "the form of the input, before the destination: a number",
        "clinics",
        {"to": PREMIUM_NUMBER, "agentNumber": "not a number"},
        "NOT_REACHED NOT_GIVEN NOT_GIVEN NOT_REACHED",
        refusal=("INVALID_PHONE_NUMBER", ["agentNumber"]),
    ),
    Case(
        "the form of the input, before the destination: an agent that is no object",
        "clinics",
        {"to": "not a number", "agentConfig": ["no", "object"], "agentId": "desk"},
        "NOT_GIVEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("INVALID_INPUT", ["agentConfig"]),
    ),
    Case(
        "the destination, before the agent reference: not allowed",
        "clinics",
        {"to": PREMIUM_NUMBER, "agentVersionId": "drafted_v1"},
        "NOT_GIVEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("DESTINATION_NOT_ALLOWED", ["to"]),
    ),
    Case(
        "the destination, before the agent reference: not possible",
        "clinics",
        {"to": "+1 555", "agentVersionId": "desk_v1", "agentConfig": {}},
        "NOT_GIVEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("INVALID_PHONE_NUMBER", ["to"]),
    ),
    Case(
        "the agent reference, before the steps",
        "clinics",
        {"agentNumber": "unshared", "agentVersionId": "drafted_v1"},
        "NOT_REACHED NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("AGENT_VERSION_NOT_PUBLISHED", ["agentVersionId"]),
    ),
    Case(
        "the steps, before the missing agent",
        "clinics",
        {"agentNumber": "unshared"},
        "REFUSED NOT_GIVEN NOT_GIVEN NOT_REACHED",
        refusal=("PHONE_NUMBER_NOT_FOUND", ["agentNumber"]),
    ),
    Case(
        "the outbound configuration, before the missing agent",
        "clinics",
        {"agentNumber": "own_mute"},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "own_mute"},
        refusal=("NO_OUTBOUND_CONFIGURATION", None),
    ),
]


ACTING_ORGANIZATION_CASES = [
    Case(
        "an input that carries organizationId acts for it",
        "northwind",
        {"organizationId": "dental", "agentNumber": "shared", "agentId": "recall"},
        "CHOSEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        {"AGENT_NUMBER": "shared"},
        agent="recall_v1",
    ),
    Case(
        "everything it refers to must belong to it: not the number",
        "northwind",
        {"organizationId": "dental", "agentNumber": "unshared", "agentId": "recall"},
        "REFUSED NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("PHONE_NUMBER_NOT_FOUND", ["agentNumber"]),
    ),
    Case(
        "everything it refers to must belong to it: not the agent",
        "northwind",
        {"organizationId": "dental", "agentNumber": "shared", "agentId": "concierge"},
        "NOT_REACHED NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("AGENT_NOT_FOUND", ["agentId"]),
    ),
]
