"""R18, R21: who speaks tells that it was a voicemail, that it is to call back, or that it must never call again."""

from datetime import timedelta
from pathlib import Path

from models import Scope
from tests.campaigns.calling_campaign import ANSWERS, MONDAY_NOON, Calling, serving
from tests.campaigns.test_standing import counted, counts_are_right, standings, statistics
from tests.installation import Client


def live_call(calling: Calling, campaign: str) -> str:
    calling.until_live(1)
    call: str = calling.calls()[0]["id"]
    assert campaign
    return call


def report(client: Client, call: str, outcome: str, **fields: object) -> None:
    client.mutate_successfully("reportOutcome", "conversation { id }", conversationId=call, outcome=outcome, **fields)


def hang_up(calling: Calling, call: str) -> None:
    calling.owner.mutate_successfully("hangUpConversation", "__typename", conversationId=call)


def test_r18_a_voicemail_is_called_again_a_day_later(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(ANSWERS)
        call = live_call(calling, campaign)
        router = calling.owner.with_scopes(Scope.CALLS_ROUTE)
        report(router, call, "VOICEMAIL")
        hang_up(calling, call)
        calling.until_counts(campaign, PENDING=1)
        (contact,) = standings(calling.owner, campaign, outcome="VOICEMAIL")
        assert contact["waitsFor"] == "RETRY"
        assert contact["waitsUntil"] > (MONDAY_NOON + timedelta(hours=23)).isoformat()
        assert counted(statistics(calling.owner, campaign), "byOutcome", "outcome") == {"VOICEMAIL": 1}
        assert counts_are_right(calling)


def test_r18_who_is_to_be_called_back_is_called_then(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(ANSWERS)
        call = live_call(calling, campaign)
        at = MONDAY_NOON + timedelta(hours=2)
        report(calling.owner, call, "CALL_BACK", callBackAt=at.isoformat())
        hang_up(calling, call)
        calling.until_counts(campaign, PENDING=1)
        (contact,) = standings(calling.owner, campaign)
        assert (contact["waitsFor"], contact["waitsUntil"]) == ("RETRY", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        calling.clock.set(at)
        calling.until_counts(campaign, hang_up=True, REACHED=1)


def test_r21_who_must_not_be_called_is_suppressed_in_the_same_transaction(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(ANSWERS)
        call = live_call(calling, campaign)
        beside = calling.campaign(ANSWERS)
        report(calling.owner, call, "DO_NOT_CALL")
        suppressed = calling.owner("{ suppressions { nodes { e164 until source } } }")["suppressions"]["nodes"]
        number = standings(calling.owner, campaign)[0]["e164"]
        assert suppressed == [{"e164": number, "until": None, "source": "reportOutcome"}]
        assert standings(calling.owner, beside)[0]["refusal"]["code"] == "NUMBER_SUPPRESSED"
        hang_up(calling, call)
        calling.until_counts(campaign, REACHED=1)
        refused = calling.owner.call(to=number, agentNumber=calling.number.e164, agentConfig={})["userErrors"]
        assert [each["code"] for each in refused] == ["NUMBER_SUPPRESSED"]
        assert counts_are_right(calling)


def test_r18_an_outcome_is_reported_after_the_end_too_and_anew(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(ANSWERS, ANSWERS, maxConcurrentCalls=1)
        call = live_call(calling, campaign)
        hang_up(calling, call)
        calling.until_counts(campaign, REACHED=1, IN_CALL=1)
        report(calling.owner, call, "VOICEMAIL")
        assert calling.counts(campaign) == {"PENDING": 1, "IN_CALL": 1}
        report(calling.owner, call, "DO_NOT_CALL")
        assert calling.counts(campaign) == {"REACHED": 1, "IN_CALL": 1}
        assert counts_are_right(calling)


def test_r18_what_cannot_have_been_told_is_refused(northwind: Client) -> None:
    number = northwind.number()
    call = northwind.create_queued(agentNumber=number.e164, agentConfig={})["id"]

    def refused(**fields: object) -> list[tuple[str, list[str] | None]]:
        return northwind.refusals("reportOutcome", **{"conversationId": call, "outcome": "VOICEMAIL"} | fields)

    assert refused() == [("INVALID_INPUT", ["conversationId"])]
    assert refused(outcome="BUSY") == [("INVALID_INPUT", ["outcome"])]
    assert refused(outcome="CALL_BACK") == [("INVALID_INPUT", ["callBackAt"])]
    assert refused(callBackAt="2099-01-01T00:00:00Z") == [("INVALID_INPUT", ["callBackAt"])]
    past = refused(outcome="CALL_BACK", callBackAt="2020-01-01T00:00:00Z")
    assert past == [("INVALID_INPUT", ["callBackAt"])]
    stranger = northwind.child()
    answers = [
        stranger.mutate("reportOutcome", "__typename", conversationId=each, outcome="VOICEMAIL")
        for each in (call, "cnv_" + "0" * 26)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["userErrors"][0]["code"] == "CONVERSATION_NOT_FOUND"
