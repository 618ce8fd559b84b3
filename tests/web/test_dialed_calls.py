"""Calls that are dialed, at the console: over the sandbox carrier, hung up and handed over with a real BYE and REFER."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Install
from tests.installation import Client
from tests.telephony.sipp import free_port
from tests.web.conftest import Visitors

ANSWERS = "+12065550100"


@pytest.fixture
def caller(install: Install) -> Client:
    """Whose number's trunk leads to the sandbox carrier."""
    carrier = f"127.0.0.1:{free_port()}"
    return install(dialing="on", private_carriers="allow", sandbox_carrier=carrier).root()


def talking(caller: Client, visitors: Visitors) -> Page:
    """A conversation's page, once somebody has answered."""
    outbound = {"address": caller.installation.settings.sandbox_carrier}
    trunk = caller.do("createTrunk", "trunk { id }", name="Sandbox", outbound=outbound)["trunk"]["id"]
    number = caller.number(trunk=trunk)
    created = caller.queued(to=ANSWERS, agentNumber=number.e164, agentConfig={})
    page = visitors.sign_in(caller, f"/conversations/{created['id']}")
    status(page, "In progress")
    return page


def status(page: Page, words: str) -> None:
    expect(page.get_by_label("Status").locator(".status")).to_have_text(words, timeout=60_000)


def test_a_dialed_call_is_hung_up(caller: Client, visitors: Visitors) -> None:
    page = talking(caller, visitors)
    page.get_by_role("button", name="Hang up").click()
    status(page, "Completed: hung up")
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0)


def test_a_dialed_call_is_handed_over(caller: Client, visitors: Visitors) -> None:
    page = talking(caller, visitors)
    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog", name="Transfer the call")
    dialog.get_by_label("Third party").fill(ANSWERS)
    dialog.get_by_role("button", name="Transfer").click()
    status(page, "Transferred")
    expect(page.get_by_role("region", name="Transfers").get_by_role("listitem")).to_contain_text("Completed")
