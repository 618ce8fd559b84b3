"""Long lists: paging by the address, keeping the position when rows change, and requests in flight."""

from contextlib import suppress
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.installation import Client
from tests.web.conftest import PATIENCE_MS, Browsers, expect_address

FIRST = 1000


def name(place: int) -> str:
    return f"+1 206 555 {FIRST + place}"


def rows(page: Page) -> Locator:
    return page.locator("tr[data-row]")


def press(page: Page, button: str) -> None:
    page.get_by_role("navigation", name="Pages of phone numbers").get_by_role("button", name=button).click()


def expect_first_row(page: Page, place: int) -> None:
    """Expect this row to be the first below the header."""
    page.wait_for_function(
        """name => {
          const row = document.querySelector(`tr[aria-label="${name}"]`)?.getBoundingClientRect();
          const head = document.querySelector("thead th")?.getBoundingClientRect();
          return row && head && Math.abs(row.top - head.bottom) < 20;
        }""",
        arg=name(place),
        timeout=PATIENCE_MS,
    )


@pytest.fixture
def long(northwind: Client) -> Client:
    """A client with 220 numbers: four pages and a part."""
    trunk = northwind.trunk()
    for place in range(220):
        northwind.number(f"+1206555{FIRST + place}", trunk=trunk)
    return northwind


def test_the_pager_leaves_no_row_out(long: Client, browsers: Browsers) -> None:
    """Even if more is loaded than the page in the address."""
    page = browsers.sign_in(long)
    expect_first_row(page, 0)
    press(page, "Last")
    expect_first_row(page, 170)
    press(page, "First")
    expect_first_row(page, 0)
    for start in (50, 100, 150):
        press(page, "Next")
        expect_first_row(page, start)
        expect_address(page, long, r"/numbers?after=\w+")
    press(page, "Previous")
    expect_first_row(page, 100)
    press(page, "Last")
    expect_first_row(page, 170)
    press(page, "Previous")
    expect_first_row(page, 120)
    expect(page.get_by_role("button", name="Next")).to_be_enabled()


def test_one_added_amid_the_pages_puts_no_other_out(long: Client, browsers: Browsers) -> None:
    """Each page is refetched from the current end of the one before."""
    page = browsers.sign_in(long)
    expect_first_row(page, 0)
    press(page, "Next")
    expect_first_row(page, 50)
    page.get_by_role("button", name="First").click()
    expect_first_row(page, 0)
    long.number("+12065550999", trunk=long("{ trunks { nodes { id } } }")["trunks"]["nodes"][0]["id"])
    expect(page.get_by_role("row", name="+1 206 555 0999", exact=True)).to_be_attached()
    expected = ["+1 206 555 0999", *(name(place) for place in range(90))]
    assert walk_rows(page, len(expected)) == expected


def walk_rows(page: Page, count: int) -> list[str]:
    """Walk down the first rows by the arrow key and return their names."""
    rows(page).first.focus()
    page.keyboard.press("Home")
    seen = []
    for _ in range(count):
        seen.append(page.evaluate("document.activeElement.ariaLabel"))
        page.wait_for_function("document.activeElement.nextElementSibling?.matches('tr[data-row]')")  # or on its way
        press_down(page, seen[-1])
    assert all(one != other for one, other in pairwise(seen))
    return seen


def press_down(page: Page, label: str) -> None:
    """Press the key until this row is left: a list that is being refetched may end with it for a moment."""
    while page.evaluate("document.activeElement.ariaLabel") == label:
        page.keyboard.press("ArrowDown")
        with suppress(PlaywrightTimeout):
            page.wait_for_function("label => document.activeElement.ariaLabel !== label", arg=label, timeout=3_000)


def test_a_switch_flipped_just_before_leaving_is_not_lost(northwind: Client, browsers: Browsers) -> None:
    """Even if its request still waits in the browser, whose six connections are all in use."""
    northwind.number(f"+1206555{FIRST}")
    page = browsers.sign_in(northwind)
    switch = page.get_by_role("switch", name=f"Shareable: {name(0)}")
    expect(switch).not_to_be_checked()
    page.evaluate(OCCUPY_CONNECTIONS, northwind.secret)
    switch.evaluate("element => { element.click(); location = 'about:blank'; }")
    page.wait_for_url("about:blank")
    page.goto(f"{northwind.installation.url}/numbers")
    expect(switch).to_be_checked()
    assert northwind("{ phoneNumbers { nodes { shareable } } }")["phoneNumbers"]["nodes"] == [{"shareable": True}]


OCCUPY_CONNECTIONS = """secret => Promise.all(Array.from({ length: 6 }, () => fetch("/graphql", {
  method: "POST",
  headers: { "content-type": "application/json", accept: "text/event-stream", authorization: `Bearer ${secret}` },
  body: JSON.stringify({ query: "subscription { phoneNumbersUpdated { phoneNumberId } }" }),
})))"""
