"""List values of the right type that the inputs of campaigns, contacts and suppressions must refuse, by field."""

from typing import Any

from models import ErrorCode
from tests.refusals.bad_texts import (
    BAD_CALL_LIMITS,
    BAD_IDEMPOTENCY_KEYS,
    BAD_LINES,
    BAD_NAMES,
    BAD_NUMBERS,
    INVALID,
    INVALID_NUMBER,
    NOT_JSON_OBJECTS,
    PAST_TIMES,
    TOO_LONG_TEXT,
)

BAD_TIME_ZONES = ["", " ", "EDT", "Mars/Base", "america/new_york", "../UTC", "/etc/localtime", "UTC\0", "x" * 5000]
BAD_REGIONS = ["", "us", "USA", "ZZ", "001", "US\0", "x" * 5000]
BIG_INTEGERS = [2**31 - 1, -(2**31)]
TOO_LARGE_VARIABLES = {"text": "x" * 4096}
TOO_MANY_MEMBERS = {str(each): each for each in range(201)}


BAD_CAMPAIGN_VALUES: dict[tuple[str, ...], tuple[ErrorCode, list[Any]]] = {
    **{
        (root_field, *path): (code, values)
        for root_field in ("createCampaign", "updateCampaign")
        for path, code, values in (
            (("agentNumber",), INVALID_NUMBER, BAD_NUMBERS),
            (("pool", "e164"), INVALID_NUMBER, BAD_NUMBERS),
            (("pool", "callsPerDay"), INVALID, [0, -1, 100_001, *BIG_INTEGERS]),
            (("pool", "maxConcurrentCalls"), INVALID, BAD_CALL_LIMITS),
            (("defaultTimeZone",), INVALID, BAD_TIME_ZONES),
            (("retries", "maxAttempts"), INVALID, [0, -1, 11, *BIG_INTEGERS]),
            (("retries", "delays", "minutes"), INVALID, [-1, 43_201, *BIG_INTEGERS]),
            (("maxConcurrentCalls",), INVALID, BAD_CALL_LIMITS),
            (("callsPerMinute",), INVALID, BAD_CALL_LIMITS),
            (("weight",), INVALID, [0, -1, 101, *BIG_INTEGERS]),
            (("initialContext",), INVALID, [TOO_LONG_TEXT, "NUL\0"]),
            (("metadata",), INVALID, [*NOT_JSON_OBJECTS, TOO_MANY_MEMBERS]),
            (("endsAt",), INVALID, ["2026-01-01T00:00:00Z", *PAST_TIMES]),
        )
    },
    ("createCampaign", "idempotencyKey"): (INVALID, BAD_IDEMPOTENCY_KEYS),
    ("updateCampaign", "expectedRevision"): (ErrorCode.CAMPAIGN_CHANGED, [0, -1, 2, *BIG_INTEGERS]),
    ("addContacts", "defaultRegion"): (INVALID, BAD_REGIONS),
    ("addContacts", "contacts", "e164"): (INVALID_NUMBER, BAD_NUMBERS),
    ("addContacts", "contacts", "externalId"): (INVALID, BAD_NAMES),
    ("addContacts", "contacts", "timeZone"): (INVALID, BAD_TIME_ZONES),
    ("addContacts", "contacts", "agentNumber"): (INVALID_NUMBER, BAD_NUMBERS),
    ("addContacts", "contacts", "variables"): (INVALID, [*NOT_JSON_OBJECTS, TOO_LARGE_VARIABLES]),
    ("createContactImport", "defaultRegion"): (INVALID, BAD_REGIONS),
    ("addSuppressions", "e164s"): (INVALID_NUMBER, [[phone] for phone in BAD_NUMBERS]),
    ("addSuppressions", "until"): (INVALID, PAST_TIMES),
    ("addSuppressions", "source"): (INVALID, BAD_LINES),
    ("reportOutcome", "callBackAt"): (INVALID, PAST_TIMES),
    ("setCallBudget", "maxConcurrentCalls"): (INVALID, BAD_CALL_LIMITS),
}


# Nobody is called before any of these times: each that can be written is acceptable.
ANY_TIME = {("createCampaign", "startsAt"), ("updateCampaign", "startsAt"), ("addContacts", "contacts", "notBefore")}
