"""The tree of organizations that a key may act for: what it shows, by keyboard, where it fails, and that each is apart."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.installation import Client
from tests.web.conftest import Visitors, World, at, failing
from tests.web.test_phone_numbers import BORROWED, OWN, SHARED, held_back, row, shown


def opened(page: Page) -> Locator:
    expect(page.get_by_role("table", name="Phone numbers")).to_be_visible()
    page.keyboard.press("o")
    tree = page.get_by_role("treegrid", name="Organizations")
    expect(tree).to_be_visible()
    return tree


def test_one_without_children_is_itself_alone(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Dental"])
    tree = opened(page)
    expect(tree.get_by_role("row")).to_have_text(["Harbor Dental acting"], use_inner_text=True)
    expect(tree.get_by_text("Loading…")).to_have_count(0)
    expect(tree.get_by_role("button")).to_have_count(0)


def test_children_that_could_not_be_loaded_are_asked_for_again(shared_world: World, visitors: Visitors) -> None:
    visitors.expect_complaint("ERR_FAILED")
    page = visitors.sign_in(shared_world["Harbor Clinics"])
    with failing(page, "query ChildOrganizations"):
        tree = opened(page)
        again = tree.get_by_role("row", name="Try again")
        expect(again).to_contain_text("Could not be loaded")
    again.click()
    expect(tree.get_by_role("row", name="Harbor Dental")).to_be_visible()
    expect(again).to_have_count(0)


@pytest.fixture
def wide(northwind: Client) -> Client:
    """120 organizations below it; the newest is number 119."""
    northwind.installation.rows(
        "INSERT INTO organization (id, name, slug, parent_id, depth, created_at)"
        " WITH RECURSIVE count(n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM count WHERE n + 1 < 220)"
        " SELECT 'org_00000000000000000000000' || n, 'Branch ' || n, 'branch-' || n, o.id, 2, o.created_at"
        " FROM count, organization AS o WHERE o.id = ?",
        northwind.organization_id,
    )
    northwind.number()
    return northwind


def test_more_children_than_a_page_are_all_reached_by_the_keyboard(wide: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(wide)
    tree = opened(page)
    expect(tree.get_by_role("row", name="Branch 219")).to_be_visible()
    for last in (170, 120, 100):
        page.keyboard.press("End")
        expect(tree.get_by_role("row", name=f"Branch {last}")).to_be_attached()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Acting organization: Branch 100")).to_be_visible()


def test_a_child_is_chosen_by_enter(shared_world: World, visitors: Visitors) -> None:
    dental = shared_world["Harbor Dental"]
    page = visitors.sign_in(shared_world["Harbor Clinics"])
    tree = opened(page)
    expect(tree.get_by_role("row", name="Harbor Dental")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Acting organization: Harbor Dental")).to_be_visible()
    shown(page, SHARED, BORROWED)
    at(page, dental, "/numbers")


def test_a_colleague_with_another_key_sees_the_same_or_is_told_why_not(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"])
    shown(page, *OWN, BORROWED)
    page.get_by_label("Sharing", exact=True).select_option(label="Shareable")
    shown(page, SHARED, BORROWED)
    at(page, shared_world["Harbor Clinics"], "/numbers?shareable=yes")
    above = visitors.sign_in(shared_world["Northwind"], page.url)
    shown(above, SHARED, BORROWED)
    expect(row(above, BORROWED)).to_contain_text("Borrowed from Northwind")
    stranger = visitors.sign_in(shared_world["Contoso"], page.url)
    expect(
        stranger.get_by_role("heading", name="This organization is not one that your key may act for")
    ).to_be_visible()
    stranger.get_by_role("link", name="Your own organization").click()
    expect(row(stranger, "+44 20 7946 0123")).to_be_visible()


def test_what_was_read_for_one_answers_for_that_one_alone(shared_world: World, visitors: Visitors) -> None:
    """The answer is held back: what is shown at once is what was kept for this organization."""
    page = visitors.sign_in(shared_world["Harbor Clinics"])
    shown(page, *OWN, BORROWED)
    opened(page).get_by_role("row", name="Harbor Dental").click()
    shown(page, SHARED, BORROWED)
    expect(row(page, SHARED)).to_contain_text("Borrowed from Harbor Clinics")
    with held_back(page, "query PhoneNumbers("):
        page.go_back()
        shown(page, *OWN, BORROWED)
        expect(row(page, SHARED).locator("td.col-owner")).to_have_text("Harbor Clinics")
