"""Parse typed phone numbers (R3): which spellings are accepted, as what, and which are refused."""

import pytest

from calling.e164 import check_e164, normalize_e164
from models import ErrorCode, Refused
from tests.installation import Client

ACCEPTED = {
    "+15551234567": "+15551234567",  # possible but unassigned: the reference page's own
    "+1 555 123 4567": "+15551234567",
    "+1 (555) 123-4567": "+15551234567",
    "+1.555.123.4567": "+15551234567",
    "+1-555-123-4567": "+15551234567",
    "+1[555]1234567": "+15551234567",
    "+ 1 5 5 5 1 2 3 4 5 6 7": "+15551234567",
    "+(1)(555)(123)(4567)": "+15551234567",
    "+1 555 123 4567 ": "+15551234567",
    "+14155550100": "+14155550100",
    "+447700900123": "+447700900123",
    "+44 20 7946 0123": "+442079460123",
    "+39 06 6981 2345": "+390669812345",  # Italy keeps its zero
    "+800 1234 5678": "+80012345678",
    "+870 773 111 632": "+870773111632",  # a number, though none to call (R10)
    "+12129761234": "+12129761234",
    "+290 1122": "+2901122",
}

REFUSED = [
    "",
    " ",
    "+",
    "+1",
    "++15551234567",
    "15551234567",
    "0015551234567",
    " +15551234567",
    "(+1) 555 123 4567",
    "tel:+15551234567",
    "sip:+15551234567@example.com",
    "+1 555 123 456",
    "+1 555 123 45678",
    "+1 123 4567",
    "+1555CALLNOW",
    "+1 555 123 4567 ext 5",
    "+15551234567;ext=5",
    "+1 555 123 4567, 5",
    "+1/555/1234567",
    "+1 555\u2013123\u20134567",
    "+1\t555\t1234567",
    "+15551234567\n",
    "+1\u00a0555\u00a01234567",
    "\uff0b15551234567",
    "+\uff11\uff15\uff15\uff15\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
    "+1555123456\u0667",
    "+0123456789",
    "+999 1234 5678",
    "+210 1234 5678",
    "+1911",
    "+911",
    "+44999",
    "+1234567890123456",
    "+" + "1" * 200,
    "+1 555 123 4567" + " " * 60,
    "\0",
    "+1555\x001234567",
]


@pytest.mark.parametrize(("typed", "stored"), ACCEPTED.items(), ids=repr)
def test_r3_spaces_dots_dashes_and_brackets_may_stand_after_the_plus(typed: str, stored: str) -> None:
    assert check_e164(typed, "to") == stored
    assert normalize_e164(stored) == stored


@pytest.mark.parametrize("typed", REFUSED, ids=repr)
def test_r3_what_is_not_a_possible_number_is_refused(typed: str) -> None:
    assert normalize_e164(typed) is None
    with pytest.raises(Refused) as refused:
        check_e164(typed, "phoneNumbers", "2")
    assert refused.value.refusal.code is ErrorCode.INVALID_PHONE_NUMBER
    assert refused.value.refusal.field == ["phoneNumbers", "2"]
    assert len(refused.value.refusal.message) < 400


@pytest.mark.parametrize("typed", ["+49 00 2060125", "+353 0 01 624691", "+61 00 6379 1", "+44 00 909 879 0123"])
def test_r3_what_is_stored_names_itself(typed: str) -> None:
    stored = normalize_e164(typed)
    assert stored is None or normalize_e164(stored) == stored


def test_r3_a_number_is_found_again_in_every_writing_and_never_in_a_refused_one(northwind: Client) -> None:
    northwind.number("+1 (555) 123-4567")
    asked = "query($e164: String!) { phoneNumber(e164: $e164) { e164 } }"
    for typed in (typed for typed, stored in ACCEPTED.items() if stored == "+15551234567"):
        assert northwind(asked, e164=typed)["phoneNumber"] == {"e164": "+15551234567"}, typed
    for typed in ("15551234567", "+1555123456", "not a number", ""):
        assert northwind(asked, e164=typed)["phoneNumber"] is None, typed
