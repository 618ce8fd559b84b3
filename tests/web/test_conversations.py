"""The conversations' list, newest first and live, with its filters in the address; and the page of one conversation."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.installation import Client, Number
from tests.web.conftest import Browsers, DemoClients, choose_option, expect_address

SHARED = "+15551234567"


def other_sides(page: Page) -> Locator:
    return page.locator("td.col-user-number .row-link")


def number_ending(digits: int) -> str:
    return f"+1206555{digits:04}"


def rung(client: Client, called: str, caller: str) -> str:
    answer: str = client.route_inbound(Number("", called), caller)["id"]
    return answer


def test_none_yet(northwind: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(northwind, "/conversations")
    expect(page.get_by_role("heading", name="No conversations yet")).to_be_visible()


def test_newest_first_and_new_ones_arrive_live(demo: DemoClients, browsers: Browsers) -> None:
    northwind, clinics = demo["Northwind"], demo["Harbor Clinics"]
    clinics.create_queued(agentNumber=SHARED, agentConfig={}, to=number_ending(170))
    page = browsers.sign_in(clinics, "/conversations")
    expect(other_sides(page)).to_have_text(["+1 206 555 0170"])
    first = page.locator("tr[data-row]").first
    expect(first.get_by_role("cell")).to_have_text(
        [re.compile(r"Outbound to\s*\+1 206 555 0170"), "+1 555 123 4567", "Inline", "Queued", re.compile(r"now|ago")]
    )
    clinics.create_queued(agentNumber="+12065550100", agentConfig={}, to=number_ending(171))
    rung(clinics, "+12065550101", number_ending(172))
    expect(other_sides(page)).to_have_text(["+1 206 555 0172", "+1 206 555 0171", "+1 206 555 0170"])
    newest = page.locator("tr[data-row]").first
    expect(newest).to_contain_text("Inbound from")
    expect(newest.locator("td.col-agent")).to_have_text(re.compile(r"Front desk\s*v1"))
    northwind.share(number_of(northwind, SHARED), shareable=False)
    expect(page.locator("td.col-status").last).to_have_text("Failed: the number is no longer shared")


def number_of(client: Client, e164: str) -> Number:
    found = client("query($e164: String!) { phoneNumber(e164: $e164) { id } }", e164=e164)["phoneNumber"]
    return Number(found["id"], e164)


@pytest.fixture(scope="module")
def spoken(shared_demo: DemoClients) -> Client:
    """Create three conversations: from an own number, from the borrowed one, and an inbound one."""
    clinics = shared_demo["Harbor Clinics"]
    clinics.create_queued(
        agentNumber="+12065550100", agentConfig={"instructions": "Hello"}, to=number_ending(180), metadata={"a": 1}
    )
    clinics.create_queued(agentNumber=SHARED, agentConfig={}, to=number_ending(181))
    rung(clinics, "+12065550101", number_ending(182))
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
    spoken: Client, browsers: Browsers, label: str, choice: str, view: tuple[str, list[str]]
) -> None:
    address, rows = view
    page = browsers.sign_in(spoken, "/conversations")
    expect(other_sides(page)).to_have_count(3)
    page.get_by_label(label, exact=True).select_option(label=choice)
    expect(other_sides(page)).to_have_text(rows)
    expect_address(page, spoken, f"/conversations?{address}")
    colleague = browsers.sign_in(spoken, page.url)
    expect(other_sides(colleague)).to_have_text(rows)


def test_an_agent_and_the_days_of_its_calls_are_filters_too(spoken: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(spoken, "/conversations")
    expect(other_sides(page)).to_have_count(3)
    choose_option(page, "Agent", "Front desk")
    expect(other_sides(page)).to_have_text(["+1 206 555 0182"])
    expect_address(page, spoken, r"/conversations?agent=agt_\w+")
    page.goto("/conversations")
    today = page.evaluate("new Date().toLocaleDateString('sv')")
    page.get_by_label("Created to").fill("2001-02-03")
    expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()
    page.get_by_label("Created to").fill(today)
    expect(other_sides(page)).to_have_count(3)
    page.get_by_label("Created from").fill(today)
    expect_address(page, spoken, f"/conversations?until={today}&since={today}")
    expect(other_sides(page)).to_have_count(3)
    page.get_by_label("Created from").fill("2101-02-03")
    expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()


def test_numbers_are_filtered_whole_and_none_that_matches_is_said(spoken: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(spoken, "/conversations")
    page.get_by_label("Our number").fill("+1 555 123 4567")
    expect(other_sides(page)).to_have_text(["+1 206 555 0181"])
    page.get_by_label("Other party").fill("+1 206 555 0180")
    expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(other_sides(page)).to_have_count(3)
    expect(page.get_by_label("Other party")).to_have_value("")


def test_one_opens_to_its_stored_explanation(demo: DemoClients, browsers: Browsers) -> None:
    """The resolution is shown as it was at creation, though the number is no longer shared."""
    northwind, clinics = demo["Northwind"], demo["Harbor Clinics"]
    clinics.create_queued(
        agentNumber=SHARED, agentConfig={"instructions": "Hello"}, to=number_ending(190), metadata={"case": "A-1"}
    )
    page = browsers.sign_in(clinics, "/conversations")
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


def test_an_inbound_one_says_that_nothing_was_chosen(spoken: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(spoken, "/conversations?direction=inbound")
    other_sides(page).click()
    expect(page.get_by_role("heading", name="Call from +1 206 555 0182")).to_be_visible()
    expect(page.get_by_text("Nothing was chosen: the other party called.")).to_be_visible()
    page.get_by_role("link", name="← Conversations").click()
    expect(other_sides(page)).to_have_count(3)


def test_both_caller_ids_of_a_transfer_side_by_side(spoken: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(spoken, "/conversations?direction=inbound")
    other_sides(page).click()
    plan = page.get_by_role("article")
    expect(plan).to_have_count(4)
    transferee = page.get_by_role("article", name="Cold, TRANSFEREE_NUMBER")
    agent = page.get_by_role("article", name="Cold, AGENT_NUMBER")
    expect(transferee.locator(".transfer-plan-number")).to_have_text("+1 206 555 0182")
    expect(agent.locator(".transfer-plan-number")).to_have_text("+1 206 555 0101")
    one, other = transferee.bounding_box(), agent.bounding_box()
    assert one is not None
    assert other is not None
    assert one["y"] == other["y"]
    assert one["x"] < other["x"]
    expect(page.get_by_text("None so far.")).to_be_visible()


def test_a_conversation_that_is_not_there_says_so(spoken: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(spoken, "/conversations/cnv_00000000000000000000000000")
    expect(page.get_by_role("heading", name="There is no such conversation")).to_be_visible()
    page.get_by_role("link", name="All conversations").click()
    expect(other_sides(page)).to_have_count(3)
