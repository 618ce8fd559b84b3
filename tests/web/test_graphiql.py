"""GraphiQL at /graphiql, with the key of the console's tab: examples run, one that subscribes is told of a live change,
and a browser at the API is led there.
"""

import re
from contextlib import suppress

from playwright.sync_api import Locator, Page, Route, expect

from tests.installation import Client, Number
from tests.web.conftest import Browsers, DemoClients, submit_key


def answer(page: Page) -> Locator:
    return page.locator(".result-window")


def open_example(page: Page, example: str) -> None:
    page.locator(".examples").get_by_role("button", name=example).click()
    written = page.locator(".graphiql-query-editor .view-lines")
    expect(written).to_contain_text(f"# {example}".replace(" ", "\u00a0"))


def execute(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Execute query")).click()


def test_the_console_leads_there_with_its_key(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    page.get_by_role("link", name="GraphiQL").click()
    expect(page).to_have_url(re.compile("/graphiql$"))
    expect(page.get_by_text("The key of this tab is sent along.")).to_be_visible()
    open_example(page, "Numbers I can dial from")
    execute(page)
    expect(answer(page)).to_contain_text("+12065550100")
    expect(answer(page)).to_contain_text('"totalCount":\u00a06')


def test_an_example_that_is_taken_at_once_is_there_when_the_editor_is(
    shared_demo: DemoClients, browsers: Browsers
) -> None:
    """The button is pressed as soon as it appears, before the editors load."""
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/graphiql")
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


def test_what_was_there_before_does_not_run_while_an_example_opens(
    shared_demo: DemoClients, browsers: Browsers
) -> None:
    """The requests for an example's variables are held back until the test releases them."""
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/graphiql")
    open_example(page, "Who am I?")
    button = page.get_by_role("button", name=re.compile("Execute query")).bounding_box()
    assert button
    on_their_way: list[Route] = []
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.route("**/graphql", lambda route: on_their_way.append(route))  # noqa: PLW0108 - a method of C has no room for what Playwright notes on it
    with page.expect_request("**/graphql"):
        page.locator(".examples").get_by_role("button", name="Dry run: by agentNumber").click()
    page.mouse.click(button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    for route in on_their_way:
        route.continue_()
    page.unroute("**/graphql")
    expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text(
        "#\u00a0Dry\u00a0run:\u00a0by\u00a0agentNumber"
    )
    execute(page)
    expect(answer(page)).to_contain_text('"verdict":\u00a0"CHOSEN"')
    assert [each for each in sent if "Who am I?" in each] == []


def test_a_subscription_is_told_of_a_live_change(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics, "/graphiql")
    open_example(page, "Follow the numbers, live")
    with page.expect_websocket():
        execute(page)
    found = clinics('{ phoneNumber(e164: "+12065550100") { id } }')["phoneNumber"]["id"]
    number = Number(found, "+12065550100")
    change_until_received(page, clinics, number)
    clinics.share(number)
    expect(answer(page)).to_contain_text('"shareable":\u00a0true')
    clinics.share(number, shareable=False)
    expect(answer(page)).to_contain_text('"shareable":\u00a0false')


def change_until_received(page: Page, client: Client, number: Number) -> None:
    """Make changes until one arrives, since nothing says when the subscription has started."""
    for turn in range(20):
        client.share(number, shareable=turn % 2 == 0)
        with suppress(AssertionError):
            expect(answer(page)).to_contain_text(number.id, timeout=500)
            return
    raise AssertionError("no change arrived")


def test_the_next_key_finds_nothing_of_the_one_before(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/graphiql")
    open_example(page, "Dry run: by agentNumber")
    execute(page)
    expect(answer(page)).to_contain_text('"verdict":\u00a0"CHOSEN"')
    page.reload()
    written = page.locator(".graphiql-query-editor .view-lines")
    expect(written).to_contain_text("agentNumber")
    page.get_by_role("button", name="Use another key").click()
    assert page.evaluate("sessionStorage.length") == 0
    submit_key(page, shared_demo["Contoso"].secret or "")
    expect(written).to_contain_text("#\u00a0Numbers\u00a0I\u00a0can\u00a0dial\u00a0from")
    expect(page.get_by_role("tab")).to_have_count(1)
    assert "agentNumber" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")


def test_what_is_written_after_its_key_was_forgotten_is_not_kept(shared_demo: DemoClients, browsers: Browsers) -> None:
    """The clock is stopped until the next key is in use: only then GraphiQL saves what was typed under the last one."""
    browsers.expect_console_error("Canceled")  # an editor that is taken down in the midst of its work
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/graphiql")
    open_example(page, "Dry run: by agentNumber")
    page.clock.install()
    page.clock.pause_at("2100-01-01")
    with page.expect_response(re.compile("/graphql")):
        page.locator(".examples").get_by_role("button", name="Dry run: by agentId").click()
    page.get_by_role("button", name="Use another key").click()
    assert page.evaluate("sessionStorage.length") == 0
    submit_key(page, shared_demo["Contoso"].secret or "")
    expect(page.get_by_text("The key of this tab is sent along.")).to_be_visible()
    page.clock.run_for(10_000)
    page.clock.resume()
    page.reload()
    written = page.locator(".graphiql-query-editor .view-lines")
    expect(written).to_contain_text("#\u00a0Numbers\u00a0I\u00a0can\u00a0dial\u00a0from")
    expect(page.get_by_role("tab")).to_have_count(1)
    assert "Dry run" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")


def test_clearing_graphiqls_data_keeps_the_key(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/graphiql")
    open_example(page, "Dry run: by agentNumber")
    page.get_by_role("button", name="Open settings dialog").click()
    page.get_by_role("button", name="Clear data").click()
    expect(page.get_by_role("button", name="Cleared data")).to_be_visible()
    page.reload()
    expect(page.get_by_text("The key of this tab is sent along.")).to_be_visible()
    expect(page.get_by_label("API key")).to_have_count(0)


def test_ids_are_read_when_an_example_is_opened(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics, "/graphiql")
    open_example(page, "Who am I?")
    call = clinics.create_queued(agentNumber="+12065550100", agentConfig={})["id"]
    open_example(page, "Hang up")
    execute(page)
    expect(answer(page)).to_contain_text(call)
    assert clinics.conversation(call)["status"] == "CANCELLED"


def test_suggestions_can_be_read(shared_demo: DemoClients, browsers: Browsers) -> None:
    """The console's styles do not apply in the editor, whose suggestions use the same class name `main`."""
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/graphiql")
    open_example(page, "Who am I?")
    page.locator(".graphiql-query-editor .view-line").nth(3).click()
    page.keyboard.press("End")
    page.keyboard.press("Control+Space")
    rows = page.locator(".suggest-widget .monaco-list-row")
    expect(rows.first).to_be_visible()
    row = rows.first.locator(".label-name")
    expect(row).to_be_visible()
    assert row.evaluate(
        "label => label.closest('.contents').contains(document.elementFromPoint(...middle(label)))".replace(
            "middle(label)", MIDDLE
        )
    )
    assert rows.first.locator(".main").evaluate("main => getComputedStyle(main).flexDirection") == "row"


def test_tabs_can_be_closed_by_an_icon_that_can_be_seen(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/graphiql")
    open_example(page, "Who am I?")
    page.get_by_role("button", name="New tab").click()
    expect(page.get_by_role("tab")).to_have_count(2)
    icons = page.locator(".graphiql-tab-close svg")
    expect(icons).to_have_count(2)
    for place in range(2):
        page.get_by_role("tab").nth(place).hover()
        box = icons.nth(place).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= MIN_VISIBLE_PX
    icons.last.click()
    expect(page.get_by_role("tab")).to_have_count(1)


MIN_VISIBLE_PX = 5
MIDDLE = "(({ x, y, width, height }) => [x + width / 2, y + height / 2])(label.getBoundingClientRect())"


def test_a_browser_at_the_api_is_led_there_and_asked_for_a_key(shared_demo: DemoClients, browsers: Browsers) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics, "/graphql")
    expect(page).to_have_url(f"{clinics.installation.url}/graphiql")
    expect(page.locator(".examples").get_by_role("button")).to_have_count(61)
