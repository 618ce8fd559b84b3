"""R22: the life of a campaign, from its creation over a pause and an edit to its end."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.campaigns.calling_campaign import ALWAYS, ANSWERS, MONDAY_NOON, serving
from tests.installation import Client

FAILS = "0105"
FIELDS = {"name": "Check-ups"}


def created(client: Client, **fields: object) -> str:
    made = client.mutate_successfully("createCampaign", "campaign { id }", **(FIELDS | fields))
    campaign: str = made["campaign"]["id"]
    return campaign


def with_contacts(client: Client, campaign: str, *numbers: str) -> str:
    sent = [{"e164": each} for each in numbers or ("+12125550100",)]
    added = client.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=sent)
    assert added["accepted"] == len(sent)
    return campaign


def ready(client: Client, **fields: object) -> str:
    """Create a campaign that lacks nothing."""
    number, version = client.number(), client.version(client.agent())
    sent = {"agentVersionId": version, "agentNumber": number.e164} | fields
    return with_contacts(client, created(client, **sent))


def missing(client: Client, campaign: str) -> list[str]:
    """Start a campaign, and return the messages of what it lacks."""
    errors = client.mutate("startCampaign", "campaign { id }", campaignId=campaign)["userErrors"]
    assert {(each["code"], *each["field"]) for each in errors} <= {("CAMPAIGN_NOT_READY", "campaignId")}
    return [each["message"] for each in errors]


# ---------------------------------------------------------------------------------------------- creation


def test_r22_a_campaign_is_created_once_for_its_key(northwind: Client) -> None:
    version = northwind.version(northwind.agent())
    sent = {"idempotencyKey": "autumn", "agentVersionId": version, "agentNumber": "+1 206 555 0100"}
    first = created(northwind, **sent)
    assert created(northwind, **sent | {"agentNumber": "+12065550100", "weight": 10, "closedDates": None}) == first
    assert created(northwind, **sent | {"idempotencyKey": "winter"}) != first
    reused = ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])
    assert northwind.refusals("createCampaign", name="Others", **sent) == [reused]
    assert northwind.refusals("createCampaign", **FIELDS, **sent, weight=11) == [reused]
    assert created(northwind.child(), idempotencyKey="autumn") != first


def test_r22_a_refused_creation_does_not_use_up_its_key(northwind: Client) -> None:
    assert northwind.refusals("createCampaign", **FIELDS, idempotencyKey="key", agentId="agt_none") == [
        ("AGENT_NOT_FOUND", ["agentId"])
    ]
    assert created(northwind, idempotencyKey="key")


def test_r22_a_campaign_does_not_end_before_it_starts(northwind: Client) -> None:
    period = {"startsAt": "2026-12-02T00:00:00Z", "endsAt": "2026-12-01T00:00:00Z"}
    assert northwind.refusals("createCampaign", **FIELDS, **period) == [("INVALID_INPUT", ["endsAt"])]
    campaign = created(northwind, startsAt=period["startsAt"])
    refused = northwind.refusals("updateCampaign", campaignId=campaign, endsAt=period["endsAt"])
    assert refused == [("INVALID_INPUT", ["endsAt"])]
    ending = created(northwind, endsAt=period["endsAt"])
    refused = northwind.refusals("updateCampaign", campaignId=ending, startsAt=period["startsAt"])
    assert refused == [("INVALID_INPUT", ["startsAt"])]


# ------------------------------------------------------------------------------------------------- start


def test_r22_starting_says_all_that_is_missing_at_once(northwind: Client) -> None:
    agent = northwind.agent()
    version = northwind.version(agent)
    unwired = northwind.number(trunk=northwind.trunk(outbound=False))
    nobody = created(northwind, agentVersionId=version, agentNumber=unwired.e164, endsAt="2020-01-01T00:00:00Z")
    northwind.mutate_successfully("updateAgent", "__typename", agentId=agent, active=False)
    agent_is_off, cannot_dial, no_contacts, has_ended = missing(northwind, nobody)
    assert "switched off" in agent_is_off
    assert "no outbound configuration" in cannot_dial
    assert "nobody to call" in no_contacts
    assert "endsAt has passed" in has_ended
    query = "query($id: ID!) { campaign(id: $id) { status startedAt } }"
    assert northwind(query, id=nobody)["campaign"] == {"status": "DRAFT", "startedAt": None}


def test_r22_starting_needs_an_agent_and_a_number(northwind: Client) -> None:
    campaign = with_contacts(northwind, created(northwind))
    assert len(missing(northwind, campaign)) == 1  # no number, and so nobody who would speak from it
    northwind.number()
    (no_agent,) = missing(northwind, campaign)
    assert "agent" in no_agent
    foreign = with_contacts(northwind, created(northwind, agentNumber=northwind.child().number().e164))
    assert "not a number that this organization owns" in missing(northwind, foreign)[0]


def test_r22_starting_needs_a_time_zone_and_an_open_window(northwind: Client) -> None:
    night = [{"days": ["MONDAY"], "opens": "22:00", "closes": "23:00"}]
    assert "No window opens" in missing(northwind, ready(northwind, windows=night))[0]
    ends = ready(northwind, startsAt="2099-11-28T15:00:00Z", endsAt="2099-11-28T16:00:00Z")  # on a Saturday
    assert "No window opens" in missing(northwind, ends)[0]
    assert missing(northwind, ready(northwind, windows=ALWAYS)) == []


def test_r22_what_runs_is_started_again_without_a_change(northwind: Client) -> None:
    campaign = ready(northwind)
    answers = [
        northwind.mutate_successfully("startCampaign", "campaign { status startedAt revision }", campaignId=campaign)
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert (answers[0]["campaign"]["status"], answers[0]["campaign"]["revision"]) == ("RUNNING", 1)


# -------------------------------------------------------------------------------------------------- edits


def test_r22_an_edit_counts_and_is_guarded_by_the_revision(northwind: Client) -> None:
    campaign = created(northwind)
    answer = northwind.mutate_successfully(
        "updateCampaign", "campaign { name revision weight }", campaignId=campaign, name="Others", expectedRevision=1
    )
    assert answer["campaign"] == {"name": "Others", "revision": 2, "weight": 10}
    again = northwind.refusals("updateCampaign", campaignId=campaign, name="Mine", expectedRevision=1)
    assert again == [("CAMPAIGN_CHANGED", ["expectedRevision"])]
    same = northwind.mutate_successfully(
        "updateCampaign", "campaign { revision }", campaignId=campaign, name="Others", weight=None
    )
    assert same["campaign"]["revision"] == 2


def test_r22_the_agent_changes_in_a_draft_or_a_paused_campaign_alone(northwind: Client) -> None:
    campaign, other = ready(northwind), northwind.version(northwind.agent())
    northwind.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
    refused = northwind.refusals("updateCampaign", campaignId=campaign, agentVersionId=other)
    assert refused == [("CAMPAIGN_NOT_EDITABLE", ["agentVersionId"])]
    northwind.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, callsPerMinute=5)
    northwind.mutate_successfully("pauseCampaign", "__typename", campaignId=campaign)
    changed = northwind.mutate_successfully(
        "updateCampaign", "campaign { agentVersion { id } revision }", campaignId=campaign, agentVersionId=other
    )
    assert changed["campaign"] == {"agentVersion": {"id": other}, "revision": 3}


def test_r22_what_has_ended_is_final(northwind: Client) -> None:
    campaign = ready(northwind)
    northwind.mutate_successfully("cancelCampaign", "__typename", campaignId=campaign)
    for mutation, sent in (
        ("startCampaign", {}),
        ("pauseCampaign", {}),
        ("cancelCampaign", {}),
        ("updateCampaign", {"name": "Again"}),
    ):
        assert northwind.refusals(mutation, campaignId=campaign, **sent) == [("CAMPAIGN_ENDED", ["campaignId"])]
    stranger = northwind.child()
    for mutation in ("startCampaign", "pauseCampaign", "cancelCampaign", "updateCampaign"):
        assert stranger.refusals(mutation, campaignId=campaign) == [("CAMPAIGN_NOT_FOUND", ["campaignId"])]


# ----------------------------------------------------------------------------------------- audit and neighbours


def test_r22_each_step_is_in_the_audit(northwind: Client) -> None:
    campaign = ready(northwind)
    northwind.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, weight=20)
    for mutation in ("startCampaign", "pauseCampaign", "cancelCampaign"):
        northwind.mutate_successfully(mutation, "__typename", campaignId=campaign)
    query = """query($id: ID!) { auditEvents(filter: { subjectId: $id }) { nodes { action before after apiKey { id } } } }"""
    events = northwind(query, id=campaign)["auditEvents"]["nodes"][::-1]
    assert [each["action"].removeprefix("CAMPAIGN_") for each in events] == [
        "CREATED",
        "UPDATED",
        "STARTED",
        "PAUSED",
        "ENDED",
    ]
    assert all(each["apiKey"] for each in events)
    assert (events[1]["before"]["weight"], events[1]["after"]["weight"]) == (10, 20)
    assert events[0]["after"]["windows"][0]["opens"] == "09:00"
    assert events[3]["after"] == {"status": "PAUSED", "pauseReason": "ASKED"}
    assert events[4]["after"] == {"status": "CANCELLED", "pauseReason": None}


def test_r22_a_number_of_a_campaign_is_deleted_and_the_campaign_says_so_at_its_start(northwind: Client) -> None:
    number, version = northwind.number(), northwind.version(northwind.agent())
    campaign = with_contacts(northwind, created(northwind, agentVersionId=version, agentNumber=number.e164))
    northwind.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number.id)
    assert "not a number that this organization owns" in missing(northwind, campaign)[0]


# ------------------------------------------------------------------------------------------ while it calls


def test_r22_a_paused_campaign_calls_nobody_and_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(*[ANSWERS] * 4, maxConcurrentCalls=2)
        calling.until_live(2)
        calling.owner.mutate_successfully("pauseCampaign", "__typename", campaignId=campaign)
        assert calling.counts(campaign) == {"IN_CALL": 2, "PENDING": 2}
        calling.until_counts(campaign, hang_up=True, REACHED=2, PENDING=2)
        assert calling.read(campaign)["status"] == "PAUSED"
        calling.start(campaign)
        calling.until_counts(campaign, hang_up=True, REACHED=4)
        calling.until(campaign, "COMPLETED")


def test_r22_queued_calls_of_a_paused_campaign_end_without_an_attempt(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        calling.owner.mutate_successfully("updateTrunk", "__typename", trunkId=calling.trunk, maxConcurrentCalls=1)
        campaign = calling.started(*[ANSWERS] * 3)
        calling.until_live(1)
        calling.owner.mutate_successfully("pauseCampaign", "campaign { status }", campaignId=campaign)
        assert calling.calls("QUEUED") == []
        assert calling.counts(campaign) == {"IN_CALL": 1, "PENDING": 2}
        rows = calling.server.rows("SELECT attempt_count FROM contact WHERE status = 'PENDING'")
        assert rows == [(0,), (0,)]


def test_r22_a_campaign_starts_and_ends_at_its_dates(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        later, end = MONDAY_NOON + timedelta(minutes=30), MONDAY_NOON + timedelta(minutes=60)
        dates = {"startsAt": later.isoformat(), "endsAt": end.isoformat()}
        campaign = calling.started(*[ANSWERS] * 3, maxConcurrentCalls=1, **dates)
        beside = calling.started(ANSWERS)
        calling.until_counts(beside, hang_up=True, REACHED=1)
        assert calling.counts(campaign) == {"PENDING": 3}
        calling.clock.set(later)
        calling.until_live(1)
        calling.clock.set(end)
        assert calling.until(campaign, "COMPLETED")["endedAt"]
        assert calling.counts(campaign) == {"IN_CALL": 1, "EXPIRED": 2}
        calling.until_counts(campaign, hang_up=True, REACHED=1, EXPIRED=2)


@pytest.mark.parametrize("hang_up", [False, True])
def test_r22_a_cancelled_campaign_lets_its_calls_end_or_hangs_up(tmp_path: Path, hang_up: bool) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(*[ANSWERS] * 3, maxConcurrentCalls=1)
        calling.until_live(1)
        answer = calling.owner.mutate_successfully(
            "cancelCampaign", "campaign { status endedAt }", campaignId=campaign, hangUpLive=hang_up
        )
        assert answer["campaign"]["status"] == "CANCELLED"
        assert answer["campaign"]["endedAt"]
        calling.until_counts(campaign, hang_up=not hang_up, REACHED=1, EXPIRED=2)


def test_r22_a_campaign_pauses_itself_when_its_agent_is_switched_off(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(*[ANSWERS] * 3, maxConcurrentCalls=1)
        calling.until_live(1)
        calling.owner.mutate_successfully("updateAgent", "__typename", agentId=calling.agent, active=False)
        assert calling.until(campaign, "PAUSED")["pauseReason"] == "AGENT_INACTIVE"
        calling.until_counts(campaign, hang_up=True, REACHED=1, PENDING=2)
        assert "switched off" in missing(calling.owner, campaign)[0]


def test_r22_a_campaign_pauses_itself_when_its_number_is_deleted(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.campaign(*[ANSWERS] * 2, startsAt=(MONDAY_NOON + timedelta(minutes=5)).isoformat())
        calling.start(campaign)
        calling.owner.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=calling.number.id)
        calling.clock.set(MONDAY_NOON + timedelta(minutes=6))
        assert calling.until(campaign, "PAUSED")["pauseReason"] == "NO_POOL_NUMBER"
        assert calling.counts(campaign) == {"PENDING": 2}


def test_r22_a_campaign_pauses_itself_when_half_of_its_calls_fail(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(*[FAILS] * 40, maxConcurrentCalls=5)
        assert calling.until(campaign, "PAUSED")["pauseReason"] == "FAILURE_RATE"
        failed = calling.server.rows("SELECT count(*) FROM conversation WHERE status = 'FAILED'")[0][0]
        assert 20 <= failed < 40
        calling.start(campaign)
        calling.until_counts(campaign, PENDING=40)


def test_r23_what_an_edit_forbids_is_not_dialed(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        calling.owner.mutate_successfully("updateTrunk", "__typename", trunkId=calling.trunk, maxConcurrentCalls=1)
        campaign = calling.started(*[ANSWERS] * 3)
        calling.until_live(1)
        night = [{"days": ["MONDAY"], "opens": "19:00", "closes": "20:00"}]
        calling.owner.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, windows=night)
        calling.until_counts(campaign, hang_up=True, REACHED=1, PENDING=2)
        assert calling.calls("QUEUED") == []
        calling.clock.set(MONDAY_NOON + timedelta(hours=7, minutes=30))
        calling.until_counts(campaign, hang_up=True, REACHED=3)


def test_r23_an_attempt_whose_window_closes_while_it_waits_is_not_dialed(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        night = [{"days": ["MONDAY"], "opens": "19:00", "closes": "20:00"}]
        campaign = calling.started(ANSWERS, windows=night)
        # As if it had been queued before, and room for it had been lost since: a call seldom waits for a second.
        calling.server.rows(
            "UPDATE contact SET status = 'IN_CALL', attempt_count = 1 WHERE campaign_id = ?",
            campaign,
        )
        calling.server.rows(
            "INSERT INTO conversation (id, organization_id, direction, status, agent_number, user_number,"
            " phone_number_id, trunk_id, created_at, campaign_id, contact_id, attempt_number, window_ends_at)"
            " SELECT ?, number.organization_id, 'OUTBOUND', 'QUEUED', number.e164, contact.e164, number.id,"
            " number.trunk_id, ?, campaign_id, contact.id, 1, ?"
            " FROM contact JOIN phone_number AS number ON number.e164 = ? WHERE campaign_id = ?",
            *(f"cnv_{campaign.removeprefix('cmp_')}", *2 * [f"{MONDAY_NOON:%F %T}.000000"]),
            *(calling.number.e164, campaign),
        )
        calling.until_counts(campaign, PENDING=1)
        query = "{ conversations { nodes { endReason status } } }"
        (ended,) = calling.owner(query)["conversations"]["nodes"]
        assert ended == {"endReason": "WINDOW_CLOSED", "status": "CANCELLED"}
