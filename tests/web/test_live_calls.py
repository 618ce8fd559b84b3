"""Live calls at the console: hanging up and transferring, with and without the scope, and how refusals are shown."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from models import Scope
from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, tab_to

OURS = "+12065550101"


@pytest.fixture
def answered_call(clinics: Client) -> str:
    """An inbound call that was reported as in progress; returns the conversation's id."""
    routed = clinics.mutate_successfully(
        "routeInboundCall", "conversation { id }", calledNumber=OURS, callerNumber="+12065550181"
    )
    identifier: str = routed["conversation"]["id"]
    clinics.mutate_successfully("reportInboundCall", "__typename", conversationId=identifier, status="IN_PROGRESS")
    return identifier


def expect_status(page: Page, words: str) -> None:
    expect(page.get_by_label("Status").locator(".status")).to_have_text(words)


def test_a_queued_call_is_hung_up(clinics: Client, browsers: Browsers) -> None:
    created = clinics.create_queued(agentNumber="+12065550100", agentConfig={}, to="+12065550180")
    page = browsers.sign_in(clinics, f"/conversations/{created['id']}")
    expect_status(page, "Queued")
    expect(page.get_by_role("button", name="Transfer")).to_have_count(0)
    page.get_by_role("button", name="Hang up").click()
    expect_status(page, "Cancelled")
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0)
    assert clinics.conversation(created["id"])["status"] == "CANCELLED"


def test_the_status_of_a_call_is_live(clinics: Client, browsers: Browsers) -> None:
    routed = clinics.mutate_successfully(
        "routeInboundCall", "conversation { id }", calledNumber=OURS, callerNumber="+12065550181"
    )
    page = browsers.sign_in(clinics, f"/conversations/{routed['conversation']['id']}")
    expect_status(page, "Ringing")
    for said, words in (("IN_PROGRESS", "In progress"), ("COMPLETED", "Completed: hung up")):
        clinics.mutate_successfully(
            "reportInboundCall", "__typename", conversationId=routed["conversation"]["id"], status=said
        )
        expect_status(page, words)
    expect(stages(page, done=True)).to_have_text(["Ringing", "In progress", "Completed"])
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0)


ENDED = "ended_at = created_at"
DIALED = "dialed_at = created_at, server_id = 'srv_1'"


@pytest.mark.parametrize(
    ("updates", "words", "reached"),
    [
        (
            [f"status = 'DIALING', {DIALED}", f"status = 'FAILED', end_reason = 'REJECTED', sip_status = 603, {ENDED}"],
            "Failed: declined (603)",
            ["Queued", "Dialing", "Failed"],
        ),
        (
            [f"status = 'DIALING', {DIALED}", f"status = 'UNANSWERED', end_reason = 'NO_ANSWER', {ENDED}"],
            "Unanswered: no answer",
            ["Queued", "Dialing", "Ringing", "Unanswered"],
        ),
        (
            [
                f"status = 'DIALING', {DIALED}",
                "status = 'IN_PROGRESS', answered_at = created_at",
                f"status = 'COMPLETED', end_reason = 'HANGUP', {ENDED}",
            ],
            "Completed: hung up",
            ["Queued", "Dialing", "Ringing", "In progress", "Completed"],
        ),
    ],
)
def test_an_ended_call_tells_why_and_the_stages_that_it_reached(
    clinics: Client, browsers: Browsers, updates: list[str], words: str, reached: list[str]
) -> None:
    created = clinics.create_queued(agentNumber="+12065550100", agentConfig={}, to="+12065550180")["id"]
    clinics.installation.rows(
        "INSERT INTO server (id, started_at, seen_at) SELECT 'srv_1', created_at, created_at FROM conversation"
    )
    for update in updates:
        clinics.installation.rows(f"UPDATE conversation SET {update} WHERE id = ?", created)
    page = browsers.sign_in(clinics, f"/conversations/{created}")
    expect_status(page, words)
    expect(stages(page, done=True)).to_have_text(reached)
    colours = stages(page, done=True).evaluate_all("all => all.map(one => getComputedStyle(one).color)")
    grey = stages(page, done=False).evaluate_all("all => all.map(one => getComputedStyle(one).color)")
    assert set(colours).isdisjoint(grey)


def stages(page: Page, *, done: bool) -> Locator:
    return page.locator(f'.stages li[data-reached="{str(done).lower()}"]')


def test_a_transfer_shows_its_plan_before_and_its_refusal_in_words(
    clinics: Client, answered_call: str, browsers: Browsers
) -> None:
    page = browsers.sign_in(clinics, f"/conversations/{answered_call}")
    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog", name="Transfer the call")
    field = dialog.get_by_label("Third party")
    expect(field).to_be_focused()
    plan = dialog.get_by_role("article", name="They would see")
    expect(plan.locator(".transfer-plan-number")).to_have_text("+1 206 555 0181")
    dialog.get_by_text("The agent’s", exact=True).click()  # noqa: RUF001
    expect(plan.locator(".transfer-plan-number")).to_have_text("+1 206 555 0101")
    dialog.get_by_text("Warm", exact=True).click()
    expect(plan).to_contain_text("The agent briefs the third party first.")
    expect(dialog.get_by_text("Number they see")).to_have_count(0)
    dialog.get_by_text("Cold", exact=True).click()
    field.fill("+1 206 555 0199")
    expect(plan.locator(".transfer-plan-number")).to_have_text("+1 206 555 0101")
    sent = {"conversationId": answered_call, "kind": "COLD", "displayedNumber": "AGENT_NUMBER"}
    refusal = clinics.mutate("transferConversation", "__typename", **sent, transferNumber="+12065550199")["userErrors"]
    dialog.get_by_role("button", name="Transfer").click()
    expect(dialog.get_by_role("alert")).to_have_text(refusal[0]["message"])
    field.fill("911")
    expect(plan).to_have_attribute("data-refused", "true")
    expect(dialog.get_by_role("button", name="Transfer")).to_be_disabled()


def test_a_call_is_transferred_by_keyboard_as_far_as_it_goes(
    clinics: Client, answered_call: str, browsers: Browsers
) -> None:
    page = browsers.sign_in(clinics, f"/conversations/{answered_call}")
    expect_status(page, "In progress")
    tab_to(page, page.get_by_role("button", name="Transfer"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Transfer the call")
    expect(dialog.get_by_label("Third party")).to_be_focused()
    page.keyboard.type("+1 206 555 0199")
    tab_to(page, dialog.get_by_role("radio", name="The caller’s"))  # noqa: RUF001
    page.keyboard.press("ArrowRight")
    expect(dialog.locator(".transfer-plan-number")).to_have_text("+1 206 555 0101")
    tab_to(page, dialog.get_by_role("button", name="Transfer"))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Transfer")).to_be_focused()


def test_transfers_are_listed_with_what_the_third_party_sees(
    clinics: Client, answered_call: str, browsers: Browsers
) -> None:
    insert_transfer(clinics, answered_call, "COLD", caller_id="+12065550181", displayed="TRANSFEREE_NUMBER")
    insert_transfer(clinics, answered_call, "WARM", caller_id=None, displayed=None, sip=486)
    page = browsers.sign_in(clinics, f"/conversations/{answered_call}")
    expect(page.get_by_role("region", name="Transfers").get_by_role("listitem")).to_have_text(
        [
            re.compile(
                r"^Cold to \+1 206 555 0199: Completed. The third party saw \+1 206 555 0181"
                r" as asked for with TRANSFEREE_NUMBER."
            ),
            re.compile(r"^Warm to \+1 206 555 0199: Failed \(486\). The third party was to see a withheld number."),
        ]
    )


def test_a_transfer_that_failed_is_told_beside_the_status(
    clinics: Client, answered_call: str, browsers: Browsers
) -> None:
    insert_transfer(clinics, answered_call, "COLD", caller_id="+12065550181", displayed="TRANSFEREE_NUMBER", sip=486)
    page = browsers.sign_in(clinics, f"/conversations/{answered_call}")
    told = page.get_by_role("region", name="Status").get_by_text("Cold transfer to +1 206 555 0199: failed (486)")
    expect(told).to_be_in_viewport(ratio=1)
    expect(told).to_have_attribute("data-status", "FAILED")
    expect(page.locator(".toast")).to_have_count(0)


def insert_transfer(
    client: Client,
    conversation: str,
    kind: str,
    *,
    caller_id: str | None,
    displayed: str | None,
    sip: int | None = None,
) -> None:
    """Insert a transfer as the worker would record it; tests/telephony covers how it is carried out."""
    client.installation.rows(
        "INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, displayed_number,"
        " caller_id, sip_status, created_at, ended_at)"
        " SELECT ?, organization_id, id, ?, ?, '+12065550199', ?, ?, ?, created_at, created_at"
        " FROM conversation WHERE id = ?",
        f"trf_{kind.lower():0>26}",
        kind,
        "FAILED" if sip else "COMPLETED",
        displayed,
        caller_id,
        sip,
        conversation,
    )


def test_r15_a_key_that_only_reads_has_neither(
    demo: DemoClients, clinics: Client, answered_call: str, browsers: Browsers
) -> None:
    assert demo
    page = browsers.sign_in(clinics.with_scopes(Scope.CONVERSATIONS_READ), f"/conversations/{answered_call}")
    expect_status(page, "In progress")
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0)
    expect(page.get_by_role("button", name="Transfer")).to_have_count(0)
