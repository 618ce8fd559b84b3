"""The campaigns' list with its filters in the address, and the page of one campaign with its controls."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from models import Scope
from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, expect_address
from tests.web.test_which_number import agent_of


def create_campaign(client: Client, name: str, **fields: Any) -> str:
    """Create a draft with one contact, and return its id."""
    made = client.mutate_successfully("createCampaign", "campaign { id }", name=name, **fields)
    campaign: str = made["campaign"]["id"]
    contacts = [{"e164": "+12065550199"}]
    client.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=contacts)
    return campaign


def names(page: Page) -> Locator:
    return page.locator("td.col-name .row-link")


@pytest.fixture(scope="module")
def clinics(shared_demo: DemoClients) -> Client:
    """Harbor Clinics, with a draft and a running campaign beside the paused one of the demo tree."""
    clinics = shared_demo["Harbor Clinics"]
    running = create_campaign(clinics, "Reminders", agentId=agent_of(clinics, "Front desk"))
    clinics.mutate_successfully("startCampaign", "__typename", campaignId=running)
    create_campaign(clinics, "Check-ups")
    return clinics


def test_none_yet(northwind: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(northwind, "/campaigns")
    expect(page.get_by_role("heading", name="No campaigns yet")).to_be_visible()


def test_newest_first_with_status_and_contacts(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics, "/campaigns")
    expect(names(page)).to_have_text(["Check-ups", "Reminders", "Check-up reminders"])
    expect(page.locator("td.col-status")).to_have_text(["Draft", "Running", "Paused"])
    expect(page.get_by_role("img", name="1 contact: 1 Pending")).to_have_count(2)


def test_filters_live_in_the_address(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics, "/campaigns")
    page.get_by_label("Status", exact=True).select_option(label="Running")
    expect(names(page)).to_have_text(["Reminders"])
    expect_address(page, clinics, "/campaigns?status=RUNNING")
    page.get_by_label("Name", exact=True).fill("check-ups")
    expect(page.get_by_role("heading", name="No campaign matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    page.get_by_label("Name", exact=True).fill("CHECK-UPS")
    expect(names(page)).to_have_text(["Check-ups"])


def test_a_campaign_is_started_paused_and_cancelled(demo: DemoClients, browsers: Browsers) -> None:
    clinics = demo["Harbor Clinics"]
    create_campaign(clinics, "Reminders", agentId=agent_of(clinics, "Front desk"))
    page = browsers.sign_in(clinics, "/campaigns")
    names(page).first.click()
    expect(page.get_by_role("heading", name="Reminders")).to_be_visible()
    status = page.locator(".campaign-status")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(status).to_have_text("Running")
    page.get_by_role("button", name="Pause").click()
    expect(status).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(status).to_have_text("Running")
    page.get_by_role("button", name="Cancel campaign").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel campaign").click()
    expect(status).to_have_text("Cancelled")
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)


def test_what_keeps_it_from_starting_is_said(demo: DemoClients, browsers: Browsers) -> None:
    clinics = demo["Harbor Clinics"]
    campaign = clinics.mutate_successfully("createCampaign", "campaign { id }", name="Empty")["campaign"]["id"]
    page = browsers.sign_in(clinics, f"/campaigns/{campaign}")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("alert").get_by_role("link", name="Go to Contacts")).to_be_visible()


def test_r15_navigation_shows_campaigns_to_a_key_that_may_read_them(clinics: Client, browsers: Browsers) -> None:
    reader = clinics.with_scopes(Scope.CAMPAIGNS_READ)
    reader.organization_id = clinics.organization_id
    page = browsers.sign_in(reader)
    expect_address(page, reader, "/campaigns")
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_text(["Campaigns"])
    expect(page.get_by_role("link", name="New campaign")).to_have_count(0)
    page.get_by_role("link", name="Reminders", exact=True).click()
    expect(page.get_by_role("heading", name="Reminders")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_r15_a_campaign_of_others_does_not_exist(demo: DemoClients, browsers: Browsers) -> None:
    campaign = create_campaign(demo["Northwind"], "Theirs")
    page = browsers.sign_in(demo["Harbor Clinics"], f"/campaigns/{campaign}")
    expect(page.get_by_role("heading", name="There is no such campaign")).to_be_visible()
