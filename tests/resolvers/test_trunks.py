"""Test trunks, their passwords and managed trunks (R4)."""

from types import SimpleNamespace
from typing import Any

import pytest

from models.trunk import password_binding
from tests.databases import SqliteTestDatabase
from tests.installation import Client, Json

SELECTION = """id name kind transferMode transferCallerId callsPerSecond maxConcurrentCalls createdAt organization { id }
  outbound { address authUsername transport mediaEncryption }"""
PASSWORD = "correct horse"


def _create(client: Client, **fields: Any) -> Json:
    return client.mutate_successfully("createTrunk", f"trunk {{ {SELECTION} }}", **({"name": "Carrier"} | fields))[
        "trunk"
    ]


def _update(client: Client, trunk: str, **fields: Any) -> Json:
    return client.mutate_successfully("updateTrunk", f"trunk {{ {SELECTION} }}", trunkId=trunk, **fields)["trunk"]


def _sealed_password(client: Client, trunk: str) -> bytes | None:
    sealed: bytes | None = client.installation.rows("SELECT outbound_auth_password FROM trunk WHERE id = ?", trunk)[0][
        0
    ]
    return sealed


def _password(client: Client, trunk: str) -> str | None:
    """Decrypt the stored password with the installation's key; it is bound to its row."""
    row = password_binding(SimpleNamespace(organization_id=client.organization_id, id=trunk))
    sealed = _sealed_password(client, trunk)
    return None if sealed is None else client.installation.settings.secret_box().decrypt(sealed, row=row)


def test_r4_a_trunk_is_the_customers_with_the_contracts_defaults(northwind: Client) -> None:
    trunk = _create(northwind, outbound={"address": "sip.example.com"})
    assert trunk == {
        "id": trunk["id"],
        "name": "Carrier",
        "kind": "BYOC",
        "transferMode": "ENABLE_ALL",
        "transferCallerId": "FROM_TRANSFEREE",
        "callsPerSecond": 1,
        "maxConcurrentCalls": 10,
        "createdAt": trunk["createdAt"],
        "organization": {"id": northwind.organization_id},
        "outbound": {"address": "sip.example.com", "authUsername": None, "transport": "UDP", "mediaEncryption": "NONE"},
    }
    assert northwind(f"{{ trunks {{ nodes {{ {SELECTION} }} }} }}")["trunks"]["nodes"] == [trunk]


def test_r4_a_number_is_outbound_capable_when_its_trunk_has_an_outbound_configuration(northwind: Client) -> None:
    mute = _create(northwind)
    assert mute["outbound"] is None
    number = northwind.number(trunk=mute["id"])
    query = "query($id: ID!) { node(id: $id) { ... on PhoneNumber { outboundCapable } } }"
    for outbound, capable in ((None, False), ({"address": "sip.example.com"}, True), (None, False)):
        _update(northwind, mute["id"], outbound=outbound)
        assert northwind(query, id=number.id)["node"] == {"outboundCapable": capable}


# ------------------------------------------------------------------------------------------------------------ addresses

ADDRESSES = [
    "sip.example.com",
    "SIP.Example.COM",
    "sip.example.com.",
    "sip.example.com:5060",
    "sip.example.com:1",
    "sip.example.com:65535",
    "localhost",
    "carrier-1",
    "xn--mnchen-3ya.example",
    "3com.example",
    "192.0.2.1",
    "192.0.2.1:5061",
    "127.0.0.1:5070",
    "2001:db8::1",
    "[2001:db8::1]",
    "[2001:db8::1]:5060",
    "::1",
    "::ffff:192.0.2.1",
    "a" * 63 + ".example",
    ".".join(["a" * 49] * 5),
]

NO_ADDRESSES = [
    "",
    " ",
    "sip:sip.example.com",
    "sips:sip.example.com:5061",
    "https://sip.example.com",
    "user@sip.example.com",
    "sip.example.com/path",
    "sip.example.com;transport=tcp",
    "sip.example.com ",
    " sip.example.com",
    "sip example.com",
    "sip.example.com\n",
    "sip.example.com\0",
    "sip..example.com",
    ".example.com",
    "-sip.example.com",
    "sip-.example.com",
    "sip_1.example.com",
    "m\u00fcnchen.example",
    "sip.example.com:",
    "sip.example.com:0",
    "sip.example.com:65536",
    "sip.example.com:123456",
    "sip.example.com:-1",
    "sip.example.com:sip",
    "sip.example.com:5060:5060",
    ":5060",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.1.1",
    "1234",
    "2001:db8::1::2",
    "2001:db8::1:5060:99999",
    "[2001:db8::1",
    "2001:db8::1]:5060",
    "[192.0.2.1]:5060",
    "[sip.example.com]",
    "[]",
    "fe80::1%eth0",
    "[fe80::1%25eth0]:5060",
    "a" * 64 + ".example",
    ".".join(["a" * 50] * 5),
]


def test_r4_an_address_is_a_host_name_or_an_ip_address_with_an_optional_port(northwind: Client) -> None:
    trunk = northwind.trunk()
    for address in ADDRESSES:
        assert _create(northwind, outbound={"address": address})["outbound"]["address"] == address
        assert _update(northwind, trunk, outbound={"address": address})["outbound"]["address"] == address


def test_r4_other_addresses_are_invalid_input(northwind: Client) -> None:
    trunk = northwind.trunk()
    stored = northwind.installation.contents()
    for address in NO_ADDRESSES:
        sent = {"name": "Carrier", "outbound": {"address": address}}
        refusal = [("INVALID_INPUT", ["outbound", "address"])]
        assert northwind.refusals("createTrunk", **sent) == refusal, address
        assert northwind.refusals("updateTrunk", **sent, trunkId=trunk) == refusal, address
    assert northwind.installation.contents() == stored


# ---------------------------------------------------------------------------------------------- changing, and passwords


def test_r4_an_update_changes_what_was_sent_and_nothing_else(northwind: Client) -> None:
    trunk = _create(northwind, outbound={"address": "sip.example.com", "authUsername": "north"})
    for changes in (
        {"name": "Other"},
        {"transferMode": "SIP_ONLY"},
        {"transferCallerId": "FROM_TRANSFEROR"},
        {"callsPerSecond": 7},
        {"maxConcurrentCalls": 9},
    ):
        trunk |= changes
        assert _update(northwind, trunk["id"], **changes) == trunk
    nothing = dict.fromkeys(("name", "transferMode", "transferCallerId", "callsPerSecond", "maxConcurrentCalls"))
    assert _update(northwind, trunk["id"], **nothing) == trunk
    assert _update(northwind, trunk["id"]) == trunk


def test_r4_everything_else_in_outbound_is_replaced_and_null_removes_it(northwind: Client) -> None:
    full = {"address": "a.example", "authUsername": "north", "transport": "TLS", "mediaEncryption": "REQUIRE"}
    trunk = _create(northwind, outbound=full | {"authPassword": PASSWORD})
    assert trunk["outbound"] == full
    replaced = _update(northwind, trunk["id"], outbound={"address": "b.example", "authPassword": PASSWORD})
    bare = {"address": "b.example", "authUsername": None, "transport": "UDP", "mediaEncryption": "NONE"}
    assert replaced == trunk | {"outbound": bare}
    assert _password(northwind, trunk["id"]) == PASSWORD
    assert _update(northwind, trunk["id"], outbound=None)["outbound"] is None
    assert _sealed_password(northwind, trunk["id"]) is None
    assert _update(northwind, trunk["id"], outbound={"address": "c.example"})["outbound"] == bare | {
        "address": "c.example"
    }
    assert _sealed_password(northwind, trunk["id"]) is None


def test_r4_an_absent_password_keeps_the_stored_one_and_null_clears_it(northwind: Client) -> None:
    outbound = {"address": "sip.example.com", "authUsername": "north"}
    trunk = _create(northwind, outbound=outbound | {"authPassword": PASSWORD})["id"]
    assert _password(northwind, trunk) == PASSWORD
    for changes, kept in (
        ({"name": "Other"}, PASSWORD),
        ({"outbound": outbound}, PASSWORD),
        ({"outbound": outbound | {"authPassword": "battery ✓"}}, "battery ✓"),
        ({"outbound": outbound | {"mediaEncryption": "REQUIRE"}}, "battery ✓"),
        ({"outbound": outbound | {"authPassword": None}}, None),
        ({"outbound": outbound}, None),
    ):
        _update(northwind, trunk, **changes)
        assert _password(northwind, trunk) == kept, changes
    without = _create(northwind, outbound=outbound | {"authPassword": None})["id"]
    assert _sealed_password(northwind, without) is None


@pytest.mark.parametrize(
    "change", [{"address": "other.example"}, {"transport": "TLS"}, {"authUsername": "south"}, {"authUsername": None}]
)
def test_r4_a_stored_password_goes_nowhere_else(northwind: Client, change: dict[str, str | None]) -> None:
    outbound = {"address": "sip.example.com", "authUsername": "north"}
    trunk = _create(northwind, outbound=outbound | {"authPassword": PASSWORD})["id"]
    stored = northwind.installation.contents()
    moved = outbound | change
    refusals = northwind.refusals("updateTrunk", trunkId=trunk, outbound=moved)
    assert refusals == [("INVALID_INPUT", ["outbound", "authPassword"])]
    assert northwind.installation.contents() == stored
    _update(northwind, trunk, outbound=moved | {"authPassword": "another"})
    assert _password(northwind, trunk) == "another"
    _update(northwind, trunk, outbound=outbound | {"authPassword": None})
    assert _sealed_password(northwind, trunk) is None
    _update(northwind, trunk, outbound=moved)


@pytest.mark.parametrize("username", ['no"rth', "no\\rth"])
def test_r4_a_user_name_that_no_carrier_can_be_sent_is_refused_at_its_field(northwind: Client, username: str) -> None:
    outbound = {"address": "sip.example.com", "authUsername": username}
    refused = [("INVALID_INPUT", ["outbound", "authUsername"])]
    assert northwind.refusals("createTrunk", name="Carrier", outbound=outbound) == refused
    assert northwind.refusals("updateTrunk", trunkId=northwind.trunk(), outbound=outbound) == refused


def test_r4_passwords_are_write_only_encrypted_and_bound_to_their_row(northwind: Client) -> None:
    outbound = {"address": "sip.example.com", "authUsername": "north", "authPassword": PASSWORD}
    one, two = (_create(northwind, outbound=outbound)["id"] for _ in range(2))
    store = northwind.installation.store
    kept = (
        store.file.read_bytes()
        if isinstance(store, SqliteTestDatabase)
        else str(northwind.installation.contents()).encode()
    )
    assert PASSWORD.encode() not in kept
    assert _sealed_password(northwind, one) != _sealed_password(northwind, two)
    northwind.installation.rows(
        "UPDATE trunk SET outbound_auth_password = (SELECT outbound_auth_password FROM trunk WHERE id = ?) WHERE id = ?",
        one,
        two,
    )
    with pytest.raises(ValueError, match="does not belong"):
        _password(northwind, two)
    assert _password(northwind, one) == PASSWORD
    asked = "{ trunks { nodes { outbound { authPassword } } } }"
    assert northwind.errors(asked) == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.parametrize("field", ["authUsername", "authPassword"])
def test_r4_credentials_have_at_most_200_characters(northwind: Client, field: str) -> None:
    stored = northwind.installation.contents()
    for value in ("x" * 201, "with\0nul"):
        outbound = {"address": "sip.example.com", field: value}
        refusals = northwind.refusals("createTrunk", name="Carrier", outbound=outbound)
        assert refusals == [("INVALID_INPUT", ["outbound", field])]
    assert northwind.installation.contents() == stored
    _create(northwind, outbound={"address": "sip.example.com", field: "x" * 200})


def test_r4_a_refused_update_changes_nothing(northwind: Client) -> None:
    trunk = northwind.trunk()
    stored = northwind.installation.contents()
    changes = {"name": "Other", "outbound": {"address": "other.example", "authPassword": PASSWORD}}
    refusals = northwind.refusals("updateTrunk", trunkId=trunk, **changes, callsPerSecond=0)
    assert refusals == [("INVALID_INPUT", ["callsPerSecond"])]
    assert northwind.installation.contents() == stored


@pytest.mark.parametrize("field", ["callsPerSecond", "maxConcurrentCalls"])
def test_r4_limits_are_1_to_10000(northwind: Client, field: str) -> None:
    trunk = northwind.trunk()
    for value in (1, 2, 10_000):
        assert _create(northwind, **{field: value})[field] == value
        assert _update(northwind, trunk, **{field: value})[field] == value
    stored = northwind.installation.contents()
    for value in (0, -1, 10_001, 2**31 - 1):
        assert northwind.refusals("createTrunk", name="Carrier", **{field: value}) == [("INVALID_INPUT", [field])]
        assert northwind.refusals("updateTrunk", trunkId=trunk, **{field: value}) == [("INVALID_INPUT", [field])]
    assert northwind.installation.contents() == stored


@pytest.mark.parametrize("name", ["", " ", "\t", "x" * 201, "with\0nul"])
def test_r4_names_have_1_to_200_visible_characters(northwind: Client, name: str) -> None:
    trunk = northwind.trunk()
    stored = northwind.installation.contents()
    assert northwind.refusals("createTrunk", name=name) == [("INVALID_INPUT", ["name"])]
    assert northwind.refusals("updateTrunk", trunkId=trunk, name=name) == [("INVALID_INPUT", ["name"])]
    assert northwind.installation.contents() == stored


# ------------------------------------------------------------------------------------------------- deleting, and managed


def test_r4_deleting_a_trunk_with_numbers_on_it_is_trunk_in_use(northwind: Client) -> None:
    trunk = northwind.trunk()
    number = northwind.number(trunk=trunk)
    stored = northwind.installation.contents()
    assert northwind.refusals("deleteTrunk", trunkId=trunk) == [("TRUNK_IN_USE", ["trunkId"])]
    assert northwind.installation.contents() == stored
    northwind.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number.id)
    assert northwind.mutate_successfully("deleteTrunk", "deletedTrunkId", trunkId=trunk)["deletedTrunkId"] == trunk
    assert northwind("{ trunks { totalCount } }")["trunks"]["totalCount"] == 0
    assert northwind.refusals("deleteTrunk", trunkId=trunk) == [("TRUNK_NOT_FOUND", ["trunkId"])]


def test_r4_a_managed_trunk_is_sip_only_from_transferee_and_read_only(northwind: Client) -> None:
    e164 = northwind.installation.new_number()
    trunk = northwind.installation.managed_trunk(northwind, e164)
    (read,) = northwind(f"{{ trunks {{ nodes {{ {SELECTION} }} }} }}")["trunks"]["nodes"]
    assert read == read | {
        "id": trunk,
        "kind": "MANAGED_TWILIO",
        "transferMode": "SIP_ONLY",
        "transferCallerId": "FROM_TRANSFEREE",
        "outbound": {
            "address": "acme.pstn.twilio.com",
            "authUsername": None,
            "transport": "UDP",
            "mediaEncryption": "NONE",
        },
    }
    stored = northwind.installation.contents()
    managed = [("TRUNK_MANAGED", ["trunkId"])]
    assert northwind.refusals("updateTrunk", trunkId=trunk, name="Mine") == managed
    assert northwind.refusals("updateTrunk", trunkId=trunk, outbound=None) == managed
    assert northwind.refusals("deleteTrunk", trunkId=trunk) == managed
    assert northwind.refusals("createPhoneNumber", trunkId=trunk, e164="+15551234567") == managed
    assert northwind.installation.contents() == stored


def test_r4_the_numbers_of_a_managed_trunk_are_their_owners_to_share_bind_dial_and_delete(northwind: Client) -> None:
    e164 = northwind.installation.new_number()
    northwind.installation.managed_trunk(northwind, e164)
    number = northwind("query($e: String!) { phoneNumber(e164: $e) { id outboundCapable access } }", e=e164)[
        "phoneNumber"
    ]
    assert (number["outboundCapable"], number["access"]) == (True, "OWNED")
    northwind.mutate_successfully("setPhoneNumberShareable", "__typename", phoneNumberId=number["id"], shareable=True)
    assert northwind.child().create_queued(agentNumber=e164, agentConfig={})["agentNumber"] == e164
    northwind.mutate_successfully("setPhoneNumberShareable", "__typename", phoneNumberId=number["id"], shareable=False)
    assert northwind.refusals("deletePhoneNumber", phoneNumberId=number["id"]) == []


def test_trunks_are_listed_newest_first_page_by_page(northwind: Client) -> None:
    trunks = [northwind.trunk() for _ in range(5)]
    northwind.child().trunk()
    same = "UPDATE trunk SET created_at = (SELECT created_at FROM trunk WHERE id = ?) WHERE id = ?"
    northwind.installation.rows(same, trunks[2], trunks[1])
    newest_first = [trunks[4], trunks[3], *sorted(trunks[1:3], reverse=True), trunks[0]]
    for size in (1, 2, 5):
        assert northwind.ids_of_all_pages("trunks", size) == newest_first
        assert northwind.ids_of_all_pages("trunks", size, backwards=True) == newest_first
