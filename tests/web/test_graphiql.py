"""GraphiQL at /graphiql, with the key of the console's tab: an example runs, and a browser at the API is led there."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import Visitors, World


def answer(page: Page) -> Locator:
    return page.locator(".result-window")


def run(page: Page, example: str) -> None:
    written = page.locator(".graphiql-query-editor .view-lines")
    expect(written).to_contain_text("query")
    page.locator(".examples").get_by_role("button", name=example).click()
    expect(written).to_contain_text(f"# {example}".replace(" ", "\u00a0"))
    page.get_by_role("button", name=re.compile("Execute query")).click()


def test_the_console_leads_there_with_its_key(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"])
    page.get_by_role("link", name="GraphiQL").click()
    expect(page).to_have_url(re.compile("/graphiql$"))
    expect(page.get_by_text("The key of this tab is sent along.")).to_be_visible()
    run(page, "Numbers I can dial from")
    expect(answer(page)).to_contain_text("+12065550100")
    expect(answer(page)).to_contain_text('"totalCount":\u00a06')


def test_a_browser_at_the_api_is_led_there_and_asked_for_a_key(shared_world: World, visitors: Visitors) -> None:
    clinics = shared_world["Harbor Clinics"]
    page = visitors.sign_in(clinics, "/graphql")
    expect(page).to_have_url(f"{clinics.installation.url}/graphiql")
    expect(page.locator(".examples").get_by_role("button")).to_have_count(16)
