"""How the page fits its window, from a phone to a wide screen: what is long scrolls in a box of its own, and no control is
out of reach.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, expect_address

WIDTHS = [390, 768, 1440, 2560]
# Low, so that even a short list is longer than its box.
HEIGHT = 360


@pytest.fixture(scope="module")
def clinics(shared_demo: DemoClients) -> Client:
    clinics = shared_demo["Harbor Clinics"]
    for _ in range(12):
        clinics.create_queued(agentNumber="+12065550100", agentConfig={}, to="+12065550180")
    return clinics


def expect_fits_window(page: Page) -> None:
    """Expect the document to be as large as the window, also after scrolling as far as possible."""
    page.mouse.move(*middle(page))
    page.mouse.wheel(0, 5000)
    document = "document.scrollingElement"
    sizes = page.evaluate(f"[{document}.scrollHeight, {document}.scrollWidth, innerHeight, innerWidth]")
    assert sizes[:2] == sizes[2:]
    page.evaluate("window.scrollTo(0, 5000)")
    assert page.evaluate("window.scrollY") == 0
    expect(page.get_by_role("banner")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", WIDTHS)
def test_graphiql_is_as_wide_as_its_window(clinics: Client, browsers: Browsers, width: int) -> None:
    """On a phone the examples cover the editor until one is opened."""
    page = browsers.sign_in(clinics, "/graphiql", viewport={"width": width, "height": 800})
    page.locator(".examples").get_by_role("button", name="Who am I?").click()
    editor = page.locator(".graphiql-query-editor .view-lines")
    expect(editor).to_contain_text("Who\u00a0am\u00a0I?")
    run = page.get_by_role("button", name=re.compile("Execute query"))
    expect(run).to_be_in_viewport(ratio=1)
    run.click()
    expect(page.locator(".result-window")).to_contain_text("viewer")
    expect(page.locator(".graphiql-response")).to_be_in_viewport(ratio=1)
    expect_fits_window(page)


@pytest.mark.parametrize("width", [768, 1440, 2560])
def test_every_column_is_in_sight(clinics: Client, browsers: Browsers, width: int) -> None:
    page = browsers.sign_in(clinics, viewport={"width": width, "height": 800})
    for name in ("Number", "Changed", "Shareable"):
        expect(page.get_by_role("columnheader", name=name)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("switch").first).to_be_in_viewport(ratio=1)
    expect_not_cut(page, "td.col-number")
    page.goto("/conversations")
    expect(page.get_by_role("columnheader", name="Created")).to_be_in_viewport(ratio=1)
    expect_not_cut(page, "td.col-user-number")


def expect_not_cut(page: Page, cells: str) -> None:
    """Expect that no text in these cells is cut off."""
    expect(page.locator(cells).first).to_be_visible()
    cut = "cells => cells.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ textContent }) => textContent)"
    assert page.locator(cells).evaluate_all(cut) == []


def test_each_field_of_a_dialog_has_a_border(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics)
    page.get_by_role("button", name="Add number").click()
    page.get_by_label("Number", exact=True).focus()
    for field in (page.get_by_label("Number", exact=True), page.get_by_role("dialog").get_by_role("combobox")):
        expect(field).to_have_css("border-top-color", "rgb(207, 207, 216)")


def test_a_mistyped_address_shows_a_page(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("404")
    page = browsers.sign_in(clinics, "/numberz")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="The first page").click()
    expect_address(page, clinics, "/numbers")


def test_control_click_opens_a_conversation_once(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics, "/conversations")
    with page.context.expect_page() as beside:
        page.locator(".row-link").first.click(modifiers=["Control"])
    expect(beside.value).to_have_url(re.compile("/conversations/cnv_"))
    expect_address(page, clinics, "/conversations")
    page.locator("tr[data-row]").first.locator(".col-status").click(modifiers=["Control"])
    expect_address(page, clinics, "/conversations")


def middle(page: Page) -> tuple[int, int]:
    assert page.viewport_size
    return page.viewport_size["width"] // 2, page.viewport_size["height"] - 60


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_never_larger_than_its_window(clinics: Client, browsers: Browsers, width: int) -> None:
    page = browsers.sign_in(clinics, viewport={"width": width, "height": HEIGHT})
    expect(page.get_by_text("6 loaded of 6")).to_be_visible()
    expect_fits_window(page)
    page.goto("/conversations")
    expect(page.get_by_text("12 loaded")).to_be_visible()
    expect_fits_window(page)
    page.goto("/which-number?fallback=yes&speaker=inline")
    expect(page.locator(".outcome")).to_be_attached()
    expect_fits_window(page)
    conversation = clinics("{ conversations(first: 1) { nodes { id } } }")["conversations"]["nodes"][0]["id"]
    page.goto(f"/conversations/{conversation}")
    expect(page.get_by_role("heading", name="Details")).to_be_attached()
    expect_fits_window(page)
