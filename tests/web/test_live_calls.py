"""Live calls at the console: hung up and transferred by whoever may, each refusal in words."""

import re

import pytest
from playwright.sync_api import Page, expect

from models import Scope
from tests.installation import Client
from tests.web.conftest import Visitors, World, tab_to

OURS = "+12065550101"


@pytest.fixture
def answered(clinics: Client) -> str:
    """An inbound call that is in progress, as whoever routed it reports."""
    routed = clinics.do("routeInboundCall", "conversation { id }", calledNumber=OURS, callerNumber="+12065550181")
    identifier: str = routed["conversation"]["id"]
    clinics.do("reportInboundCall", "__typename", conversationId=identifier, status="IN_PROGRESS")
    return identifier


def status(page: Page, words: str) -> None:
    expect(page.get_by_label("Status").locator(".status")).to_have_text(words)


def test_a_queued_call_is_hung_up(clinics: Client, visitors: Visitors) -> None:
    created = clinics.queued(agentNumber="+12065550100", agentConfig={}, to="+12065550180")
    page = visitors.sign_in(clinics, f"/conversations/{created['id']}")
    status(page, "Queued")
    expect(page.get_by_role("button", name="Transfer")).to_have_count(0)
    page.get_by_role("button", name="Hang up").click()
    status(page, "Cancelled")
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0)
    assert clinics.conversation(created["id"])["status"] == "CANCELLED"


def test_the_status_of_a_call_is_live(clinics: Client, visitors: Visitors) -> None:
    routed = clinics.do("routeInboundCall", "conversation { id }", calledNumber=OURS, callerNumber="+12065550181")
    page = visitors.sign_in(clinics, f"/conversations/{routed['conversation']['id']}")
    status(page, "Ringing")
    for said, words in (("IN_PROGRESS", "In progress"), ("COMPLETED", "Completed: hung up")):
        clinics.do("reportInboundCall", "__typename", conversationId=routed["conversation"]["id"], status=said)
        status(page, words)
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0)


def test_a_transfer_shows_its_plan_before_and_its_refusal_in_words(
    clinics: Client, answered: str, visitors: Visitors
) -> None:
    page = visitors.sign_in(clinics, f"/conversations/{answered}")
    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog", name="Transfer the call")
    field = dialog.get_by_label("Third party")
    expect(field).to_be_focused()
    plan = dialog.get_by_role("article", name="They would see")
    expect(plan.locator(".plan-number")).to_have_text("+1 206 555 0181")
    dialog.get_by_text("The agent’s", exact=True).click()  # noqa: RUF001
    expect(plan.locator(".plan-number")).to_have_text("+1 206 555 0101")
    dialog.get_by_text("Warm", exact=True).click()
    expect(plan).to_contain_text("The agent briefs the third party first.")
    expect(dialog.get_by_text("Number they see")).to_have_count(0)
    dialog.get_by_text("Cold", exact=True).click()
    field.fill("+1 206 555 0199")
    expect(plan.locator(".plan-number")).to_have_text("+1 206 555 0101")
    sent = {"conversationId": answered, "kind": "COLD", "displayedNumber": "AGENT_NUMBER"}
    refusal = clinics.mutate("transferConversation", "__typename", **sent, transferNumber="+12065550199")["userErrors"]
    dialog.get_by_role("button", name="Transfer").click()
    expect(dialog.get_by_role("alert")).to_have_text(refusal[0]["message"])
    field.fill("911")
    expect(plan).to_have_attribute("data-refused", "true")
    expect(dialog.get_by_role("button", name="Transfer")).to_be_disabled()


def test_a_call_is_transferred_by_keyboard_as_far_as_it_goes(
    clinics: Client, answered: str, visitors: Visitors
) -> None:
    page = visitors.sign_in(clinics, f"/conversations/{answered}")
    status(page, "In progress")
    tab_to(page, page.get_by_role("button", name="Transfer"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Transfer the call")
    expect(dialog.get_by_label("Third party")).to_be_focused()
    page.keyboard.type("+1 206 555 0199")
    tab_to(page, dialog.get_by_role("radio", name="The caller’s"))  # noqa: RUF001
    page.keyboard.press("ArrowRight")
    expect(dialog.locator(".plan-number")).to_have_text("+1 206 555 0101")
    tab_to(page, dialog.get_by_role("button", name="Transfer"))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Transfer")).to_be_focused()


def test_transfers_are_listed_with_what_the_third_party_sees(
    clinics: Client, answered: str, visitors: Visitors
) -> None:
    transferred(clinics, answered, "COLD", caller_id="+12065550181", displayed="TRANSFEREE_NUMBER")
    transferred(clinics, answered, "WARM", caller_id=None, displayed=None, sip=486)
    page = visitors.sign_in(clinics, f"/conversations/{answered}")
    expect(page.get_by_role("region", name="Transfers").get_by_role("listitem")).to_have_text(
        [
            re.compile(
                r"^Cold to \+1 206 555 0199: Completed. The third party saw \+1 206 555 0181"
                r" as asked for with TRANSFEREE_NUMBER."
            ),
            re.compile(r"^Warm to \+1 206 555 0199: Failed \(486\). The third party was to see a withheld number."),
        ]
    )


def transferred(
    client: Client,
    conversation: str,
    kind: str,
    *,
    caller_id: str | None,
    displayed: str | None,
    sip: int | None = None,
) -> None:
    """As a carrier would have carried it out; how it does is in tests/telephony."""
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
    world: World, clinics: Client, answered: str, visitors: Visitors
) -> None:
    assert world
    page = visitors.sign_in(clinics.with_scopes(Scope.CONVERSATIONS_READ), f"/conversations/{answered}")
    status(page, "In progress")
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0)
    expect(page.get_by_role("button", name="Transfer")).to_have_count(0)
