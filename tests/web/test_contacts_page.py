"""A campaign's contacts with their filters in the address, and a contact's page: its attempts, each with the reason for its
number, what it waits for, and what may be done about it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from models import Scope
from tests.campaigns.campaign_server import (
    Outbound,
    answering,
    create_campaign,
    hang_up,
    pool,
    run_outbound,
    until_calls,
)
from tests.campaigns.test_campaign import BUSY, MONDAY_NOON
from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, expect_address, fail_requests
from tests.web.test_screenshots import THEMES, screenshot_and_audit

HOURLY = {"maxAttempts": 3, "delays": [{"outcome": outcome, "minutes": 60} for outcome in ("BUSY", "VOICEMAIL")]}
MANY = 130
CALL_BACK_IN_THE_PAST = "2020-01-01T09:00"


def numbers(page: Page) -> Locator:
    return page.locator("td.col-contact .row-link")


def attempts(page: Page) -> Locator:
    return page.get_by_role("list", name="Attempts, the first first").locator("> li")


def contact_of(client: Client, campaign: str) -> str:
    """Return the path of the newest contact of a campaign."""
    query = "query($id: ID!) { campaign(id: $id) { contacts(first: 1) { nodes { id } } } }"
    contact: str = client(query, id=campaign)["campaign"]["contacts"]["nodes"][0]["id"]
    return f"/campaigns/{campaign}/contacts/{contact}"


def draft(client: Client, count: int) -> str:
    """Create a draft with contacts, the newest of which has the highest number."""
    made = client.mutate_successfully("createCampaign", "campaign { id }", name="Draft")
    campaign: str = made["campaign"]["id"]
    contacts = [{"e164": f"+1206555{line:04}", "externalId": f"row-{line}"} for line in range(count)]
    client.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=contacts)
    return campaign


# ------------------------------------------------------------------------------------------------------- the list


@pytest.fixture(scope="module")
def clinics(shared_demo: DemoClients) -> Client:
    """Harbor Clinics: its campaign is paused, 36 contacts wait and 4 are refused."""
    return shared_demo["Harbor Clinics"]


@pytest.fixture(scope="module")
def paused(clinics: Client) -> str:
    campaigns = clinics("{ campaigns(filter: { status: [PAUSED] }) { nodes { id } } }")["campaigns"]["nodes"]
    campaign: str = campaigns[0]["id"]
    return campaign


@pytest.fixture(scope="module")
def many(clinics: Client) -> str:
    return draft(clinics, MANY)


def test_the_address_names_the_statuses_to_show(clinics: Client, browsers: Browsers, paused: str) -> None:
    page = browsers.sign_in(clinics, f"/campaigns/{paused}/contacts?status=REFUSED")
    expect(page.get_by_text("4 loaded")).to_be_visible()
    expect(page.locator("td.col-status")).to_have_text(["Refused"] * 4)
    expect(page.locator("td.col-standing", has_text="The number must not be called.")).to_have_count(3)
    page.get_by_label("Status", exact=True).select_option(label="Pending")
    expect(page.get_by_text("36 loaded")).to_be_visible()
    expect_address(page, clinics, f"/campaigns/{paused}/contacts?status=PENDING")
    page.goto(f"/campaigns/{paused}/contacts?status=REFUSED,PENDING")
    expect(page.get_by_text("40 loaded")).to_be_visible()
    expect(page.get_by_label("Status", exact=True).locator("option:checked")).to_have_text("Refused, Pending")


def test_the_other_filters_live_in_the_address_too(clinics: Client, browsers: Browsers, many: str) -> None:
    page = browsers.sign_in(clinics, f"/campaigns/{many}/contacts?waitsFor=CAMPAIGN&number=50010")
    expect(numbers(page)).to_have_text(["+1 206 555 0010"])
    expect(page.locator("td.col-standing")).to_have_text(["Waits for its campaign to run"])
    page.get_by_label("Last outcome").select_option(label="Busy")
    expect(page.get_by_role("heading", name="No contact matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    page.get_by_label("Your id").fill("row-7")
    expect(numbers(page)).to_have_text(["+1 206 555 0007"])
    expect_address(page, clinics, f"/campaigns/{many}/contacts?externalId=row-7")


def test_pages_lead_onward_and_can_be_shared(clinics: Client, browsers: Browsers, many: str) -> None:
    page = browsers.sign_in(clinics, f"/campaigns/{many}/contacts")
    expect(numbers(page).first).to_have_text("+1 206 555 0129")
    pages = page.get_by_role("navigation", name="Pages of contacts")
    pages.get_by_role("button", name="Next").click()
    expect(page.get_by_role("row", name="+1 206 555 0079")).to_be_in_viewport()
    page.reload()
    expect(numbers(page).first).to_have_text("+1 206 555 0079")
    expect(pages.get_by_role("button")).to_have_text(["First", "Previous", "Next"])
    expect(pages.get_by_role("button", name="Previous")).to_be_disabled()
    pages.get_by_role("button", name="First").click()
    expect(numbers(page).first).to_have_text("+1 206 555 0129")


def test_the_keyboard_leads_to_a_contact(clinics: Client, browsers: Browsers, many: str) -> None:
    page = browsers.sign_in(clinics, f"/campaigns/{many}/contacts?number=500")
    page.keyboard.press("/")
    expect(page.get_by_label("Digits of the number")).to_be_focused()
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("j")
    expect(page.get_by_role("row", name="+1 206 555 0098")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="+1 206 555 0098", level=1)).to_be_visible()
    page.get_by_role("link", name="Contacts", exact=True).click()
    expect(numbers(page).first).to_have_text("+1 206 555 0129")


def test_r15_contacts_of_others_do_not_exist(shared_demo: DemoClients, browsers: Browsers, paused: str) -> None:
    stranger = shared_demo["Contoso"]
    path = contact_of(shared_demo["Harbor Clinics"], paused)
    page = browsers.sign_in(stranger, path)
    expect(page.get_by_role("heading", name="There is no such contact")).to_be_visible()
    page.get_by_role("link", name="All contacts").click()
    expect(page.get_by_role("heading", name="There is no such campaign")).to_be_visible()


# ------------------------------------------------------------------------------------- what is known of a contact


def test_a_refusal_is_said_in_words(clinics: Client, browsers: Browsers, paused: str) -> None:
    page = browsers.sign_in(clinics, f"/campaigns/{paused}/contacts?status=REFUSED")
    page.get_by_role("row", name="The number must not be called.").first.click()
    standing = page.get_by_role("region", name="Where it stands")
    expect(standing).to_contain_text("Refused")
    expect(standing.locator("code")).to_have_text(["NUMBER_SUPPRESSED"])
    expect(standing).to_contain_text("ask whoever manages the suppressions")
    expect(page.get_by_text("It was never called.")).to_be_visible()
    expect(attempts(page)).to_have_count(0)


def test_a_contact_is_removed_and_an_error_loses_nothing(demo: DemoClients, browsers: Browsers) -> None:
    clinics = demo["Harbor Clinics"]
    page = browsers.sign_in(clinics, contact_of(clinics, draft(clinics, 1)))
    browsers.expect_console_error("ERR_FAILED")
    page.get_by_role("button", name="Remove contact").click()
    dialog = page.get_by_role("dialog", name="Remove +1 206 555 0000?")
    with fail_requests(page, "mutation RemoveContacts"):
        dialog.get_by_role("button", name="Remove contact").click()
        expect(dialog.get_by_role("alert")).to_contain_text("The server cannot be reached")
    standing = page.get_by_role("region", name="Where it stands")
    expect(standing).to_contain_text("Pending")
    dialog.get_by_role("button", name="Remove contact").click()
    expect(standing).to_contain_text("It was removed from the campaign.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove contact")).to_have_count(0)


# ----------------------------------------------------------------------------------------------------- after calls


@pytest.fixture(scope="module")
def outbound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbound]:
    with run_outbound(tmp_path_factory.mktemp("calls")) as server:
        yield server


@dataclass(frozen=True)
class Called:
    """An organization whose campaign has called its contact."""

    owner: Client
    campaign: str
    number: str

    @property
    def path(self) -> str:
        return contact_of(self.owner, self.campaign)


def caller(outbound: Outbound, suffix: str, calls: int) -> Called:
    """Have a campaign of a new organization call somebody from a pool of two numbers, once."""
    owner = outbound.server.root()
    owner.organization_id = owner("{ viewer { organization { id } } }")["viewer"]["organization"]["id"]
    trunk = outbound.trunk(owner)
    chosen, other = owner.number(trunk=trunk), owner.number(trunk=trunk)
    fields = {"agentVersionId": owner.version(owner.agent()), "pool": pool(chosen, other), "retries": HOURLY}
    contact = {"e164": f"+1212200{suffix}"} if suffix == BUSY else answering("212", 1)
    campaign = create_campaign(owner, [contact], **fields)
    return Called(owner, campaign, until_calls(owner, calls)[0]["agentNumber"])


@pytest.fixture(scope="module")
def busy(outbound: Outbound) -> Called:
    """A contact who was busy twice, and waits for the third attempt."""
    called = caller(outbound, BUSY, 1)
    outbound.clock.set(MONDAY_NOON + timedelta(minutes=61))
    until_calls(called.owner, 2)
    return called


def answered(outbound: Outbound) -> Called:
    return caller(outbound, "", 1)


def spoken(number: str) -> str:
    """Write a North American number as the page does."""
    return f"+1 {number[2:5]} {number[5:8]} {number[8:]}"


def test_the_timeline_has_the_reason_for_each_number(busy: Called, browsers: Browsers) -> None:
    page = browsers.sign_in(busy.owner, busy.path)
    expect(attempts(page)).to_have_count(3)
    first, again, to_come = (attempts(page).nth(place) for place in range(3))
    last_attempt = f"Of the pool, {busy.number} made the last attempt to reach the contact."
    for attempt in (first, again):
        expect(attempt.locator("> header")).to_contain_text("Busy")
        expect(attempt.locator("> header time")).to_contain_text("Nov 30, 2026")
        expect(attempt).to_contain_text(f"From {spoken(busy.number)}")
    expect(first).not_to_contain_text(last_attempt)
    expect(first.locator(".attempt-reason")).not_to_be_empty()
    expect(again.locator(".attempt-reason")).to_have_text(last_attempt)
    expect(to_come).to_contain_text(f"Now it would go out from {spoken(busy.number)}")
    expect(to_come.locator(".attempt-reason")).to_have_text(last_attempt)
    standing = page.get_by_role("region", name="Where it stands")
    expect(standing).to_contain_text("Waits for its retry, until")
    expect(standing).to_contain_text("in America/New_York")


def test_an_attempt_unfolds_its_steps_and_leads_to_its_conversation_and_back(busy: Called, browsers: Browsers) -> None:
    page = browsers.sign_in(busy.owner, busy.path)
    again = attempts(page).nth(1)
    again.get_by_text("Why this number").click()
    expect(again.get_by_role("list", name="The four steps").get_by_role("heading")).to_have_count(4)
    expect(again.get_by_role("list", name="Candidates").get_by_role("listitem")).to_have_count(2)
    again.get_by_role("link", name="Conversation of attempt 2").click()
    expect(page.get_by_role("heading", name="Call to +1 212 200 0101")).to_be_visible()
    page.get_by_role("link", name="C", exact=True).click()
    expect_address(page, busy.owner, f"/campaigns/{busy.campaign}")
    page.go_back()
    page.get_by_role("link", name="+1 212 200 0101").click()
    expect(attempts(page)).to_have_count(3)
    expect_address(page, busy.owner, busy.path)


def test_r15_a_key_for_campaigns_alone_reads_the_reasons_and_changes_nothing(busy: Called, browsers: Browsers) -> None:
    reader = busy.owner.with_scopes(Scope.CAMPAIGNS_READ)
    page = browsers.sign_in(reader, busy.path)
    again = attempts(page).nth(1)
    again.get_by_text("Why this number").click()
    expect(again.get_by_role("list", name="Candidates").get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("link", name="Conversation of attempt 2")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove contact")).to_have_count(0)


def test_r18_a_voicemail_is_reported_and_what_is_refused_can_be_mended(outbound: Outbound, browsers: Browsers) -> None:
    called = answered(outbound)
    page = browsers.sign_in(called.owner, called.path)
    standing = page.get_by_role("region", name="Where it stands")
    expect(standing).to_contain_text("In a call")
    page.get_by_role("button", name="Remove contact").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove contact").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("The contact is being called.")
    page.get_by_role("button", name="Keep it").click()
    hang_up(called.owner, until_calls(called.owner, 1))
    expect(standing).to_contain_text("It was reached.")
    page.get_by_role("button", name="Report outcome").click()
    dialog = page.get_by_role("dialog", name="Report the outcome")
    dialog.get_by_text("Call back", exact=True).click()
    dialog.get_by_label("Call back at").fill(CALL_BACK_IN_THE_PAST)
    dialog.get_by_role("button", name="Report", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("callBackAt is past.")
    expect(dialog.get_by_label("Call back at")).to_have_value(CALL_BACK_IN_THE_PAST)
    dialog.get_by_text("Voicemail", exact=True).click()
    dialog.get_by_role("button", name="Report", exact=True).click()
    expect(attempts(page).first.locator("> header")).to_contain_text("Voicemail")


# ------------------------------------------------------------------------------------------------------- the looks


@pytest.mark.parametrize("look", THEMES)
def test_nothing_is_found_wrong(  # noqa: PLR0917 - fixtures
    clinics: Client, browsers: Browsers, paused: str, busy: Called, outbound: Outbound, look: str
) -> None:
    listed = browsers.sign_in(clinics, f"/campaigns/{paused}/contacts", **THEMES[look])
    expect(listed.get_by_text("40 loaded")).to_be_visible()
    found = audit(listed, f"contacts-{look}")
    numbers(listed).first.click()
    expect(listed.get_by_role("heading", name="Details")).to_be_visible()
    found += audit(listed, f"contact-waiting-{look}")
    called = browsers.sign_in(busy.owner, busy.path, **THEMES[look])
    for place in range(2):
        attempts(called).nth(place).get_by_text("Why this number").click()
    found += audit(called, f"contact-{look}")
    called.get_by_role("link", name="Conversation of attempt 2").click()
    expect(called.get_by_role("article")).to_have_count(4)
    found += audit(called, f"conversation-of-contact-{look}")
    talking = browsers.sign_in((talk := answered(outbound)).owner, talk.path, **THEMES[look])
    talking.get_by_role("button", name="Report outcome").click()
    found += audit(talking, f"contact-report-{look}")
    assert found == []


def audit(page: Page, scene: str) -> list[str]:
    """Return what axe finds, and whether anything is wider than the window."""
    wrong = [f"{scene} {each}" for each in screenshot_and_audit(page, scene)]
    width, window = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    return wrong if width <= window else [*wrong, f"{scene} is {width} wide"]
