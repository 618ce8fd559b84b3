"""Every page, dialog and state in light, dark and narrow: axe finds nothing wrong, and a picture of each is kept in
`tests/web/screens` for whoever changes the looks to look at. DIALTREE_SCREENSHOTS=1 writes those of the README too.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Client, Installation
from tests.web.conftest import Browsers, DemoClients, choose_option, create_demo_clients, fail_requests, submit_key
from tests.web.test_live_calls import insert_transfer
from tests.web.test_phone_numbers import delay_requests
from tests.web.test_which_number import agent_of

AXE = (Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
SCREENS = Path(__file__).parent / "screens"
DOCS = Path(__file__).parents[2] / "docs"
THEMES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}},
}
# GraphiQL's editors, answers and side bar are its own; our bar above it and our examples in it are looked at.
NOT_OURS = [".graphiql-sidebar", ".graphiql-sessions"]
# While a list of choices is open the library hides all else from screen readers, and closes it before the focus goes there.
RUN_AXE = """async (exclude) => {
  const choosing = document.querySelector("[role=combobox][aria-expanded=true]") !== null;
  const hidden = { enabled: !choosing };
  const rules = { "aria-hidden-focus": hidden, "page-has-heading-one": hidden };
  const { violations } = await axe.run({ exclude }, { rules });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}"""


@pytest.fixture(scope="module")
def inbound(shared_demo: DemoClients) -> str:
    """A live conversation of Harbor Clinics; beside it one that is queued."""
    clinics = shared_demo["Harbor Clinics"]
    clinics.create_queued(
        agentNumber="+15551234567", agentConfig={"instructions": "Hello"}, to="+12065550180", metadata={"a": 1}
    )
    routed = clinics.mutate_successfully(
        "routeInboundCall", "conversation { id }", calledNumber="+12065550101", callerNumber="+12065550181"
    )
    identifier: str = routed["conversation"]["id"]
    clinics.mutate_successfully("reportInboundCall", "__typename", conversationId=identifier, status="IN_PROGRESS")
    insert_transfer(clinics, identifier, "COLD", caller_id="+12065550181", displayed="TRANSFEREE_NUMBER", sip=486)
    insert_transfer(clinics, identifier, "WARM", caller_id="+12065550101", displayed=None)
    return identifier


@pytest.mark.parametrize("look", THEMES)
def test_nothing_is_found_wrong(shared_demo: DemoClients, browsers: Browsers, inbound: str, look: str) -> None:
    clinics = shared_demo["Harbor Clinics"]
    browsers.expect_console_error("401|ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection to")
    page = browsers.open(clinics.installation, **THEMES[look])
    found = {}
    for scene in scenes(page, shared_demo, inbound):
        found[scene] = screenshot_and_audit(page, f"{scene}-{look}")
    assert "\n".join(f"{scene} {one}" for scene, wrong in found.items() for one in wrong) == ""
    assert len(found) == 31


def screenshot_and_audit(page: Page, name: str) -> list[str]:
    SCREENS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png")
    page.evaluate(AXE)
    wrong: list[str] = page.evaluate(RUN_AXE, NOT_OURS)
    return wrong


def scenes(page: Page, demo: DemoClients, inbound: str) -> Iterator[str]:
    """Show one view after the other and yield the name of each."""
    yield from signing_in(page, demo["Harbor Clinics"])
    yield from numbers(page)
    yield from dialogs(page)
    yield from which_number(page)
    yield from conversations(page, inbound)
    yield from failures(page, demo)
    yield from empty_organization(page, demo)
    yield from graphiql(page)


def signing_in(page: Page, clinics: Client) -> Iterator[str]:
    expect(page.get_by_label("API key")).to_be_focused()
    yield "sign-in"
    submit_key(page, "ak_00000000000000000000000000.nothing")
    expect(page.get_by_role("alert")).to_be_visible()
    yield "wrong-key"
    submit_key(page, clinics.secret or "")


def numbers(page: Page) -> Iterator[str]:
    expect(page.get_by_text("6 loaded of 6")).to_be_visible()
    yield "numbers"
    trunk = page.get_by_role("combobox", name="Trunk")
    trunk.scroll_into_view_if_needed()
    trunk.click()
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    yield "numbers-trunk-filter"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Acting organization").click()
    expect(page.get_by_role("treegrid").get_by_role("row", name="Harbor Dental")).to_be_visible()
    yield "organizations"
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Search numbers").fill("99999")
    expect(page.get_by_role("heading", name="No number matches")).to_be_visible()
    yield "no-match"
    page.goto("/numbers?after=nonsense")
    expect(page.get_by_role("heading", name="This link is not valid")).to_be_visible()
    yield "error"
    page.goto("/numbers")
    expect(page.get_by_text("6 loaded of 6")).to_be_visible()


def dialogs(page: Page) -> Iterator[str]:
    page.get_by_role("row", name="+1 206 555 0102").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Slots of")
    dialog.get_by_text("Both", exact=True).click()
    choose_option(dialog, "Agent", "Front desk")
    expect(dialog.get_by_role("region", name="What changes")).to_be_visible()
    yield "slots"
    dialog.get_by_role("combobox", name="Agent").fill("")
    expect(dialog.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    yield "slots-agents"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="Add a number")).to_be_visible()
    page.get_by_role("dialog").get_by_label("Number", exact=True).fill("+1 206 555 0104")
    choose_option(page.get_by_role("dialog"), "Trunk", "Harbor carrier")
    page.get_by_role("dialog").get_by_role("button", name="Add number").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    yield "add-number-refused"
    page.keyboard.press("Escape")
    page.get_by_role("switch", name="Shareable: +1 206 555 0104").click()
    expect(page.get_by_role("dialog").get_by_text("organization below can")).to_be_visible()
    yield "stop-sharing"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    yield "keyboard"
    page.keyboard.press("Escape")


def which_number(page: Page) -> Iterator[str]:
    page.goto("/which-number")
    expect(page.locator(".outcome")).to_have_attribute("data-tone", "undecided")
    yield "which-number-empty"
    page.goto("/which-number?from=%2B15551234567&speaker=inline&to=%2B12065550199")
    expect(page.get_by_role("button", name="Call +1 206 555 0199")).to_be_enabled()
    yield "which-number"
    page.goto("/which-number?fallback=yes&speaker=inline&to=%2B12065550199")
    expect(page.locator(".outcome")).to_contain_text("+1 206 555 0100")
    yield "which-number-fallback"
    page.get_by_role("button", name="Call +1 206 555 0199").click()
    expect(page.locator(".placed-call .status")).to_have_text("Queued")
    yield "which-number-called"
    page.goto("/which-number?from=%2B15551234568&speaker=inline&to=%2B12065550199")
    expect(page.locator(".outcome")).to_have_attribute("data-tone", "refused")
    yield "which-number-refused"


def conversations(page: Page, inbound: str) -> Iterator[str]:
    page.goto("/conversations")
    expect(page.locator("tr[data-row]").nth(1)).to_be_visible()
    yield "conversations"
    page.goto("/conversations?status=COMPLETED")
    expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()
    yield "conversations-none"
    page.goto(f"/conversations/{inbound}")
    expect(page.get_by_role("article")).to_have_count(4)
    yield "conversation-inbound"
    page.get_by_role("button", name="Transfer").click()
    expect(page.get_by_role("dialog").get_by_role("article")).to_be_visible()
    yield "transfer"
    page.keyboard.press("Escape")
    page.goto("/conversations?direction=outbound")
    page.locator("tr[data-row]").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_have_count(4)
    yield "conversation"
    page.goto("/conversations/cnv_00000000000000000000000000")
    expect(page.get_by_role("heading", name="There is no such conversation")).to_be_visible()
    yield "no-conversation"


def failures(page: Page, demo: DemoClients) -> Iterator[str]:
    page.goto("/numbers")
    expect(page.get_by_text("6 loaded of 6")).to_be_visible()
    page.context.set_offline(offline=True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    yield "offline"
    page.get_by_role("switch", name="Shareable: +1 206 555 0100").click()
    expect(page.locator(".toast")).to_contain_text("stays unshared")
    yield "refused-switch"
    page.context.set_offline(offline=False)
    expect(page.get_by_text("You are offline.")).to_have_count(0)
    with fail_requests(page, "query SharingImpact"):
        page.get_by_role("switch", name="Shareable: +1 206 555 0104").click()
        expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
        yield "stop-sharing-uncounted"
    page.keyboard.press("Escape")
    page.goto(f"/numbers?organization={demo['Contoso'].organization_id}")
    expect(page.get_by_role("heading", name="This organization is not one")).to_be_visible()
    yield "not-my-organization"


def empty_organization(page: Page, demo: DemoClients) -> Iterator[str]:
    """Show the views of an organization without numbers, conversations or children."""
    empty = demo["Northwind"].child("Harbor Smiles")
    page.get_by_role("button", name="Sign out").click()
    with delay_requests(page, "query PhoneNumbers("):
        submit_key(page, empty.secret or "")
        expect(page.get_by_text("Loading phone numbers…")).to_be_visible()
        yield "loading"
    expect(page.get_by_text("1 loaded of 1")).to_be_visible()
    page.get_by_role("button", name="Acting organization").click()
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(1)
    yield "organization-alone"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Sign out").click()
    submit_key(page, demo["Northwind"].installation.root("Fabrikam").secret or "")
    expect(page.get_by_role("heading", name="No numbers yet")).to_be_visible()
    yield "no-numbers"


def graphiql(page: Page) -> Iterator[str]:
    page.goto("/graphiql")
    expect(page.locator(".examples").get_by_role("button")).to_have_count(61)
    expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("query")
    yield "graphiql"


@pytest.mark.skipif("DIALTREE_SCREENSHOTS" not in os.environ, reason="writes the pictures of the README")
def test_the_pictures_of_the_readme(installation: Installation, browsers: Browsers) -> None:
    clinics = create_demo_clients(installation)["Harbor Clinics"]
    numbers = ["+12065550104", "+12065550102", "+12065550101", "+12065550103", "+12065550100", "+15551234567"]
    for place, each in enumerate(numbers):
        installation.rows(
            "UPDATE phone_number SET updated_at = datetime('now', ?) WHERE e164 = ?", f"-{4**place * 20} minutes", each
        )
    page = browsers.sign_in(clinics, viewport={"width": 1280, "height": 420}, device_scale_factor=2)
    expect(page.get_by_text("6 loaded of 6")).to_be_visible()
    page.mouse.move(0, 0)
    page.screenshot(path=DOCS / "numbers.png")
    reminders = agent_of(clinics, "Reminders")
    page.goto(f"/which-number?speaker=agent&agent={reminders}&fallback=yes&to=%2B12065550199")
    expect(page.get_by_role("button", name="Call +1 206 555 0199")).to_be_enabled()
    end = page.get_by_role("button", name="Call +1 206 555 0199").bounding_box()
    form = page.get_by_label("Call", exact=True).bounding_box()
    assert end
    assert form
    height = max(end["y"] + end["height"], form["y"] + form["height"] + 24) + 24
    page.set_viewport_size({"width": 1280, "height": int(height)})
    page.screenshot(path=DOCS / "which-number.png")
