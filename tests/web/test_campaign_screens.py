"""The campaigns' list, a campaign and each step of its setup in light, dark and narrow: axe finds nothing wrong, and nothing is
wider than the window. The pictures are kept beside those of tests/web/test_screenshots.py.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, choose_option
from tests.web.test_campaigns import create_campaign
from tests.web.test_screenshots import THEMES, screenshot_and_audit
from tests.web.test_which_number import agent_of

POOL = ["+12065550100", "+12065550101", "+15551234567"]
CONTACTS = [
    f"+1{area}5550{line}" for area, count in ((206, 30), (212, 18), (312, 9)) for line in range(110, 110 + count)
]


@pytest.fixture(scope="module")
def campaign(shared_demo: DemoClients) -> str:
    """A draft of Harbor Clinics with contacts in three time zones, one of which is refused, and a pool."""
    clinics = shared_demo["Harbor Clinics"]
    pool = [{"e164": e164} for e164 in POOL]
    made = create_campaign(clinics, "Spring check-ups", agentId=agent_of(clinics, "Front desk"), pool=pool)
    contacts = [{"e164": e164} for e164 in [*CONTACTS, "+15552340142"]]
    clinics.mutate_successfully("addContacts", "__typename", campaignId=made, contacts=contacts)
    return made


@pytest.mark.parametrize("look", THEMES)
def test_nothing_is_found_wrong(shared_demo: DemoClients, browsers: Browsers, campaign: str, look: str) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics, "/campaigns", **THEMES[look])
    found = {}
    for scene in scenes(page, clinics, campaign):
        found[scene] = screenshot_and_audit(page, f"{scene}-{look}")
        width, window = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        if width > window:
            found[scene].append(f"is {width} wide")
    assert "\n".join(f"{scene} {one}" for scene, wrong in found.items() for one in wrong) == ""
    assert len(found) == 12


def scenes(page: Page, clinics: Client, campaign: str) -> Iterator[str]:
    """Show one view after the other and yield the name of each."""
    expect(page.get_by_role("link", name="Spring check-ups").first).to_be_visible()
    yield "campaigns"
    page.goto(f"/campaigns/{campaign}")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    yield "campaign"
    page.get_by_role("button", name="Cancel campaign").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "campaign-cancel"
    page.goto("/campaigns/new")
    page.get_by_label("Name").fill("Spring check-ups")
    choose_option(page, "Agent", "Front desk")
    yield "setup-agent"
    yield from contacts(page, campaign)
    yield from settings(page, clinics, campaign)
    yield from ends(page, clinics, campaign)


def open_step(page: Page, campaign: str, step: str, heading: str) -> None:
    page.goto(f"/campaigns/{campaign}/setup?step={step}")
    expect(page.get_by_role("heading", name=heading, exact=True, level=1)).to_be_visible()


def contacts(page: Page, campaign: str) -> Iterator[str]:
    open_step(page, campaign, "contacts", "Contacts")
    page.get_by_label("Numbers", exact=True).fill("2065550142\n+1 206 555")
    page.get_by_role("button", name="Add 2 contacts").click()
    expect(page.get_by_role("heading", name="2 rows refused")).to_be_visible()
    yield "setup-contacts"
    page.get_by_text("CSV file", exact=True).click()
    expect(page.get_by_role("button", name="Send file")).to_be_disabled()
    yield "setup-contacts-file"


def settings(page: Page, clinics: Client, campaign: str) -> Iterator[str]:
    open_step(page, campaign, "numbers", "Numbers")
    expect(page.get_by_text("3 numbers, which make at most 300 calls")).to_be_visible()
    expect(page.get_by_role("checkbox", name="borrowed from Northwind")).to_be_visible()
    yield "setup-numbers"
    open_step(page, campaign, "hours", "Hours")
    page.get_by_role("button", name="Add hours").click()
    page.get_by_label("Closed on").fill("2030-12-24")
    page.get_by_role("button", name="Add date").click()
    yield "setup-hours"
    clinics.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, name="Spring check-ups 2")
    clinics.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, name="Spring check-ups")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("button", name="Load their version")).to_be_visible()
    yield "setup-conflict"


def ends(page: Page, clinics: Client, campaign: str) -> Iterator[str]:
    open_step(page, campaign, "dry-run", "Dry run")
    expect(page.get_by_role("table", name="Refused, and why")).to_be_visible()
    page.get_by_text("What the estimate takes for granted").click()
    yield "setup-dry-run"
    empty = clinics.mutate_successfully("createCampaign", "campaign { id }", name="Empty")["campaign"]["id"]
    open_step(page, empty, "dry-run", "Dry run")
    expect(page.get_by_role("heading", name="Before it can start")).to_be_visible()
    yield "setup-not-ready"
    open_step(page, campaign, "start", "Start")
    expect(page.get_by_label("From")).to_be_visible()
    yield "setup-start"
