"""The tree of organizations to act for: by keyboard, when it fails to load, and that no data of another is shown."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, expect_address, fail_requests
from tests.web.test_phone_numbers import BORROWED, OWN, SHARED, delay_requests, expect_rows, row


def open_tree(page: Page) -> Locator:
    expect(page.get_by_role("table", name="Phone numbers")).to_be_visible()
    page.keyboard.press("o")
    tree = page.get_by_role("treegrid", name="Organizations")
    expect(tree).to_be_visible()
    return tree


def test_one_without_children_is_itself_alone(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Dental"])
    tree = open_tree(page)
    expect(tree.get_by_role("row")).to_have_text(["Harbor Dental acting"], use_inner_text=True)
    expect(tree.get_by_text("Loading…")).to_have_count(0)
    expect(tree.get_by_role("button")).to_have_count(0)


def test_children_that_could_not_be_loaded_are_asked_for_again(shared_demo: DemoClients, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    with fail_requests(page, "query ChildOrganizations"):
        tree = open_tree(page)
        again = tree.get_by_role("row", name="Try again")
        expect(again).to_contain_text("Could not be loaded")
    again.click()
    expect(tree.get_by_role("row", name="Harbor Dental")).to_be_visible()
    expect(again).to_have_count(0)


@pytest.fixture
def wide(northwind: Client) -> Client:
    """Insert 120 child organizations; the newest is number 119."""
    northwind.installation.rows(
        "INSERT INTO organization (id, name, slug, parent_id, depth, created_at)"
        " WITH RECURSIVE count(n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM count WHERE n + 1 < 220)"
        " SELECT 'org_00000000000000000000000' || n, 'Branch ' || n, 'branch-' || n, o.id, 2, o.created_at"
        " FROM count, organization AS o WHERE o.id = ?",
        northwind.organization_id,
    )
    northwind.number()
    return northwind


def test_more_children_than_a_page_are_all_reached_by_the_keyboard(wide: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(wide)
    tree = open_tree(page)
    expect(tree.get_by_role("row", name="Branch 219")).to_be_visible()
    for last in (170, 120, 100):
        page.keyboard.press("End")
        expect(tree.get_by_role("row", name=f"Branch {last}")).to_be_attached()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Acting organization: Branch 100")).to_be_visible()


def test_a_child_is_chosen_by_enter(shared_demo: DemoClients, browsers: Browsers) -> None:
    dental = shared_demo["Harbor Dental"]
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    tree = open_tree(page)
    expect(tree.get_by_role("row", name="Harbor Dental")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Acting organization: Harbor Dental")).to_be_focused()
    expect_rows(page, SHARED, BORROWED)
    expect_address(page, dental, "/numbers")
    expect(page.get_by_text("You act for Harbor Dental.")).to_be_visible()
    page.get_by_role("button", name="Back to Harbor Clinics").click()
    expect(page.get_by_role("button", name="Acting organization: Harbor Clinics")).to_be_focused()
    expect(page.get_by_text("You act for")).to_have_count(0)


def test_what_was_said_of_one_organization_is_not_shown_beside_another(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.sign_in(clinics)
    with fail_requests(page, "mutation SetShareable"):
        page.get_by_role("switch", name="Shareable: +1 206 555 0100").click()
        expect(page.locator(".toast")).to_be_visible()
    tree = open_tree(page)
    tree.get_by_role("row", name="Harbor Dental").click()
    expect(page.get_by_text("You act for Harbor Dental.")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_colleague_with_another_key_sees_the_same_or_is_told_why_not(
    shared_demo: DemoClients, browsers: Browsers
) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    expect_rows(page, *OWN, BORROWED)
    page.get_by_label("Sharing", exact=True).select_option(label="Shareable")
    expect_rows(page, SHARED, BORROWED)
    expect_address(page, shared_demo["Harbor Clinics"], "/numbers?shareable=yes")
    above = browsers.sign_in(shared_demo["Northwind"], page.url)
    expect_rows(above, SHARED, BORROWED)
    expect(row(above, BORROWED)).to_contain_text("Borrowed from Northwind")
    stranger = browsers.sign_in(shared_demo["Contoso"], page.url)
    expect(
        stranger.get_by_role("heading", name="This organization is not one that your key may act for")
    ).to_be_visible()
    stranger.get_by_role("link", name="Your own organization").click()
    expect(row(stranger, "+44 20 7946 0123")).to_be_visible()


def test_what_was_read_for_one_answers_for_that_one_alone(shared_demo: DemoClients, browsers: Browsers) -> None:
    """The response is delayed: what is shown at once comes from this organization's cache."""
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    expect_rows(page, *OWN, BORROWED)
    open_tree(page).get_by_role("row", name="Harbor Dental").click()
    expect_rows(page, SHARED, BORROWED)
    expect(row(page, SHARED)).to_contain_text("Borrowed from Harbor Clinics")
    with delay_requests(page, "query PhoneNumbers("):
        page.go_back()
        expect_rows(page, *OWN, BORROWED)
        expect(row(page, SHARED).locator("td.col-owner")).to_have_text("Harbor Clinics")
