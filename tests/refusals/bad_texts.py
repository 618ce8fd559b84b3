"""List texts, numbers, times and JSON that are of the right type and must be refused, by what they are to be."""

from models import ErrorCode

INVALID, INVALID_NUMBER = ErrorCode.INVALID_INPUT, ErrorCode.INVALID_PHONE_NUMBER


TOO_LONG_TEXT = "x" * 20_001


# Bidirectional controls, zero-width characters, tags, fillers, variation selectors.
INVISIBLE_CHARACTERS = (
    "\u202e\u2066\u200e\u061c\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u2800\u3164\ufe0f\U000e0041\u2028"
)


BAD_NAMES = ["", " \t\n ", "\u2003", "x" * 201, "NUL\0", "\0", *(f"Har{each}bor" for each in INVISIBLE_CHARACTERS)]


BAD_LINES = [each for each in BAD_NAMES if len(each) > 3 or "\0" in each]


BAD_SLUGS = ["", " ", "A", "a--b", "-a", "a-", "a_b", "a b", "a.b", "ä", "a\n", "a\0", "x" * 64]


BAD_NUMBERS = [
    "",
    " ",
    "+",
    "+1",
    "911",
    "15551234567",
    "0015551234567",
    "+1555123456",
    "+155512345678",
    "+1555123456\0",
    "+15551234567\n",
    "++15551234567",
    "+1 555 CALL NOW",
    "+15551234567;ext=5",
    "tel:+15551234567",
    "sip:+15551234567@example.com",
    "+999123456789",
    "+\u0661\u0665\u0665\u0665\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
    "+1" + "5" * 5000,
    "+" + " " * 5000 + "15551234567",
]


BAD_ADDRESSES = [
    "",
    " ",
    "sip:sip.example.com",
    "http://sip.example.com",
    "user@sip.example.com",
    "sip.example.com/path",
    "sip example.com",
    "sip.example.com:",
    "sip.example.com:0",
    "sip.example.com:65536",
    "sip.example.com:five",
    "sip..example.com",
    "-sip.example.com",
    "sip_1.example.com",
    "sip.example.com\0",
    "sip.example.com\r\nX: y",
    "x" * 64 + ".example.com",
    "x." * 127 + "com",
    "256.1.1.1",
    "1.2.3",
    "[::1",
    "::1]",
    "[sip.example.com]",
    "[fe80::1%eth0]",
]


BAD_CALL_LIMITS = [0, -1, 10_001, 2**31 - 1, -(2**31)]


NOT_JSON_OBJECTS = ["text", "", 5, 0, True, False, [], [{}], 1.5]


PAST_TIMES = ["2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31", "2020-01-01T00:00:00+14:00"]


BAD_CREDENTIALS = ["\0", "x" * 201]


BAD_IDEMPOTENCY_KEYS = ["", "x" * 256, "NUL\0"]
