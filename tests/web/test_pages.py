"""Long lists: the pager goes by the address, changes put no row out of its place, and nothing in flight is lost."""

from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.installation import Client
from tests.web.conftest import Visitors, at

FIRST = 1000


def name(place: int) -> str:
    return f"+1 206 555 {FIRST + place}"


def rows(page: Page) -> Locator:
    return page.locator("tr[data-row]")


def press(page: Page, button: str) -> None:
    page.get_by_role("navigation", name="Pages of phone numbers").get_by_role("button", name=button).click()


def on_top(page: Page, place: int) -> None:
    """The first row under the header is this one."""
    page.wait_for_function(
        """name => {
          const row = document.querySelector(`tr[aria-label="${name}"]`)?.getBoundingClientRect();
          const head = document.querySelector("thead th")?.getBoundingClientRect();
          return row && head && Math.abs(row.top - head.bottom) < 20;
        }""",
        arg=name(place),
        timeout=8_000,
    )


@pytest.fixture
def long(northwind: Client) -> Client:
    """220 numbers: four pages and a part."""
    trunk = northwind.trunk()
    for place in range(220):
        northwind.number(f"+1206555{FIRST + place}", trunk=trunk)
    return northwind


def test_the_pager_leaves_no_row_out(long: Client, visitors: Visitors) -> None:
    """Though more is loaded than the page that the address names."""
    page = visitors.sign_in(long)
    on_top(page, 0)
    press(page, "Last")
    on_top(page, 170)
    press(page, "First")
    on_top(page, 0)
    for start in (50, 100, 150):
        press(page, "Next")
        on_top(page, start)
        at(page, long, r"/numbers?after=\w+")
    press(page, "Previous")
    on_top(page, 100)
    press(page, "Last")
    on_top(page, 170)
    press(page, "Previous")
    on_top(page, 120)
    expect(page.get_by_role("button", name="Next")).to_be_enabled()


def test_one_added_amid_the_pages_puts_no_other_out(long: Client, visitors: Visitors) -> None:
    """Each page goes on from where the one before it ends by now."""
    page = visitors.sign_in(long)
    on_top(page, 0)
    press(page, "Next")
    on_top(page, 50)
    page.get_by_role("button", name="First").click()
    on_top(page, 0)
    long.number("+12065550999", trunk=long("{ trunks { nodes { id } } }")["trunks"]["nodes"][0]["id"])
    expect(page.get_by_role("row", name="+1 206 555 0999", exact=True)).to_be_attached()
    expected = ["+1 206 555 0999", *(name(place) for place in range(90))]
    assert walked(page, len(expected)) == expected


def walked(page: Page, count: int) -> list[str]:
    """The first rows, by the arrow key."""
    rows(page).first.focus()
    page.keyboard.press("Home")
    seen = []
    for _ in range(count):
        seen.append(page.evaluate("document.activeElement.ariaLabel"))
        page.keyboard.press("ArrowDown")
        page.wait_for_function("label => document.activeElement.ariaLabel !== label", arg=seen[-1])
    assert all(one != other for one, other in pairwise(seen))
    return seen


def test_a_switch_flipped_just_before_leaving_is_not_lost(northwind: Client, visitors: Visitors) -> None:
    """Though its request was still waiting in the browser: all the connections that a browser opens are in use."""
    northwind.number(f"+1206555{FIRST}")
    page = visitors.sign_in(northwind)
    switch = page.get_by_role("switch", name=f"Shareable: {name(0)}")
    expect(switch).not_to_be_checked()
    page.evaluate(OCCUPY, northwind.secret)
    switch.evaluate("element => { element.click(); location = 'about:blank'; }")
    page.wait_for_url("about:blank")
    page.goto(f"{northwind.installation.url}/numbers")
    expect(switch).to_be_checked()
    assert northwind("{ phoneNumbers { nodes { shareable } } }")["phoneNumbers"]["nodes"] == [{"shareable": True}]


OCCUPY = """secret => Promise.all(Array.from({ length: 6 }, () => fetch("/graphql", {
  method: "POST",
  headers: { "content-type": "application/json", accept: "text/event-stream", authorization: `Bearer ${secret}` },
  body: JSON.stringify({ query: "subscription { phoneNumbersUpdated { phoneNumberId } }" }),
})))"""
