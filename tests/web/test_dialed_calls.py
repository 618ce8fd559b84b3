"""Calls dialed from the console through the sandbox carrier, hung up and transferred by a real BYE and REFER."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Install
from tests.installation import Client
from tests.telephony.sipp import free_port
from tests.web.conftest import Browsers

ANSWERS = "+12065550100"


@pytest.fixture
def caller(install: Install) -> Client:
    """A client whose trunk leads to the sandbox carrier."""
    carrier = f"127.0.0.1:{free_port()}"
    return install(dialing="on", private_carriers="allow", sandbox_carrier=carrier).root()


def open_answered_call(caller: Client, browsers: Browsers) -> Page:
    """Place a call and open its conversation once it is answered."""
    outbound = {"address": caller.installation.settings.sandbox_carrier}
    trunk = caller.mutate_successfully("createTrunk", "trunk { id }", name="Sandbox", outbound=outbound)["trunk"]["id"]
    number = caller.number(trunk=trunk)
    created = caller.create_queued(to=ANSWERS, agentNumber=number.e164, agentConfig={})
    page = browsers.sign_in(caller, f"/conversations/{created['id']}")
    expect_status(page, "In progress")
    return page


def expect_status(page: Page, words: str) -> None:
    expect(page.get_by_label("Status").locator(".status")).to_have_text(words, timeout=60_000)


def test_a_dialed_call_is_hung_up(caller: Client, browsers: Browsers) -> None:
    page = open_answered_call(caller, browsers)
    page.get_by_role("button", name="Hang up").click()
    expect_status(page, "Completed: hung up")
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0)


def test_a_dialed_call_is_handed_over(caller: Client, browsers: Browsers) -> None:
    page = open_answered_call(caller, browsers)
    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog", name="Transfer the call")
    dialog.get_by_label("Third party").fill(ANSWERS)
    dialog.get_by_role("button", name="Transfer").click()
    expect_status(page, "Transferred")
    expect(page.get_by_role("region", name="Transfers").get_by_role("listitem")).to_contain_text("Completed")


def test_a_transfer_in_which_nobody_would_be_heard_is_refused_before_it_is_asked_for(
    caller: Client, browsers: Browsers
) -> None:
    page = open_answered_call(caller, browsers)
    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog", name="Transfer the call")
    dialog.get_by_label("Third party").fill(ANSWERS)
    plan = dialog.get_by_role("article", name="They would see")
    for kind in ("Warm", "Conference"):
        dialog.get_by_text(kind, exact=True).click()
        expect(plan).to_contain_text("each side would hear a tone")
        expect(dialog.get_by_role("button", name="Transfer")).to_be_disabled()
    dialog.get_by_text("Cold", exact=True).click()
    expect(plan).to_have_attribute("data-refused", "false")
    expect(dialog.get_by_role("button", name="Transfer")).to_be_enabled()


def test_what_the_engine_said_of_the_end_stands_in_the_details(caller: Client, browsers: Browsers) -> None:
    trunk = caller.mutate_successfully(
        "createTrunk", "trunk { id }", name="Gone", outbound={"address": "carrier.invalid"}
    )["trunk"]["id"]
    created = caller.create_queued(to=ANSWERS, agentNumber=caller.number(trunk=trunk).e164, agentConfig={})
    page = browsers.sign_in(caller, f"/conversations/{created['id']}")
    expect_status(page, "Failed: the carrier failed")
    expect(page.get_by_role("region", name="Details")).to_contain_text("the name carrier.invalid cannot be resolved")
