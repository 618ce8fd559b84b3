"""What fails to load says so and can be retried; nothing can be confirmed whose consequences did not load."""

import re

from playwright.sync_api import expect

from tests.conftest import Install
from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, fail_requests, submit_key
from tests.web.test_live_calls import answered_call
from tests.web.test_phone_numbers import OWN, PLAIN, SHARED, expect_rows, number_of, switch, toast

__all__ = ["answered_call"]
UNREACHABLE = "The server cannot be reached"


def test_a_choice_that_could_not_be_loaded_says_so(shared_demo: DemoClients, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.open(shared_demo["Harbor Clinics"].installation)
    with fail_requests(page, "query Trunks"):
        submit_key(page, shared_demo["Harbor Clinics"].secret or "")
        page.get_by_role("combobox", name="Trunk").click()
        expect(page.get_by_role("listbox")).to_contain_text(f"{UNREACHABLE}. Close this list and open it to try again.")
        page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Trunk").blur()
    page.get_by_role("combobox", name="Trunk").click()
    expect(page.get_by_role("option", name=re.compile("Harbor carrier"))).to_be_visible()


def test_a_transfer_whose_plans_could_not_be_loaded(clinics: Client, answered_call: str, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.open(clinics.installation, f"/conversations/{answered_call}")
    with fail_requests(page, "query TransferPlans"):
        submit_key(page, clinics.secret or "")
        page.get_by_role("button", name="Transfer").click()
        dialog = page.get_by_role("dialog", name="Transfer the call")
        expect(dialog).to_contain_text(f"What they would see is not known: {UNREACHABLE}.")


def test_plans_that_could_not_be_loaded_are_asked_again(
    clinics: Client, answered_call: str, browsers: Browsers
) -> None:
    """The call is over: a live one is polled, which loads the plans without a click."""
    clinics.mutate_successfully("hangUpConversation", "__typename", conversationId=answered_call)
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.open(clinics.installation, f"/conversations/{answered_call}")
    with fail_requests(page, "query TransferPlans"):
        submit_key(page, clinics.secret or "")
        expect(page.get_by_role("heading", name=UNREACHABLE)).to_be_visible()
        expect(page.get_by_role("button", name="Hang up")).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("article")).to_have_count(4)


def test_versions_that_could_not_be_loaded(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.sign_in(clinics)
    with fail_requests(page, "query AgentVersions"):
        page.get_by_role("row", name="+1 206 555 0101").locator("td.col-inbound").get_by_role("button").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("alert")).to_have_text(f"{UNREACHABLE}. Choose the agent again to try again.")
        expect(dialog.get_by_role("button", name="Assign")).to_be_disabled()


def test_sharing_is_not_switched_off_without_the_figures(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.sign_in(clinics)
    with fail_requests(page, "query SharingImpact"):
        switch(page, SHARED).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("alert")).to_contain_text("could not be counted")
        expect(dialog.get_by_role("button", name="Stop sharing")).to_be_disabled()
    dialog.get_by_role("button", name="Count again").click()
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog.get_by_role("button", name="Stop sharing")).to_be_enabled()


def test_a_number_that_is_gone_has_nothing_to_count(clinics: Client, browsers: Browsers) -> None:
    """The page does not learn of the deletion, since its WebSocket is cut off."""
    page = browsers.open(clinics.installation)
    page.route_web_socket("**/graphql", lambda _socket: None)
    page.reload()
    submit_key(page, clinics.secret or "")
    expect(switch(page, SHARED)).to_be_checked()
    clinics.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number_of(clinics, "+12065550104").id)
    switch(page, SHARED).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The number is no longer there: it was deleted meanwhile.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Stop sharing")).to_be_disabled()
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_have_count(0)


def test_a_refusal_stays_until_it_is_dismissed_and_times_go_on(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.open(clinics.installation)
    page.clock.install()
    page.reload()
    submit_key(page, clinics.secret or "")
    expect_rows(page, *OWN, "+1 555 123 4567")
    changed = page.get_by_role("row", name=PLAIN).locator("td.col-updated")
    expect(changed).to_have_text("just now")
    with fail_requests(page, "mutation SetShareable"):
        switch(page, PLAIN).click()
        expect(toast(page)).to_contain_text(f"{PLAIN} stays unshared")
    page.clock.fast_forward(300_000)
    expect(changed).to_have_text(re.compile("^[5-9]m ago$"))
    expect(toast(page)).to_be_visible()
    toast(page).get_by_role("button", name="Dismiss").click()
    expect(toast(page)).to_have_count(0)


def test_a_budget_that_is_spent_says_once_when_to_come_back(install: Install, browsers: Browsers) -> None:
    """Signing in spends the whole budget, which refills too slowly for the list."""
    browsers.expect_console_error("429|WebSocket connection to")
    page = browsers.sign_in(install(points_per_minute=1).root())
    problem = page.get_by_role("alert")
    expect(problem.get_by_role("heading", name="Too many requests")).to_be_visible()
    expect(problem.get_by_text(re.compile(r"Try again in \d+ s\."))).to_have_count(1)
    expect(problem.get_by_text(re.compile(r"in a (minute|moment)"))).to_have_count(0)
    expect(problem.get_by_role("button", name="Try again")).to_be_visible()
