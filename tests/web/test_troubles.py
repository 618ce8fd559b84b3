"""What cannot be loaded says so, wherever it stands, and is had once the server is back; nothing is decided blindly."""

import re

from playwright.sync_api import expect

from tests.installation import Client
from tests.web.conftest import Visitors, World, enter, failing
from tests.web.test_live_calls import answered
from tests.web.test_phone_numbers import OWN, PLAIN, SHARED, number_of, shown, switch, toast

__all__ = ["answered"]
UNREACHABLE = "The server cannot be reached"


def test_a_choice_that_could_not_be_loaded_says_so(shared_world: World, visitors: Visitors) -> None:
    visitors.expect_complaint("ERR_FAILED")
    page = visitors.open(shared_world["Harbor Clinics"].installation)
    with failing(page, "query Trunks"):
        enter(page, shared_world["Harbor Clinics"].secret or "")
        page.get_by_role("combobox", name="Trunk").click()
        expect(page.get_by_role("listbox")).to_contain_text(f"{UNREACHABLE}. Close this list and open it to try again.")
        page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Trunk").blur()
    page.get_by_role("combobox", name="Trunk").click()
    expect(page.get_by_role("option", name=re.compile("Harbor carrier"))).to_be_visible()


def test_the_plans_of_a_transfer_that_could_not_be_asked(clinics: Client, answered: str, visitors: Visitors) -> None:
    visitors.expect_complaint("ERR_FAILED")
    page = visitors.open(clinics.installation, f"/conversations/{answered}")
    with failing(page, "query TransferPlans"):
        enter(page, clinics.secret or "")
        expect(page.get_by_role("heading", name=UNREACHABLE)).to_be_visible()
        page.get_by_role("button", name="Transfer").click()
        dialog = page.get_by_role("dialog", name="Transfer the call")
        expect(dialog).to_contain_text(f"What they would see is not known: {UNREACHABLE}.")
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("article")).to_have_count(4)


def test_versions_that_could_not_be_loaded(clinics: Client, visitors: Visitors) -> None:
    visitors.expect_complaint("ERR_FAILED")
    page = visitors.sign_in(clinics)
    with failing(page, "query AgentVersions"):
        page.get_by_role("row", name="+1 206 555 0101").locator("td.col-inbound").get_by_role("button").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("alert")).to_have_text(f"{UNREACHABLE}. Choose the agent again to try again.")
        expect(dialog.get_by_role("button", name="Assign")).to_be_disabled()


def test_sharing_is_not_switched_off_without_the_figures(clinics: Client, visitors: Visitors) -> None:
    visitors.expect_complaint("ERR_FAILED")
    page = visitors.sign_in(clinics)
    with failing(page, "query SharingImpact"):
        switch(page, SHARED).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("alert")).to_contain_text("could not be counted")
        expect(dialog.get_by_role("button", name="Stop sharing")).to_be_disabled()
    dialog.get_by_role("button", name="Count again").click()
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog.get_by_role("button", name="Stop sharing")).to_be_enabled()


def test_a_number_that_is_gone_has_nothing_to_count(clinics: Client, visitors: Visitors) -> None:
    """The page is not told of the deletion: its socket is cut off."""
    page = visitors.open(clinics.installation)
    page.route_web_socket("**/graphql", lambda _socket: None)
    page.reload()
    enter(page, clinics.secret or "")
    expect(switch(page, SHARED)).to_be_checked()
    clinics.do("deletePhoneNumber", "__typename", phoneNumberId=number_of(clinics, "+12065550104").id)
    switch(page, SHARED).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The number is no longer there: it was deleted meanwhile.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Stop sharing")).to_be_disabled()
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_have_count(0)


def test_a_refusal_stays_until_it_is_dismissed_and_times_go_on(clinics: Client, visitors: Visitors) -> None:
    visitors.expect_complaint("ERR_FAILED")
    page = visitors.open(clinics.installation)
    page.clock.install()
    page.reload()
    enter(page, clinics.secret or "")
    shown(page, *OWN, "+1 555 123 4567")
    changed = page.get_by_role("row", name=PLAIN).locator("td.col-updated")
    expect(changed).to_have_text("just now")
    with failing(page, "mutation SetShareable"):
        switch(page, PLAIN).click()
        expect(toast(page)).to_contain_text(f"{PLAIN} stays unshared")
    page.clock.fast_forward(300_000)
    expect(changed).to_have_text(re.compile("^[5-9]m ago$"))
    expect(toast(page)).to_be_visible()
    toast(page).get_by_role("button", name="Dismiss").click()
    expect(toast(page)).to_have_count(0)
