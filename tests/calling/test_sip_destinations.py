"""Refuse SIP addresses that a carrier would dial as a refused number, however they are written (R10)."""

import itertools
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling.destinations import require_allowed_sip_uri
from calling.sip_uri import parse_sip_uri
from models import ErrorCode, Refused
from tests.installation import Client, Installation

HOST = "example.com"
ALLOWED = [
    *("sip:desk@example.com", "SIP:desk@example.com", "sips:desk@example.com:5061;transport=tcp", "sip:example.com"),
    *("sip:192.0.2.1", "sip:desk@[2001:db8::1]:5060", "sip:1001@pbx.example.com", "sip:2000@pbx.example.com"),
    *("sip:+12065550142@example.com", "sip:+1(206)555-0142@example.com;user=phone", "sip:12065550142@example.com"),
    *("sip:2065550142@example.com", "sip:0012065550142@example.com", "sip:front%20desk@example.com"),
]
NOT_ALLOWED = [
    *(
        "911",
        "9%2011",
        "9-1-1",
        "%39%31%31",
        "911,1",
        "911p1",
        "911;x",
        "911%3Bx",
        ";911",
        "%EF%BC%99%EF%BC%91%EF%BC%91",
    ),
    *("112", "999", "411", "1411", "9761234", "9%E2%80%8B11", "19005550100", "9005550100", "0019005550100"),
    *("01119005550100", "+1(900)5550100", "%2B19005550100", "+1900%35550100", "1.900.555.0100", "00449098790123"),
    *("+870773111632", "+449098790123", "449098790123", "+8811612345678"),
]
NO_NUMBER = ["*67911", "+911", "++19005550100", "1+9005550100", "%23911"]
REFUSED = {
    **{f"sip:{user}@{HOST}": "DESTINATION_NOT_ALLOWED" for user in NOT_ALLOWED},
    **{f"sip:{user}@{HOST}": "INVALID_PHONE_NUMBER" for user in NO_NUMBER},
    f"sip:911@{HOST};user=phone": "DESTINATION_NOT_ALLOWED",
    f"sip:desk@{HOST};user=phone": "INVALID_PHONE_NUMBER",
    f"sip:+19005550100:pw@{HOST}": "INVALID_INPUT",
    f"sip:desk:pw@{HOST}": "INVALID_INPUT",
    f"sip:desk@{HOST}?x=1": "INVALID_INPUT",
    f"sip:desk@{HOST}?Replaces=x%3Bto-tag": "INVALID_INPUT",
    f"sip:{HOST}?x=1": "INVALID_INPUT",
    f"sip:desk@{HOST};method=BYE": "INVALID_INPUT",
    f"sip:desk@{HOST};m%61ddr=192.0.2.1": "INVALID_INPUT",
    f"sip:+12065550142;rn=+19005550100@{HOST}": "INVALID_INPUT",
    **dict.fromkeys(
        (
            "sip:911",
            "sip:",
            "sip:911@a@b",
            "sip:a b@c",
            "sip:desk@-",
            "sip:desk@[fe80::1%25eth0]",
            "sip:desk@[fe80::1%eth0]",
            "tel:911",
        ),
        "INVALID_PHONE_NUMBER",
    ),
}
PLAN = """query($id: ID!, $to: String!) { conversation(id: $id) { transferCallerId(kind: COLD, transferNumber: $to) {
  mechanism refusal { code message field } } } }"""


@pytest.fixture(scope="module")
def northwind(shared_installation: Installation) -> Client:
    client = shared_installation.root()
    client.number()
    return client


@pytest.fixture(scope="module")
def conversation(northwind: Client) -> str:
    identifier: str = northwind.create_queued(agentConfig={})["id"]
    return identifier


@pytest.mark.parametrize("address", ALLOWED)
def test_r10_a_sip_address_that_is_no_way_around_it_is_planned(
    northwind: Client, conversation: str, address: str
) -> None:
    plan = northwind(PLAN, id=conversation, to=address)["conversation"]["transferCallerId"]
    assert plan == {"mechanism": "SIP_REFER", "refusal": None}


@pytest.mark.parametrize(("address", "code"), REFUSED.items())
def test_r10_a_sip_address_that_a_carrier_would_dial_is_asked_as_the_number_is(
    northwind: Client, conversation: str, address: str, code: str
) -> None:
    plan = northwind(PLAN, id=conversation, to=address)["conversation"]["transferCallerId"]
    assert (plan["mechanism"], plan["refusal"]["code"]) == (None, code)
    assert plan["refusal"]["field"] == ["transferNumber"]


SEPARATORS = st.sampled_from(["", "", "-", ".", "(", ")", "%20", "/", "%5B", "%E2%80%8B", "!"])
DIGITS = {"19005550100", "0019005550100", "911", "449098790123", "+19005550100", "+1-900-555-0100"}


@given(st.data())
def test_r10_neither_escapes_nor_separators_hide_a_number(data: st.DataObject) -> None:
    written = data.draw(st.sampled_from(sorted(DIGITS)))
    parts = [data.draw(st.sampled_from([each, f"%{ord(each):02x}", quote(_wide(each))])) for each in written]
    between = data.draw(st.lists(SEPARATORS, min_size=len(parts), max_size=len(parts)))
    user = "".join(itertools.chain.from_iterable(zip(parts, between, strict=True)))
    address = parse_sip_uri(f"sip:{user}@{HOST}", "to")
    assert address is not None
    with pytest.raises(Refused) as refused:
        require_allowed_sip_uri(address, frozenset(), "+12065550100", "to")
    assert refused.value.refusal.code is ErrorCode.DESTINATION_NOT_ALLOWED


def _wide(character: str) -> str:
    """Return a digit in its full-width form, which looks the same."""
    return chr(ord(character) - ord("0") + 0xFF10) if character.isdigit() else character


@pytest.mark.parametrize(
    ("user", "agent_number", "regions"),
    [
        ("09098790123", "+442079460123", frozenset()),  # dialed in the United Kingdom, premium-rate there
        ("442079460123", "+12065550100", frozenset({"US"})),
        ("2065550142", "+12065550100", frozenset({"US"})),  # without a plus sign it can be Egypt
        ("10111", "+27215550100", frozenset()),
    ],
)
def test_r10_digits_are_read_as_they_are_dialed_where_the_agents_number_is(
    user: str, agent_number: str, regions: frozenset[str]
) -> None:
    address = parse_sip_uri(f"sip:{user}@{HOST}", "to")
    assert address
    with pytest.raises(Refused) as refused:
        require_allowed_sip_uri(address, regions, agent_number, "to")
    assert refused.value.refusal.code is ErrorCode.DESTINATION_NOT_ALLOWED
