"""GraphiQL at /graphiql, with the key of the console's tab: examples run, one that subscribes is told of a live change,
and a browser at the API is led there.
"""

import re
from contextlib import suppress

from playwright.sync_api import Locator, Page, expect

from tests.installation import Client, Number
from tests.web.conftest import Visitors, World, enter


def answer(page: Page) -> Locator:
    return page.locator(".result-window")


def take(page: Page, example: str) -> None:
    page.locator(".examples").get_by_role("button", name=example).click()
    written = page.locator(".graphiql-query-editor .view-lines")
    expect(written).to_contain_text(f"# {example}".replace(" ", "\u00a0"))


def execute(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Execute query")).click()


def test_the_console_leads_there_with_its_key(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"])
    page.get_by_role("link", name="GraphiQL").click()
    expect(page).to_have_url(re.compile("/graphiql$"))
    expect(page.get_by_text("The key of this tab is sent along.")).to_be_visible()
    take(page, "Numbers I can dial from")
    execute(page)
    expect(answer(page)).to_contain_text("+12065550100")
    expect(answer(page)).to_contain_text('"totalCount":\u00a06')


def test_an_example_that_is_taken_at_once_is_there_when_the_editor_is(shared_world: World, visitors: Visitors) -> None:
    """The button is pressed in the very moment that it appears, before any editor."""
    page = visitors.sign_in(shared_world["Harbor Clinics"], "/graphiql")
    page.add_init_script(
        """new MutationObserver((_changes, observer) => {
          const button = [...document.querySelectorAll(".examples button")].find((one) => /by agentNumber/.test(one.textContent));
          if (!button) return;
          observer.disconnect();
          window.early = document.querySelector(".graphiql-query-editor .view-lines") === null;
          button.click();
        }).observe(document, { childList: true, subtree: true })"""
    )
    page.reload()
    written = page.locator(".graphiql-query-editor .view-lines")
    expect(written).to_contain_text("#\u00a0Dry\u00a0run:\u00a0by\u00a0agentNumber")
    assert page.evaluate("window.early") is True
    execute(page)
    expect(answer(page)).to_contain_text('"verdict":\u00a0"CHOSEN"')


def test_a_subscription_is_told_of_a_live_change(clinics: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(clinics, "/graphiql")
    take(page, "Follow the numbers, live")
    with page.expect_websocket():
        execute(page)
    found = clinics('{ phoneNumber(e164: "+12065550100") { id } }')["phoneNumber"]["id"]
    number = Number(found, "+12065550100")
    until_told(page, clinics, number)
    clinics.share(number)
    expect(answer(page)).to_contain_text('"shareable":\u00a0true')
    clinics.share(number, shareable=False)
    expect(answer(page)).to_contain_text('"shareable":\u00a0false')


def until_told(page: Page, client: Client, number: Number) -> None:
    """Nothing says when the server has begun to listen, so changes are made until one of them arrives."""
    for turn in range(20):
        client.share(number, shareable=turn % 2 == 0)
        with suppress(AssertionError):
            expect(answer(page)).to_contain_text(number.id, timeout=500)
            return
    raise AssertionError("no change arrived")


def test_the_next_key_finds_nothing_of_the_one_before(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"], "/graphiql")
    take(page, "Dry run: by agentNumber")
    execute(page)
    expect(answer(page)).to_contain_text('"verdict":\u00a0"CHOSEN"')
    page.reload()
    written = page.locator(".graphiql-query-editor .view-lines")
    expect(written).to_contain_text("agentNumber")
    page.get_by_role("button", name="Use another key").click()
    assert page.evaluate("sessionStorage.length") == 0
    enter(page, shared_world["Contoso"].secret or "")
    expect(written).to_contain_text("#\u00a0Numbers\u00a0I\u00a0can\u00a0dial\u00a0from")
    expect(page.get_by_role("tab")).to_have_count(1)
    assert "agentNumber" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")


def test_a_browser_at_the_api_is_led_there_and_asked_for_a_key(shared_world: World, visitors: Visitors) -> None:
    clinics = shared_world["Harbor Clinics"]
    page = visitors.sign_in(clinics, "/graphql")
    expect(page).to_have_url(f"{clinics.installation.url}/graphiql")
    expect(page.locator(".examples").get_by_role("button")).to_have_count(21)
