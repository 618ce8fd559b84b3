"""Compute the digests of inputs that are stored: a changed one breaks retries across an upgrade (R11)."""

from typing import Any

import pytest

from calling.checked_call import OutboundCallInput, normalize_call
from calling.idempotency import input_digest

STORED_DIGESTS: dict[str, tuple[dict[str, Any], str]] = {
    "every field": (
        {
            "to": "+1 (206) 555-0199",
            "agent_number": "+1 206 555 0100",
            "agent_version_id": "agv_1",
            "agent_id": "agt_1",
            "agent_config": {"b": [1.0, {"y": None, "x": True}], "a": "\u00e9"},
            "allow_fallback": True,
            "initial_context": "Be brief",
            "metadata": {"order": 1e0, "who": "Ada"},
            "idempotency_key": "not part of it",
        },
        "9c9199b40b6196e996c9d41063a28c37364eb018890a9564f90e2e1fc77e9770",
    ),
    "no phone number": (
        {"to": "not a number"},
        "5753597067d48b1e3eb5ef588c12a0baf90023ac133ca1db440300dca93ab88a",
    ),
    "empty values": (
        {"agent_number": "+12065550100", "agent_config": {}, "metadata": {}, "initial_context": ""},
        "5b895cc2bfd5ee7b8af96856dfe98f8f14fc7b340d00e0219bdf598c053a66a8",
    ),
}


@pytest.mark.parametrize(("fields", "stored"), STORED_DIGESTS.values(), ids=STORED_DIGESTS)
def test_r11_the_digest_of_an_input_is_what_earlier_versions_stored(fields: dict[str, Any], stored: str) -> None:
    assert normalize_call(OutboundCallInput(**fields)).digest.hex() == stored


@pytest.mark.parametrize(
    ("caller", "stored"),
    [
        ("+12065550177", "c8ce86f7d1a720d7bfebbcde360392648aa3166e2f1c24d279639c03a28841e0"),
        (None, "a85f5406a992d68827a5fe583a9e66ec2ab173925f34a0a4da5ba3f6339f5eb9"),
    ],
    ids=["known caller", "withheld caller"],
)
def test_r11_the_digest_of_a_routed_call_is_what_earlier_versions_stored(caller: str | None, stored: str) -> None:
    assert input_digest(["inbound", "+12065550100", caller]).hex() == stored
