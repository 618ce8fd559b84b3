"""Refuse destinations (R10): emergency, premium-rate, N11 and satellite numbers, and regions that are not allowed."""

import pytest
from phonenumbers.phonemetadata import PhoneMetadata
from phonenumbers.shortnumberinfo import SUPPORTED_SHORT_REGIONS

from calling.destinations import MAX_EMERGENCY_DIGITS, check_destination
from models import ErrorCode, Refused
from tests.conftest import Install
from tests.installation import Client, Json

EVERYWHERE: frozenset[str] = frozenset()
UNITED_STATES = frozenset({"US"})

NEVER = {
    "+27 10111": "an emergency number",
    "+27 10177": "an emergency number",
    "+1 900 555 1234": "a premium-rate number",
    "+1 900 155 1234": "a premium-rate number",
    "+1 212 976 1234": "a premium-rate number",
    "+1 242 976 1234": "a premium-rate number",
    "+44 909 879 0123": "a premium-rate number",
    "+44 (0)909 879 0123": "a premium-rate number",
    "+44 982 123 4567": "a premium-rate number",
    "+44 950 123 4567": "a premium-rate number",
    "+979 1 2345 6789": "a premium-rate number",
    "+979 2 1234 5678": "a premium-rate number",
    "+33 899 12 34 56": "a premium-rate number",
    "+39 892 123": "a premium-rate number",
    "+81 990 123 456": "a premium-rate number",
    "+61 1900 123 456": "a premium-rate number",
    "+1 211 234 5678": "an N11 service number",
    "+1 411 555 1212": "an N11 service number",
    "+1 911 555 1234": "an N11 service number",
    "+870 773 111 632": "a satellite or global network number",
    "+881 6 1234 5678": "a satellite or global network number",
    "+882 13 123456": "a satellite or global network number",
    "+883 5100 12345": "a satellite or global network number",
}

NOT_POSSIBLE = ["", "911", "+911", "+1911", "+1933", "+1988", "112", "+44999", "+1 555", "anonymous", "sip:a@b"]

ANYWHERE = ["+15551234567", "+12065550199", "+18005550123", "+14165550123", "+442079460123", "+2901122", "+12129751234"]

REGIONS = {
    "+12065550199": True,
    "+1 (907) 555-0199": True,
    "+18005550123": True,  # a US number as far as anybody can tell
    "+14165550123": False,  # Canada
    "+12425550123": False,  # Bahamas
    "+18765550123": False,  # Jamaica
    "+17875550123": False,  # Puerto Rico
    "+442079460123": False,
    "+80012345678": False,  # of no region
    "+15551234567": False,  # unassigned, so of no region
}


def test_no_emergency_number_is_longer_than_those_that_are_looked_for() -> None:
    regions = map(PhoneMetadata.short_metadata_for_region, SUPPORTED_SHORT_REGIONS)
    numbers = [region.emergency for region in regions if region and region.emergency]
    assert max(max(number.possible_length) for number in numbers if number.possible_length) == MAX_EMERGENCY_DIGITS


def _refused(typed: str, regions: frozenset[str]) -> ErrorCode:
    with pytest.raises(Refused) as refused:
        check_destination(typed, regions, "to")
    assert refused.value.refusal.field == ["to"]
    return refused.value.refusal.code


@pytest.mark.parametrize(("typed", "what"), NEVER.items())
def test_r10_some_numbers_are_never_dialed(typed: str, what: str) -> None:
    with pytest.raises(Refused, match=f"is {what}") as refused:
        check_destination(typed, EVERYWHERE, "to")
    assert (refused.value.refusal.code, refused.value.refusal.field) == (ErrorCode.DESTINATION_NOT_ALLOWED, ["to"])
    assert _refused(typed, frozenset({"US", "GB", "FR", "IT", "JP", "AU", "ZA"})) is ErrorCode.DESTINATION_NOT_ALLOWED


@pytest.mark.parametrize("typed", NOT_POSSIBLE)
def test_r10_a_destination_must_be_possible(typed: str) -> None:
    assert _refused(typed, EVERYWHERE) is ErrorCode.INVALID_PHONE_NUMBER
    assert _refused(typed, UNITED_STATES) is ErrorCode.INVALID_PHONE_NUMBER


@pytest.mark.parametrize("typed", ANYWHERE)
def test_r10_without_an_allow_list_other_numbers_are_allowed(typed: str) -> None:
    assert check_destination(typed, EVERYWHERE, "to") == typed


@pytest.mark.parametrize(("typed", "allowed"), REGIONS.items())
def test_r10_with_an_allow_list_only_its_regions_are(typed: str, allowed: bool) -> None:
    if allowed:
        assert check_destination(typed, UNITED_STATES, "to") == check_destination(typed, EVERYWHERE, "to")
    else:
        assert _refused(typed, UNITED_STATES) is ErrorCode.DESTINATION_NOT_ALLOWED


def _answers(caller: Client, typed: str, conversation: Json) -> list[tuple[str, list[str]] | None]:
    """Return the refusals of a dry run, a create and the plan of a transfer to this number."""
    plan = "query($id: ID!, $to: String!) { conversation(id: $id) { transferCallerId(kind: COLD, transferNumber: $to) { refusal { code field } } } }"
    created = caller.call(to=typed, agentConfig={})
    planned = caller(plan, id=conversation["id"], to=typed)["conversation"]["transferCallerId"]
    refusals = (
        caller.preview(to=typed, agentConfig={})["refusal"],
        created["resolution"]["refusal"],
        planned["refusal"],
    )
    assert (created["conversation"] is None) == (created["userErrors"] != [])
    return [refusal and (refusal["code"], refusal["field"]) for refusal in refusals]


def test_r10_holds_for_the_dry_run_for_a_create_and_for_a_telephone_transfer_number(install: Install) -> None:
    northwind = install(allowed_regions=("US",)).root()
    northwind.number()
    conversation = northwind.create_queued(agentConfig={})
    stored = northwind.installation.contents()
    for typed, code in (
        ("+1 900 555 1234", "DESTINATION_NOT_ALLOWED"),
        ("+44 20 7946 0123", "DESTINATION_NOT_ALLOWED"),
        ("911", "INVALID_PHONE_NUMBER"),
    ):
        expected = [(code, ["to"]), (code, ["to"]), (code, ["transferNumber"])]
        assert _answers(northwind, typed, conversation) == expected, typed
    assert northwind.installation.contents() == stored
    assert _answers(northwind, "+1 (206) 555-0177", conversation) == [None, None, None]


def test_r10_without_an_allow_list_any_region_is_called(northwind: Client) -> None:
    northwind.number()
    assert northwind.create_queued(to="+44 20 7946 0123", agentConfig={})["userNumber"] == "+442079460123"
