"""The phone numbers' table: rows, the sharing switch, views in the address, live changes, the keyboard."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from models import Scope
from tests.installation import Client, Number
from tests.web.conftest import Browsers, DemoClients, choose_option, expect_address, submit_key, tab_to

AGO = re.compile(r"now|ago")
BORROWED = "+1 555 123 4567"
SHARED = "+1 206 555 0104"
PLAIN = "+1 206 555 0100"
OWN = [PLAIN, "+1 206 555 0101", "+1 206 555 0102", "+1 206 555 0103", SHARED]


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=name, exact=True)


def switch(page: Page, name: str) -> Locator:
    return page.get_by_role("switch", name=f"Shareable: {name}")


def expect_rows(page: Page, *names: str) -> None:
    """Expect exactly these rows in this order."""
    rows = page.locator("tr[data-row]")
    expect(rows).to_have_count(len(names))
    expect(rows.locator("td.col-number")).to_have_text(list(names))


def number_of(client: Client, e164: str) -> Number:
    found = client("query($e164: String!) { phoneNumber(e164: $e164) { id } }", e164=e164)["phoneNumber"]
    return Number(found["id"], e164)


def toast(page: Page) -> Locator:
    return page.locator(".toast")


# ------------------------------------------------------------------------------------------------------ what a row tells


def test_every_column_of_every_row(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    headers = ["Number", "Owner", "Inbound agent", "Outbound agent", "Trunk", "Changed", "Shareable"]
    expect(page.get_by_role("columnheader")).to_have_text(headers)
    expect_rows(page, *OWN, BORROWED)
    drift = (
        "Reminders has version 2 published; this slot still holds version 1. Publish the newer one to it to move it."
    )
    cells = {
        PLAIN: ["Harbor Clinics", "Empty", "Empty", "Harbor carrier dials out"],
        "+1 206 555 0101": ["Harbor Clinics", "Front desk v1", "Front desk v1", "Harbor carrier dials out"],
        "+1 206 555 0102": ["Harbor Clinics", "Empty", f"Reminders v1 v2 is newer {drift}", "Harbor carrier dials out"],
        "+1 206 555 0103": ["Harbor Clinics", "Empty", "Empty", "Inbound only cannot dial out"],
        SHARED: ["Harbor Clinics", "Empty", "Empty", "Harbor carrier dials out"],
    }
    for name, (owner, *slots, trunk) in cells.items():
        changing = [re.compile(words(slot) + re.escape(f", change the slots of {name}")) for slot in slots]
        texts: list[str | re.Pattern[str]] = [name, owner, *changing, re.compile(words(trunk)), AGO, ""]
        expect(row(page, name).get_by_role("cell")).to_have_text(texts)
        expect(switch(page, name)).to_be_checked(checked=name == SHARED)
    expect(page.locator(".drift")).to_have_attribute("title", drift)
    expect(page.get_by_text("6 loaded of 6")).to_be_visible()


def words(text: str) -> str:
    """Return a pattern for these words with any space between them, since styles separate them too."""
    return r"\s*".join(re.escape(word) for word in text.split())


def test_a_borrowed_number_is_read_only_and_names_its_owner(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    borrowed = row(page, BORROWED)
    texts: list[str | re.Pattern[str]] = [BORROWED, "Borrowed from Northwind", "—", "—", "dials out", AGO, "Read-only"]
    expect(borrowed.get_by_role("cell")).to_have_text(texts)
    expect(borrowed.get_by_role("switch")).to_have_count(0)
    expect(borrowed.get_by_role("button")).to_have_count(0)
    borrowed.focus()
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert shared_demo["Northwind"]('{ phoneNumber(e164: "+15551234567") { shareable } }') == {
        "phoneNumber": {"shareable": True}
    }


def test_r15_the_switch_is_absent_without_the_scope_to_manage(shared_demo: DemoClients, browsers: Browsers) -> None:
    reader = shared_demo["Harbor Clinics"].with_scopes(Scope.PHONE_NUMBERS_READ)
    page = browsers.sign_in(reader)
    expect_rows(page, *OWN, BORROWED)
    expect(page.get_by_role("switch")).to_have_count(0)
    expect(page.get_by_role("button", name="Add number")).to_have_count(0)
    expect(page.get_by_role("button", name="change the slots")).to_have_count(0)
    expect(row(page, SHARED).locator("td.col-sharing")).to_have_text("Shared")
    expect(row(page, PLAIN).locator("td.col-sharing")).to_have_text("Not shared")
    expect(row(page, "+1 206 555 0101").locator("td.col-inbound")).to_have_text("Assigned")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_organization_below_is_acted_for_and_has_its_own_view(shared_demo: DemoClients, browsers: Browsers) -> None:
    dental = shared_demo["Harbor Dental"]
    page = browsers.sign_in(shared_demo["Northwind"])
    expect_rows(page, "+1 555 123 4567", "+1 555 123 4568", "+1 555 123 4569")
    page.get_by_role("button", name="Acting organization: Northwind").click()
    tree = page.get_by_role("treegrid", name="Organizations")
    tree.get_by_role("row", name="Harbor Clinics").focus()
    page.keyboard.press("ArrowRight")
    tree.get_by_role("row", name="Harbor Dental").click()
    expect(page.get_by_role("button", name="Acting organization: Harbor Dental")).to_be_visible()
    expect_rows(page, SHARED, BORROWED)
    expect(row(page, SHARED)).to_contain_text("Borrowed from Harbor Clinics")
    expect_address(page, dental, "/numbers")
    page.go_back()
    expect_rows(page, "+1 555 123 4567", "+1 555 123 4568", "+1 555 123 4569")
    expect(row(page, BORROWED)).to_contain_text("Concierge")


# ------------------------------------------------------------------------------------------------------------ the switch


def test_on_answers_at_once(clinics: Client, browsers: Browsers) -> None:
    """The switch flips before the server's response, which is delayed."""
    page = browsers.sign_in(clinics)
    with wait_for_answer(page, "mutation SetShareable"), delay_requests(page, "mutation SetShareable") as held:
        switch(page, PLAIN).click()
        expect(switch(page, PLAIN)).to_be_checked()
        assert len(held) == 1
        assert shareable(clinics, PLAIN) is False
    assert shareable(clinics, PLAIN) is True
    page.reload()
    expect(switch(page, PLAIN)).to_be_checked()


@contextmanager
def wait_for_answer(page: Page, operation: str) -> Iterator[None]:
    """Wait at the end for the response to a request of this operation."""
    with page.expect_response(lambda response: operation in (response.request.post_data or "")) as answer:
        yield
    answer.value.finished()


@contextmanager
def delay_requests(page: Page, operation: str) -> Iterator[list[Route]]:
    """Hold back the requests of this operation until the end."""
    held: list[Route] = []

    holding = True

    def handle(route: Route) -> None:
        if holding and operation in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/graphql", handle)
    yield held
    holding = False
    for route in held:
        route.continue_()


def shareable(client: Client, name: str) -> bool:
    query = "query($e164: String!) { phoneNumber(e164: $e164) { shareable } }"
    answer: bool = client(query, e164=name.replace(" ", ""))["phoneNumber"]["shareable"]
    return answer


def test_off_asks_first_with_the_figures(demo: DemoClients, browsers: Browsers) -> None:
    clinics, dental = demo["Harbor Clinics"], demo["Harbor Dental"]
    clinics.child("Harbor Eyes")
    dental.create_queued(agentNumber="+12065550104", agentConfig={})
    page = browsers.sign_in(clinics)
    switch(page, SHARED).click()
    dialog = page.get_by_role("dialog", name=f"Stop sharing {SHARED}?")
    figures = [
        "2 organizations below can dial from it now, and no longer could.",
        "1 queued conversation of theirs would end without being dialed.",
    ]
    expect(dialog.get_by_role("listitem")).to_have_text(figures)
    expect(dialog.get_by_role("button", name="Keep sharing")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(switch(page, SHARED)).to_be_checked()
    assert shareable(clinics, SHARED) is True
    switch(page, SHARED).click()
    with wait_for_answer(page, "mutation SetShareable"):
        dialog.get_by_role("button", name="Stop sharing").click()
    expect(dialog).to_have_count(0)
    expect(switch(page, SHARED)).not_to_be_checked()
    page.reload()
    expect(switch(page, SHARED)).not_to_be_checked()
    assert dental('{ phoneNumber(e164: "+12065550104") { id } }') == {"phoneNumber": None}


def test_a_switch_that_the_server_refuses_is_taken_back_with_the_reason(clinics: Client, browsers: Browsers) -> None:
    """The page does not learn of the deletion, since its WebSocket is cut off."""
    page = browsers.open(clinics.installation)
    page.route_web_socket("**/graphql", lambda _socket: None)
    page.reload()
    submit_key(page, clinics.secret or "")
    expect(switch(page, PLAIN)).not_to_be_checked()
    clinics.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number_of(clinics, "+12065550100").id)
    switch(page, PLAIN).click()
    reason = "No such number among those that this API key may change."
    expect(toast(page)).to_contain_text(f"{PLAIN} stays unshared: {reason}")
    expect(switch(page, PLAIN)).not_to_be_checked()


def test_a_switch_without_a_network_is_taken_back_with_the_reason(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_INTERNET_DISCONNECTED")
    page = browsers.sign_in(clinics)
    expect(switch(page, PLAIN)).not_to_be_checked()
    page.context.set_offline(offline=True)
    switch(page, PLAIN).click()
    expect(toast(page)).to_contain_text(f"{PLAIN} stays unshared: The server cannot be reached.")
    expect(switch(page, PLAIN)).not_to_be_checked()


# ----------------------------------------------------------------------------------------------------------- the address


@pytest.mark.parametrize(
    ("label", "choice", "address"),
    [
        ("Access", "Owned", ("access=owned", OWN)),
        ("Access", "Borrowed", ("access=shared", [BORROWED])),
        ("Sharing", "Shareable", ("shareable=yes", [SHARED, BORROWED])),
        ("Dialing out", "Cannot dial out", ("capable=no", ["+1 206 555 0103"])),
        ("Outbound agent", "Outbound assigned", ("outbound=yes", ["+1 206 555 0101", "+1 206 555 0102"])),
        ("Inbound agent", "Inbound assigned", ("inbound=yes", ["+1 206 555 0101"])),
        ("Sort", "By number, descending", ("sort=-number", [BORROWED, *reversed(OWN)])),
    ],
)
def test_filters_and_sort_live_in_the_address(
    shared_demo: DemoClients, browsers: Browsers, label: str, choice: str, address: tuple[str, list[str]]
) -> None:
    search, rows = address
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics)
    expect_rows(page, *OWN, BORROWED)
    page.get_by_label(label, exact=True).select_option(label=choice)
    expect_rows(page, *rows)
    expect_address(page, clinics, rf"/numbers?{search}\w*")
    colleague = browsers.sign_in(clinics, page.url)
    expect_rows(colleague, *rows)
    expect(colleague.get_by_label(label, exact=True).locator("option:checked")).to_have_text(choice)


@pytest.mark.parametrize(
    ("label", "choice", "address"),
    [
        ("Trunk", "Inbound only", ("trunk=trk_", "+1 206 555 0103")),
        ("Agent", "Reminders", ("agent=agt_", "+1 206 555 0102")),
    ],
)
def test_a_trunk_and_an_agent_are_filters_too(
    shared_demo: DemoClients, browsers: Browsers, label: str, choice: str, address: tuple[str, str]
) -> None:
    search, number = address
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics)
    expect_rows(page, *OWN, BORROWED)
    choose_option(page, label, choice)
    expect_rows(page, number)
    expect_address(page, clinics, rf"/numbers?{search}\w*")
    colleague = browsers.sign_in(clinics, page.url)
    expect_rows(colleague, number)
    field = colleague.get_by_role("combobox", name=label, exact=True)
    expect(field).to_have_value(choice)
    field.clear()
    field.blur()
    expect_rows(colleague, *OWN, BORROWED)


def test_the_search_and_a_filter_together_are_one_address(shared_demo: DemoClients, browsers: Browsers) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics)
    expect_rows(page, *OWN, BORROWED)
    page.get_by_label("Sharing", exact=True).select_option(label="Shareable")
    page.get_by_role("searchbox", name="Search numbers").fill("0104")
    expect_rows(page, SHARED)
    expect_address(page, clinics, "/numbers?shareable=yes&q=0104")
    colleague = browsers.sign_in(clinics, page.url)
    expect_rows(colleague, SHARED)
    expect(colleague.get_by_role("searchbox", name="Search numbers")).to_have_value("0104")
    colleague.get_by_role("button", name="Clear filters").click()
    expect_rows(colleague, *OWN, BORROWED)
    expect(colleague.get_by_role("searchbox", name="Search numbers")).to_have_value("")
    expect_address(colleague, clinics, "/numbers")


def test_a_header_sorts_and_says_so(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    header = page.get_by_role("columnheader", name="Number")
    expect(header).to_have_attribute("aria-sort", "ascending")
    header.get_by_role("button").click()
    expect_rows(page, BORROWED, *reversed(OWN))
    expect(header).to_have_attribute("aria-sort", "descending")
    expect_address(page, shared_demo["Harbor Clinics"], "/numbers?sort=-number")
    page.get_by_role("columnheader", name="Changed").get_by_role("button").click()
    expect_address(page, shared_demo["Harbor Clinics"], "/numbers?sort=-updated")
    expect(page.get_by_role("columnheader", name="Changed")).to_have_attribute("aria-sort", "descending")
    page.go_back()
    expect_rows(page, BORROWED, *reversed(OWN))


def test_pages_live_in_the_address(northwind: Client, browsers: Browsers) -> None:
    trunk = northwind.trunk()
    for digits in range(120):
        northwind.number(f"+1206555{1000 + digits}", trunk=trunk)
    page = browsers.sign_in(northwind)
    expect(row(page, "+1 206 555 1000")).to_be_visible()
    page.get_by_role("button", name="Last").click()
    expect(row(page, "+1 206 555 1070")).to_be_visible()
    expect_address(page, northwind, r"/numbers?before=\w*")
    page.get_by_role("button", name="Previous").click()
    expect(row(page, "+1 206 555 1020")).to_be_visible()
    expect_address(page, northwind, r"/numbers?before=\w+")
    colleague = browsers.sign_in(northwind, page.url)
    expect(colleague.locator("tr[data-row]").first).to_have_accessible_name("+1 206 555 1020")
    colleague.get_by_role("button", name="Show the numbers before these").click()
    expect(row(colleague, "+1 206 555 1019")).to_be_attached()
    page.get_by_role("button", name="First").click()
    expect(row(page, "+1 206 555 1000")).to_be_visible()


def test_an_address_that_leads_nowhere_says_how_to_leave(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/numbers?after=nonsense")
    expect(page.get_by_role("heading", name="This link is not valid")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect_rows(page, *OWN, BORROWED)
    strange = shared_demo["Contoso"].organization_id
    page.goto(f"/numbers?organization={strange}")
    expect(page.get_by_role("heading", name="This organization is not one that your key may act for")).to_be_visible()
    page.get_by_role("link", name="Your own organization").click()
    expect_rows(page, *OWN, BORROWED)


# ------------------------------------------------------------------------------------------------------------ the states


def test_no_numbers_yet(northwind: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(northwind)
    expect(page.get_by_role("heading", name="No numbers yet")).to_be_visible()
    expect(page.get_by_text("Add the first one above")).to_be_visible()


def test_no_number_matches(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    page.get_by_role("searchbox", name="Search numbers").fill("99999")
    expect(page.get_by_role("heading", name="No number matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect_rows(page, *OWN, BORROWED)


def test_offline_is_said_and_over_once_back(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_INTERNET_DISCONNECTED|WebSocket connection to")
    page = browsers.sign_in(clinics)
    expect_rows(page, *OWN, BORROWED)
    banner = page.get_by_text("You are offline.")
    page.context.set_offline(offline=True)
    expect(banner).to_be_visible()
    expect_rows(page, *OWN, BORROWED)
    clinics.share(number_of(clinics, "+12065550100"))
    page.get_by_role("searchbox", name="Search numbers").fill("0101")
    expect(page.get_by_role("heading", name="The server cannot be reached")).to_be_visible()
    page.context.set_offline(offline=False)
    expect(banner).to_have_count(0)
    expect_rows(page, "+1 206 555 0101")
    page.get_by_role("searchbox", name="Search numbers").fill("")
    expect(switch(page, PLAIN)).to_be_checked()


def test_loading_is_said(clinics: Client, browsers: Browsers) -> None:
    page = browsers.open(clinics.installation)
    with delay_requests(page, "query PhoneNumbers("):
        submit_key(page, clinics.secret or "")
        expect(page.get_by_text("Loading phone numbers…")).to_be_visible()
    expect_rows(page, *OWN, BORROWED)


# ------------------------------------------------------------------------------------------------------------------ live


def test_changes_made_elsewhere_appear(demo: DemoClients, browsers: Browsers) -> None:
    northwind, clinics = demo["Northwind"], demo["Harbor Clinics"]
    page = browsers.sign_in(clinics)
    expect_rows(page, *OWN, BORROWED)
    clinics.version(clinics.agent("Night desk"), number_of(clinics, "+12065550100"), direction="INBOUND")
    expect(row(page, PLAIN).locator("td.col-inbound")).to_contain_text("Night desk")
    clinics.number("+12065550105")
    expect_rows(page, *OWN, "+1 206 555 0105", BORROWED)
    clinics.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number_of(clinics, "+12065550105").id)
    expect_rows(page, *OWN, BORROWED)
    northwind.share(number_of(northwind, "+15551234567"), shareable=False)
    expect_rows(page, *OWN)
    northwind.share(number_of(northwind, "+15551234568"))
    expect_rows(page, *OWN, "+1 555 123 4568")
    expect(page.get_by_text("6 loaded of 6")).to_be_visible()


def test_a_filtered_view_takes_in_what_matches_now(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics, "/numbers?shareable=yes")
    expect_rows(page, SHARED, BORROWED)
    clinics.share(number_of(clinics, "+12065550100"))
    expect_rows(page, PLAIN, SHARED, BORROWED)
    clinics.share(number_of(clinics, "+12065550104"), shareable=False)
    expect_rows(page, PLAIN, BORROWED)


def test_two_browsers_at_once_see_each_others_switch(demo: DemoClients, browsers: Browsers) -> None:
    clinics = demo["Harbor Clinics"]
    one, other = browsers.sign_in(clinics), browsers.sign_in(clinics)
    below = browsers.sign_in(demo["Harbor Dental"])
    expect_rows(below, SHARED, BORROWED)
    expect(switch(other, PLAIN)).not_to_be_checked()
    switch(one, PLAIN).click()
    expect(switch(other, PLAIN)).to_be_checked()
    expect_rows(below, PLAIN, SHARED, BORROWED)
    switch(other, PLAIN).click()
    other.get_by_role("button", name="Stop sharing").click()
    expect(switch(one, PLAIN)).not_to_be_checked()
    expect_rows(below, SHARED, BORROWED)


# --------------------------------------------------------------------------------------------------------- slots, adding


def test_the_slot_dialog_shows_what_moves_and_publishes(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics)
    row(page, PLAIN).locator("td.col-outbound").get_by_role("button").click()
    dialog = page.get_by_role("dialog", name=f"Slots of {PLAIN}")
    expect(dialog.get_by_text("Empty: nobody answers calls to it")).to_be_visible()
    expect(dialog.get_by_role("radio", name="Outbound")).to_be_checked()
    dialog.get_by_text("Both", exact=True).click()
    choose_option(dialog, "Agent", "Reminders")
    moves = dialog.get_by_role("region", name="What changes")
    expect(moves.get_by_role("listitem")).to_have_text(
        ["Inbound slot: empty → Reminders v2", "Outbound slot: empty → Reminders v2"]
    )
    along = moves.get_by_role("checkbox", name="+1 206 555 0102 holds v1")
    expect(along).not_to_be_checked()
    along.check()
    dialog.get_by_role("button", name="Assign to 2 numbers").click()
    expect(dialog).to_have_count(0)
    expect(toast(page)).to_contain_text("Reminders v2 is on +1 206 555 0100, +1 206 555 0102.")
    for name in (PLAIN, "+1 206 555 0102"):
        expect(row(page, name).locator("td.col-inbound .version")).to_have_text("v2")
        expect(row(page, name).locator("td.col-outbound .version")).to_have_text("v2")
    expect(page.locator(".drift")).to_have_count(0)


def test_a_draft_is_published_by_being_assigned_and_a_slot_is_cleared(clinics: Client, browsers: Browsers) -> None:
    agent = clinics.agent("Night desk")
    clinics.draft(agent)
    page = browsers.sign_in(clinics)
    row(page, "+1 206 555 0101").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Slots of +1 206 555 0101")
    expect(dialog.get_by_role("radio", name="Inbound")).to_be_checked()
    choose_option(dialog, "Agent", "Night desk")
    expect(dialog.get_by_role("listitem")).to_have_text(
        [
            "v1 is published, and can’t be changed from then on.",  # noqa: RUF001
            "Inbound slot: Front desk v1 → Night desk v1",
        ]
    )
    dialog.get_by_role("button", name="Publish and assign").click()
    expect(dialog).to_have_count(0)
    desk = row(page, "+1 206 555 0101")
    expect(desk.locator("td.col-inbound .agent")).to_have_text(re.compile(words("Night desk v1")))
    expect(desk.locator("td.col-outbound .agent")).to_have_text(re.compile(words("Front desk v1")))
    desk.locator("td.col-outbound").get_by_role("button").click()
    dialog.get_by_role("button", name="Clear the outbound slot").click()
    expect(dialog.get_by_text("Empty: no agent dials from it by itself")).to_be_visible()
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(desk.locator("td.col-outbound")).to_contain_text("Empty")


def test_a_refused_publication_stays_to_be_read(clinics: Client, browsers: Browsers) -> None:
    agent = clinics.agent("Night desk", active=False)
    clinics.draft(agent)
    page = browsers.sign_in(clinics)
    row(page, PLAIN).locator("td.col-outbound").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    choose_option(dialog, "Agent", "Night desk")
    clinics.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number_of(clinics, "+12065550100").id)
    dialog.get_by_role("button", name="Publish and assign").click()
    expect(dialog.get_by_role("alert")).to_contain_text("+12065550100")
    expect(dialog).to_be_visible()


def test_adding_a_number(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics)
    page.get_by_role("button", name="Add number").click()
    dialog = page.get_by_role("dialog", name="Add a number")
    field = dialog.get_by_label("Number", exact=True)
    expect(field).to_be_focused()
    field.fill("12")
    choose_option(dialog, "Trunk", "Harbor carrier")
    dialog.get_by_role("button", name="Add number").click()
    complaint = dialog.get_by_role("alert")
    expect(complaint).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_attribute("aria-describedby", re.compile(rf"{complaint.get_attribute('id')}$"))
    field.fill("+1 206 555 0104")
    dialog.get_by_role("button", name="Add number").click()
    expect(complaint).to_contain_text("+12065550104")
    field.fill("+1 206 555 0150")
    dialog.get_by_label("Shareable").check()
    dialog.get_by_role("button", name="Add number").click()
    expect(dialog).to_have_count(0)
    expect(toast(page)).to_contain_text("+1 206 555 0150 is added.")
    expect_rows(page, *OWN, "+1 206 555 0150", BORROWED)
    expect(switch(page, "+1 206 555 0150")).to_be_checked()


# ---------------------------------------------------------------------------------------------------------- the keyboard


def test_the_focus_returns_to_where_a_dialog_or_a_switch_was_opened(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics)
    switch(page, PLAIN).focus()
    page.keyboard.press("Space")
    expect(switch(page, PLAIN)).to_be_checked()
    expect(switch(page, PLAIN)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Stop sharing").press("Enter")
    expect(switch(page, PLAIN)).not_to_be_checked()
    expect(switch(page, PLAIN)).to_be_focused()
    slot = row(page, "+1 206 555 0101").locator("td.col-inbound").get_by_role("button")
    slot.press("Enter")
    page.get_by_role("button", name="Clear the inbound slot").press("Enter")
    expect(toast(page)).to_contain_text("is empty")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(slot).to_be_focused()


def test_nothing_is_assigned_where_nothing_changes(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics)
    row(page, "+1 206 555 0101").locator("td.col-inbound").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("already Front desk v1, nothing changes")
    expect(dialog.get_by_role("button", name="Nothing changes")).to_be_disabled()
    choose_option(dialog, "Agent", "Reminders")
    expect(dialog.get_by_role("button", name="Assign")).to_be_enabled()


def test_s_asks_before_it_switches_and_confirms(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics)
    row(page, PLAIN).focus()
    page.keyboard.press("s")
    expect(page.get_by_role("dialog", name=f"Share {PLAIN}?")).to_be_visible()
    assert shareable(clinics, PLAIN) is False
    page.keyboard.press("s")
    expect(switch(page, PLAIN)).to_be_checked()
    expect(row(page, PLAIN)).to_be_focused()
    page.keyboard.press("s")
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("s")
    expect(switch(page, PLAIN)).not_to_be_checked()
    expect(row(page, PLAIN)).to_be_focused()


def test_everything_by_keyboard(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics)
    expect_rows(page, *OWN, BORROWED)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search numbers")).to_be_focused()
    page.keyboard.type("0102")
    expect_rows(page, "+1 206 555 0102")
    page.keyboard.press("Escape")
    expect_rows(page, *OWN, BORROWED)
    row(page, PLAIN).focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, "+1 206 555 0101")).to_be_focused()
    page.keyboard.press("End")
    expect(row(page, BORROWED)).to_be_focused()
    page.keyboard.press("k")
    expect(row(page, SHARED)).to_be_focused()
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name=f"Stop sharing {SHARED}?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row(page, SHARED)).to_be_focused()
    page.get_by_role("columnheader", name="Number").get_by_role("button").focus()
    page.keyboard.press("s")
    expect(dialog).to_have_count(0)
    row(page, SHARED).focus()
    page.keyboard.press("Home")
    expect(row(page, PLAIN)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=f"Slots of {PLAIN}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, PLAIN)).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="Add a number")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    expect_address(page, clinics, "/conversations")
    page.keyboard.press("o")
    expect(page.get_by_role("treegrid", name="Organizations")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("treegrid", name="Organizations")).to_have_count(0)


def test_the_slot_dialog_by_keyboard(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics)
    expect_rows(page, *OWN, BORROWED)
    row(page, PLAIN).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Slots of {PLAIN}")
    expect(dialog.get_by_role("radio", name="Inbound")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("radio", name="Outbound")).to_be_checked()
    tab_to(page, dialog.get_by_role("combobox", name="Agent"))
    page.keyboard.type("Front")
    expect(dialog.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("listitem")).to_have_text("Outbound slot: empty → Front desk v1")
    tab_to(page, dialog.get_by_role("button", name="Assign"))
    page.keyboard.press("Enter")
    expect(row(page, PLAIN).locator("td.col-outbound")).to_contain_text("Front desk")
    expect(row(page, PLAIN)).to_be_focused()


def test_one_row_is_in_the_tab_order(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    expect_rows(page, *OWN, BORROWED)
    expect(page.locator("tr[data-row][tabindex='0']")).to_have_count(1)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the page")
    expect(skip).to_be_focused()
