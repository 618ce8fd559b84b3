"""The page of a campaign that calls: its funnel, its pace and what limits it, all live, and pausing within reach."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from models import Scope
from tests.campaigns.calling_campaign import ANSWERS, Calling, serving
from tests.campaigns.test_campaign import BUSY, REJECTS
from tests.databases import Template
from tests.web.conftest import Browsers, fail_requests
from tests.web.test_screenshots import THEMES, screenshot_and_audit

# A number is called three times a day at most: each campaign has others.
LINES = count()
# The carrier of the tests shares their processor.
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def calling(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calling]:
    """An organization that can call, at a server whose clock says Monday noon in New York."""
    folder = tmp_path_factory.mktemp("calling")
    store = template.copy_into(folder)
    with serving(folder, store) as found:
        yield found
    store.close()


def draft(calling: Calling, *suffixes: str, **fields: Any) -> str:
    """Create a campaign with a contact for each suffix, which says how the sandbox carrier answers."""
    campaign = calling.campaign(**fields)
    for suffix in suffixes:
        calling.add(campaign, suffix, first=next(LINES))
    return campaign


def started(calling: Calling, *suffixes: str, **fields: Any) -> str:
    campaign = draft(calling, *suffixes, **fields)
    calling.start(campaign)
    return campaign


@pytest.fixture
def reached(calling: Calling) -> str:
    """A campaign that goes on: it has reached two contacts, one declined, and one is busy."""
    campaign = started(calling, ANSWERS, ANSWERS, REJECTS, BUSY)
    calling.until_counts(campaign, hang_up=True, REACHED=2, EXHAUSTED=1, PENDING=1)
    return campaign


def open_campaign(browsers: Browsers, calling: Calling, campaign: str, **options: Any) -> Page:
    page = browsers.sign_in(calling.owner, f"/campaigns/{campaign}", **options)
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    return page


def step(page: Page, name: str) -> Locator:
    """Find the number of a step of the funnel."""
    return (
        page.get_by_role("list", name="Contacts by status")
        .get_by_role("link", name=re.compile(f"^{name} "))
        .locator("strong")
    )


def expect_funnel(page: Page, **steps: int) -> None:
    for name, contacts in steps.items():
        expect(step(page, name.replace("_", " "))).to_have_text(str(contacts), timeout=PATIENCE_MS)


def limit(page: Page) -> Locator:
    return page.get_by_role("region", name="What decides now")


def rows(page: Page, caption: str) -> Locator:
    return page.get_by_role("table", name=caption, exact=True).locator("tbody tr")


def test_the_funnel_moves_while_a_campaign_calls(calling: Calling, browsers: Browsers) -> None:
    """By the subscription: the requests that would ask again are cut off."""
    browsers.expect_console_error("ERR_FAILED")
    campaign = draft(calling, ANSWERS, ANSWERS, REJECTS, BUSY)
    page = open_campaign(browsers, calling, campaign)
    expect(page.locator("html")).to_have_attribute("data-subscribed", "yes")
    expect_funnel(page, Pending=4, In_a_call=0)
    with fail_requests(page, '"operationName":"Campaign"'):
        calling.start(campaign)
        expect_funnel(page, Pending=1, In_a_call=2, Not_reached=1)
        calling.until_counts(campaign, hang_up=True, REACHED=2, EXHAUSTED=1, PENDING=1)
        expect_funnel(page, In_a_call=0, Reached=2)
        expect(page.get_by_text("75 % of 4 contacts done")).to_be_visible()


def test_a_step_of_the_funnel_leads_to_its_contacts(calling: Calling, reached: str, browsers: Browsers) -> None:
    page = open_campaign(browsers, calling, reached)
    step(page, "Reached").click()
    expect(page).to_have_url(re.compile(rf"/campaigns/{reached}/contacts\?organization=.*&status=REACHED$"))


def test_pause_is_within_reach_from_the_end_of_the_page(calling: Calling, reached: str, browsers: Browsers) -> None:
    page = open_campaign(browsers, calling, reached, viewport={"width": 1280, "height": 500})
    page.get_by_role("heading", name="Settings").scroll_into_view_if_needed()
    page.locator(".main").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    pause = page.get_by_role("button", name="Pause")
    expect(pause).to_be_in_viewport(ratio=1)
    pause.click()
    expect(page.locator(".campaign-status")).to_have_text("Paused")
    expect(limit(page)).to_contain_text("It is paused")
    assert calling.read(reached)["status"] == "PAUSED"


def test_what_limits_a_campaign_and_who_waits_for_it(calling: Calling, browsers: Browsers) -> None:
    campaign = started(calling, ANSWERS, ANSWERS, ANSWERS, maxConcurrentCalls=1)
    page = open_campaign(browsers, calling, campaign)
    expect(limit(page)).to_contain_text("Its own pace", timeout=PATIENCE_MS)
    expect(limit(page).get_by_role("meter", name="Calls at once")).to_have_attribute("aria-valuenow", "1")
    expect(limit(page).get_by_role("link", name="Change its pace")).to_be_visible()
    waits = rows(page, "What pending contacts wait for")
    expect(waits).to_have_text("Its own pace2", timeout=PATIENCE_MS)
    assert "status=PENDING&waitsFor=PACE" in (waits.get_by_role("link").get_attribute("href") or "")
    calling.until_counts(campaign, hang_up=True, REACHED=3)
    expect(limit(page)).to_contain_text("It is completed", timeout=PATIENCE_MS)


def test_calls_by_outcome_and_contacts_by_number(calling: Calling, reached: str, browsers: Browsers) -> None:
    page = open_campaign(browsers, calling, reached)
    expect(rows(page, "Calls by outcome")).to_have_text(["Reached2", "Busy1", "Declined1"])
    expect(rows(page, "By the number that called last")).to_have_text(re.compile("4$"))


def test_calls_before_the_page_was_opened_are_plotted_with_a_table(
    calling: Calling, reached: str, browsers: Browsers
) -> None:
    page = open_campaign(browsers, calling, reached)
    page.clock.install(time=datetime.fromisoformat(calling.read(reached)["startedAt"]) + timedelta(minutes=10))
    page.reload()
    page.get_by_text("As a table").click()
    minutes = rows(page, "Calls a minute").get_by_role("cell")
    expect(minutes).to_have_count(11)
    # The first is of now, and was seen live.
    assert sum(int(calls) for calls in minutes.all_inner_texts()[1:]) == 4


def test_r15_a_key_that_reads_campaigns_alone_sees_the_calls_of_the_last_minute(
    calling: Calling, browsers: Browsers
) -> None:
    campaign = started(calling, REJECTS, REJECTS, BUSY)
    calling.until_counts(campaign, EXHAUSTED=2, PENDING=1)
    page = browsers.sign_in(calling.owner.with_scopes(Scope.CAMPAIGNS_READ), f"/campaigns/{campaign}")
    expect(page.get_by_role("img", name=re.compile("^Calls a minute: 3 calls at most"))).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_a_draft_has_no_plot_yet(calling: Calling, browsers: Browsers) -> None:
    page = open_campaign(browsers, calling, draft(calling, ANSWERS))
    expect(limit(page)).to_contain_text("It is a draft")
    expect(page.get_by_role("heading", name="Calls a minute")).to_have_count(0)


@pytest.mark.parametrize("look", THEMES)
def test_nothing_is_found_wrong_while_it_calls(calling: Calling, browsers: Browsers, look: str) -> None:
    suffixes = [ANSWERS, BUSY, REJECTS, ANSWERS, BUSY, ANSWERS] * 5
    campaign = started(calling, *suffixes, maxConcurrentCalls=4, callsPerMinute=40)
    page = open_campaign(browsers, calling, campaign, **THEMES[look])
    expect_funnel(page, In_a_call=4)
    expect(rows(page, "What pending contacts wait for").first).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_text("As a table").click()
    found = screenshot_and_audit(page, f"campaign-page-{look}")
    width, window = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert found == []
    assert width <= window
