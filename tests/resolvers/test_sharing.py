"""Test the Shareable switch over HTTP."""

from tests.installation import Client


def test_r6_a_child_dials_out_from_its_parents_shareable_number(northwind: Client) -> None:
    child = northwind.child()
    shared = northwind.number(shareable=True)
    version = child.version(child.agent())
    created = child.call(agentNumber=shared.e164, agentVersionId=version)
    assert created["userErrors"] == []
    assert created["conversation"]["agentNumber"] == shared.e164
    assert created["conversation"]["phoneNumber"]["access"] == "SHARED"


def test_r6_switching_sharing_off_ends_what_is_queued_from_it(northwind: Client) -> None:
    child = northwind.child()
    shared = northwind.number(shareable=True)
    version = child.version(child.agent())
    created = child.call(agentNumber=shared.e164, agentVersionId=version)["conversation"]
    northwind.mutate_successfully(
        "setPhoneNumberShareable", "phoneNumber { shareable }", phoneNumberId=shared.id, shareable=False
    )
    now = child("query($id: ID!) { conversation(id: $id) { status endReason phoneNumber { id } } }", id=created["id"])
    assert now["conversation"] == {
        "status": "FAILED",
        "endReason": "NUMBER_NO_LONGER_AVAILABLE",
        "phoneNumber": None,
    }
