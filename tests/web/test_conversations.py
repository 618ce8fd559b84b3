"""Conversations: newest first and live, filters in the address, and what one of them keeps to be explained by."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.installation import Client, Number
from tests.web.conftest import Visitors, World, at, choose

SHARED = "+15551234567"


def others(page: Page) -> Locator:
    return page.locator("td.col-other .row-link")


def to(digits: int) -> str:
    return f"+1206555{digits:04}"


def rung(client: Client, called: str, caller: str) -> str:
    answer: str = client.rung(Number("", called), caller)["id"]
    return answer


def test_none_yet(northwind: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(northwind, "/conversations")
    expect(page.get_by_role("heading", name="No conversations yet")).to_be_visible()


def test_newest_first_and_new_ones_arrive_live(world: World, visitors: Visitors) -> None:
    northwind, clinics = world["Northwind"], world["Harbor Clinics"]
    clinics.queued(agentNumber=SHARED, agentConfig={}, to=to(170))
    page = visitors.sign_in(clinics, "/conversations")
    expect(others(page)).to_have_text(["+1 206 555 0170"])
    first = page.locator("tr[data-row]").first
    expect(first.get_by_role("cell")).to_have_text(
        [re.compile(r"Outbound to\s*\+1 206 555 0170"), "+1 555 123 4567", "Inline", "Queued", re.compile(r"now|ago")]
    )
    clinics.queued(agentNumber="+12065550100", agentConfig={}, to=to(171))
    rung(clinics, "+12065550101", to(172))
    expect(others(page)).to_have_text(["+1 206 555 0172", "+1 206 555 0171", "+1 206 555 0170"])
    newest = page.locator("tr[data-row]").first
    expect(newest).to_contain_text("Inbound from")
    expect(newest.locator("td.col-agent")).to_have_text(re.compile(r"Front desk\s*v1"))
    northwind.share(number_of(northwind, SHARED), shareable=False)
    expect(page.locator("td.col-status").last).to_have_text("Failed: the number is no longer shared")


def number_of(client: Client, e164: str) -> Number:
    found = client("query($e164: String!) { phoneNumber(e164: $e164) { id } }", e164=e164)["phoneNumber"]
    return Number(found["id"], e164)


@pytest.fixture(scope="module")
def spoken(shared_world: World) -> Client:
    """Three conversations, in this order: from an own number, from the borrowed one, and an inbound one."""
    clinics = shared_world["Harbor Clinics"]
    clinics.queued(agentNumber="+12065550100", agentConfig={"instructions": "Hello"}, to=to(180), metadata={"a": 1})
    clinics.queued(agentNumber=SHARED, agentConfig={}, to=to(181))
    rung(clinics, "+12065550101", to(182))
    return clinics


@pytest.mark.parametrize(
    ("label", "choice", "view"),
    [
        ("Direction", "Inbound", ("direction=inbound", ["+1 206 555 0182"])),
        ("Direction", "Outbound", ("direction=outbound", ["+1 206 555 0181", "+1 206 555 0180"])),
        ("Status", "Queued", ("status=QUEUED", ["+1 206 555 0181", "+1 206 555 0180"])),
        ("Status", "Live", ("status=live", ["+1 206 555 0182", "+1 206 555 0181", "+1 206 555 0180"])),
    ],
)
def test_filters_live_in_the_address(
    spoken: Client, visitors: Visitors, label: str, choice: str, view: tuple[str, list[str]]
) -> None:
    address, rows = view
    page = visitors.sign_in(spoken, "/conversations")
    expect(others(page)).to_have_count(3)
    page.get_by_label(label, exact=True).select_option(label=choice)
    expect(others(page)).to_have_text(rows)
    at(page, spoken, f"/conversations?{address}")
    colleague = visitors.sign_in(spoken, page.url)
    expect(others(colleague)).to_have_text(rows)


def test_an_agent_and_the_days_of_its_calls_are_filters_too(spoken: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(spoken, "/conversations")
    expect(others(page)).to_have_count(3)
    choose(page, "Agent", "Front desk")
    expect(others(page)).to_have_text(["+1 206 555 0182"])
    at(page, spoken, r"/conversations?agent=agt_\w+")
    page.goto("/conversations")
    today = page.evaluate("new Date().toLocaleDateString('sv')")
    page.get_by_label("Created to").fill("2001-02-03")
    expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()
    page.get_by_label("Created to").fill(today)
    expect(others(page)).to_have_count(3)
    page.get_by_label("Created from").fill(today)
    at(page, spoken, f"/conversations?until={today}&since={today}")
    expect(others(page)).to_have_count(3)
    page.get_by_label("Created from").fill("2101-02-03")
    expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()


def test_numbers_are_filtered_whole_and_none_that_matches_is_said(spoken: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(spoken, "/conversations")
    page.get_by_label("Over this number of ours").fill("+1 555 123 4567")
    expect(others(page)).to_have_text(["+1 206 555 0181"])
    page.get_by_label("With this other side").fill("+1 206 555 0180")
    expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(others(page)).to_have_count(3)
    expect(page.get_by_label("With this other side")).to_have_value("")


def test_one_opens_to_its_stored_explanation(world: World, visitors: Visitors) -> None:
    """As it was when it was created: the number is no longer shared, and the picture still is the same."""
    northwind, clinics = world["Northwind"], world["Harbor Clinics"]
    clinics.queued(agentNumber=SHARED, agentConfig={"instructions": "Hello"}, to=to(190), metadata={"case": "A-1"})
    page = visitors.sign_in(clinics, "/conversations")
    page.locator("tr[data-row]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Call to +1 206 555 0190")).to_be_visible()
    steps = page.get_by_role("list", name="The four steps").locator("> li")
    expect(steps.locator(".verdict")).to_have_text(["Chosen", "Not given", "Not given", "Not reached"])
    expect(page.locator(".outcome")).to_contain_text("Number the call was given")
    expect(page.locator(".outcome")).to_contain_text("borrowed from Northwind")
    expect(page.get_by_text('"case": "A-1"')).to_be_visible()
    expect(page.get_by_text('"instructions": "Hello"')).to_be_visible()
    northwind.share(number_of(northwind, SHARED), shareable=False)
    expect(page.get_by_label("Status").locator(".status")).to_have_text("Failed: the number is no longer shared")
    page.reload()
    expect(steps.locator(".verdict")).to_have_text(["Chosen", "Not given", "Not given", "Not reached"])
    expect(page.locator(".outcome")).to_contain_text("no longer visible to this organization")


def test_an_inbound_one_says_that_nothing_was_chosen(spoken: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(spoken, "/conversations?direction=inbound")
    others(page).click()
    expect(page.get_by_role("heading", name="Call from +1 206 555 0182")).to_be_visible()
    expect(page.get_by_text("Nothing was chosen: the other side called it.")).to_be_visible()
    page.get_by_role("link", name="← Conversations").click()
    expect(others(page)).to_have_count(3)


def test_both_caller_ids_of_a_transfer_side_by_side(spoken: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(spoken, "/conversations?direction=inbound")
    others(page).click()
    plan = page.get_by_role("article")
    expect(plan).to_have_count(4)
    transferee = page.get_by_role("article", name="Cold, TRANSFEREE_NUMBER")
    agent = page.get_by_role("article", name="Cold, AGENT_NUMBER")
    expect(transferee.locator(".plan-number")).to_have_text("+1 206 555 0182")
    expect(agent.locator(".plan-number")).to_have_text("+1 206 555 0101")
    one, other = transferee.bounding_box(), agent.bounding_box()
    assert one is not None
    assert other is not None
    assert one["y"] == other["y"]
    assert one["x"] < other["x"]
    expect(page.get_by_text("None so far.")).to_be_visible()


def test_a_conversation_that_is_not_there_says_so(spoken: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(spoken, "/conversations/cnv_00000000000000000000000000")
    expect(page.get_by_role("heading", name="There is no such conversation")).to_be_visible()
    page.get_by_role("link", name="All conversations").click()
    expect(others(page)).to_have_count(3)
