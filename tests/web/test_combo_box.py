"""Combo boxes over 150 trunks and agents: each can be chosen, by a part of its name or by scrolling on."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Client, Installation
from tests.web.conftest import Browsers, choose_option

COUNT = 150


@pytest.fixture(scope="module")
def large(shared_installation: Installation) -> Client:
    """Create 150 trunks and agents. The lists are newest first, so number 0 comes last."""
    northwind = shared_installation.root()
    for place in range(COUNT):
        northwind.trunk(name=f"Carrier {place:03}")
        northwind.version(northwind.agent(f"Agent {place:03}"))
    northwind.number("+12065551000", trunk=northwind.trunk(name="Ours"))
    return northwind


def expect_chosen(page: Page, label: str, name: str) -> None:
    expect(page.get_by_role("combobox", name=label, exact=True)).to_have_value(name)


def test_any_of_them_is_a_filter_and_a_colleague_sees_its_name(large: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(large)
    choose_option(page, "Trunk", "Carrier 000")
    expect(page.get_by_role("heading", name="No number matches")).to_be_visible()
    choose_option(page, "Agent", "Agent 003")
    expect(page).to_have_url(re.compile(r"trunk=trk_\w+&agent=agt_\w+$"))
    colleague = browsers.sign_in(large, page.url)
    expect_chosen(colleague, "Trunk", "Carrier 000")
    expect_chosen(colleague, "Agent", "Agent 003")


def test_any_of_them_is_reached_by_the_keyboard(large: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(large)
    page.get_by_role("combobox", name="Agent", exact=True).focus()
    options = page.get_by_role("option")
    expect(options.first).to_have_text(re.compile("Agent 149"))
    page.keyboard.press("ArrowUp")
    for place in (50, 0):
        expect(page.get_by_role("option", name=re.compile(f"Agent {place:03}"))).to_be_attached()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowUp")
    expect(options).to_have_count(COUNT)


def test_any_of_them_is_put_on_a_number_and_speaks(large: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(large)
    page.locator("td.col-outbound").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    choose_option(dialog, "Agent", "Agent 001")
    expect(dialog.get_by_role("listitem")).to_have_text("Outbound slot: empty → Agent 001 v1")
    dialog.get_by_role("button", name="Assign").click()
    expect(page.locator("td.col-outbound")).to_contain_text("Agent 001")
    page.keyboard.press("2")
    page.get_by_role("group", name="Who speaks").get_by_text("Agent", exact=True).click()
    choose_option(page, "Agent", "Agent 001")
    expect(page.locator(".outcome")).to_contain_text("+1 206 555 1000")


def test_any_of_them_takes_a_new_number(large: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(large)
    page.get_by_role("button", name="Add number").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Number", exact=True).fill("+1 206 555 1001")
    dialog.get_by_role("button", name="Add number").click()
    expect(dialog.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("listbox")).to_have_count(0)
    expect(dialog).to_be_visible()
    choose_option(dialog, "Trunk", "Carrier 002")
    dialog.get_by_role("button", name="Add number").click()
    expect(page.get_by_role("row", name="+1 206 555 1001", exact=True)).to_contain_text("Carrier 002")
