"""What a campaign cannot be set to: each refused with its field, by creating and by changing it alike (R17, R22)."""

from typing import Any

import pytest

from tests.installation import Client, Installation

WINDOW = {"days": ["MONDAY"], "opens": "09:00", "closes": "12:00"}
BAD_SETTINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({"windows": []}, ["windows"]),
    ({"windows": [WINDOW] * 51}, ["windows"]),
    ({"windows": [WINDOW, WINDOW | {"opens": "11:59", "closes": "00:00"}]}, ["windows"]),
    ({"windows": [WINDOW, WINDOW | {"days": []}]}, ["windows", "1", "days"]),
    ({"windows": [WINDOW | {"closes": "09:00"}]}, ["windows", "0", "closes"]),
    ({"windows": [WINDOW | {"opens": "22:00", "closes": "02:00"}]}, ["windows", "0", "closes"]),
    ({"closedDates": [f"20{year:02}-01-01" for year in range(100)] * 4}, ["closedDates"]),
    *(
        ({"defaultTimeZone": name}, ["defaultTimeZone"])
        for name in ("", "Mars/Base", "America", "EDT", "../UTC", "/etc/localtime", "America/New_York,UTC", "x" * 5000)
    ),
    ({"startsAt": "2027-01-02T00:00:00Z", "endsAt": "2027-01-02T00:00:00Z"}, ["endsAt"]),
    ({"weight": 0}, ["weight"]),
    ({"callsPerMinute": 0}, ["callsPerMinute"]),
    ({"maxConcurrentCalls": 0}, ["maxConcurrentCalls"]),
]


@pytest.fixture(scope="module")
def owner(shared_installation: Installation) -> Client:
    return shared_installation.root("Northwind")


@pytest.fixture(scope="module")
def campaign(owner: Client) -> str:
    made = owner.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups")
    identifier: str = made["campaign"]["id"]
    return identifier


@pytest.mark.parametrize(("settings", "field"), BAD_SETTINGS)
def test_r22_a_bad_setting_is_refused_with_its_field(
    owner: Client, campaign: str, settings: dict[str, Any], field: list[str]
) -> None:
    before = owner.installation.contents()
    told = [("INVALID_INPUT", field)]
    assert owner.refusals("createCampaign", name="Check-ups", **settings) == told
    assert owner.refusals("updateCampaign", campaignId=campaign, **settings) == told
    preview = "query($input: CreateCampaignInput!) { previewCampaign(input: $input) { notReady { code field } } }"
    answer = owner.body(preview, input={"name": "Check-ups", **settings})
    if "errors" in answer:
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    else:
        assert {"code": "INVALID_INPUT", "field": field} in answer["data"]["previewCampaign"]["notReady"]
    assert owner.installation.contents() == before


def test_r17_closed_dates_are_kept_in_order_each_once(owner: Client) -> None:
    dates = ["2027-01-01", "2026-12-25", "2027-01-01", "2026-07-04"]
    made = owner.mutate_successfully("createCampaign", "campaign { closedDates }", name="C", closedDates=dates)
    assert made["campaign"]["closedDates"] == ["2026-07-04", "2026-12-25", "2027-01-01"]


@pytest.mark.parametrize(
    "settings",
    [
        {"closedDates": ["2026-02-30"]},
        {"closedDates": ["25.12.2026"]},
        {"windows": [WINDOW | {"opens": "24:00"}]},
        {"windows": [WINDOW | {"opens": "9"}]},
        {"windows": [WINDOW | {"days": ["FUNDAY"]}]},
        {"startsAt": "tomorrow"},
    ],
)
def test_r22_what_is_no_date_or_time_is_told_apart(owner: Client, settings: dict[str, Any]) -> None:
    query = "mutation($input: CreateCampaignInput!) { createCampaign(input: $input) { campaign { id } } }"
    (error,) = owner.body(query, input={"name": "Check-ups", **settings})["errors"]
    assert error["extensions"]["code"] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")
    assert "$input" in error["message"] or "input" in error["message"]
