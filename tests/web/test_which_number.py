"""Which number?: the four steps as one picture, a refusal that says why, and the call that follows, live."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from models import Scope
from tests.installation import Client, Number
from tests.web.conftest import Browsers, DemoClients, choose_option, expect_address, fail_requests, submit_key, tab_to
from tests.web.test_websocket import WebSocketProxy

RULES = ["Number named", "Version’s number", "Agent’s number", "Any own number"]  # noqa: RUF001


def steps(page: Page) -> Locator:
    return page.get_by_role("list", name="The four steps").locator("> li")


def expect_verdicts(page: Page, *expected: str) -> None:
    expect(steps(page).get_by_role("heading")).to_have_text(RULES)
    expect(steps(page).locator(".verdict")).to_have_text(list(expected))


def outcome(page: Page) -> Locator:
    return page.locator(".outcome")


def choose_speaker(page: Page, who: str) -> None:
    page.get_by_role("group", name="Who speaks").get_by_text(who, exact=True).click()


def agent_of(client: Client, name: str) -> str:
    agents = client("{ agents { nodes { id name } } }")["agents"]["nodes"]
    found: str = next(each["id"] for each in agents if each["name"] == name)
    return found


def test_a_named_number_that_is_borrowed(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/which-number")
    page.get_by_label("Dial from").fill("+1 555 123 4567")
    expect_address(page, shared_demo["Harbor Clinics"], r"/which-number?from=%2B1\+555\+123\+4567")
    choose_speaker(page, "Inline")
    expect_verdicts(page, "Chosen", "Not given", "Not given", "Not reached")
    expect(steps(page).first).to_have_attribute("data-decided", "true")
    expect(steps(page).first.locator(".candidate-number")).to_have_text(["+1 555 123 4567"])
    expect(outcome(page)).to_contain_text("+1 555 123 4567")
    expect(outcome(page)).to_contain_text("borrowed from Northwind")
    expect(outcome(page)).to_contain_text("The inline agent")
    expect_address(page, shared_demo["Harbor Clinics"], r"/which-number?from=%2B1\+555\+123\+4567&speaker=inline")
    colleague = browsers.sign_in(shared_demo["Harbor Clinics"], page.url)
    expect_verdicts(colleague, "Chosen", "Not given", "Not given", "Not reached")


def test_an_agent_finds_its_own_number(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/which-number")
    choose_speaker(page, "Agent")
    choose_option(page, "Agent", "Front desk")
    expect_verdicts(page, "Not given", "Not given", "Chosen", "Not reached")
    expect(steps(page).nth(2).locator(".candidate-number")).to_have_text(["+1 206 555 0101"])
    expect(outcome(page)).to_contain_text("owned by Harbor Clinics")
    expect(outcome(page)).to_contain_text("Front desk v1")


def test_a_version_finds_the_number_that_it_holds(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/which-number")
    choose_speaker(page, "Version")
    choose_option(page, "Agent", "Reminders")
    page.get_by_label("Version", exact=True).last.select_option(label="v1")
    expect_verdicts(page, "Not given", "Chosen", "Not given", "Not reached")
    expect(outcome(page)).to_contain_text("+1 206 555 0102")
    expect(outcome(page)).to_contain_text("Reminders v1")


def test_fallback_weighs_every_own_number_and_says_what_was_wrong(shared_demo: DemoClients, browsers: Browsers) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics, "/which-number?fallback=yes&speaker=inline")
    expect_verdicts(page, "Not given", "Not given", "Not given", "Chosen")
    expect(page.get_by_label("Allow fallback")).to_be_checked()
    weighed = clinics.preview(agentConfig={}, allowFallback=True)["steps"][3]["candidates"]
    more = steps(page).nth(3).get_by_role("button", name=re.compile("^[0-9]+ more$"))
    if len(weighed) > 4:
        more.click()
    candidates = steps(page).nth(3).locator(".candidates > li")
    expect(candidates).to_have_count(len(weighed))
    for place, each in enumerate(weighed):
        expect(candidates.nth(place)).to_have_attribute("data-verdict", each["verdict"])
        expect(candidates.nth(place).locator(".candidate-number")).to_have_attribute("title", each["e164"])
    expect(outcome(page)).to_contain_text("+1 206 555 0100")


def test_a_refusal_says_why_and_nothing_can_be_called(shared_demo: DemoClients, browsers: Browsers) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics, "/which-number?from=%2B15551234568&speaker=inline&to=%2B12065550199")
    refusal = clinics.preview(agentNumber="+15551234568", agentConfig={})["refusal"]
    expect_verdicts(page, "Refused", "Not given", "Not given", "Not reached")
    expect(outcome(page)).to_have_attribute("data-tone", "refused")
    expect(outcome(page)).to_contain_text(refusal["code"])
    expect(outcome(page)).to_contain_text(refusal["message"])
    expect(page.get_by_label("Dial from")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Dial from")).to_have_accessible_description(re.compile(re.escape(refusal["message"])))
    expect(page.get_by_text(refusal["message"])).to_have_count(1)
    expect(page.get_by_role("button", name="Call +1 206 555 0199")).to_be_disabled()
    expect(page.get_by_text("No call can be placed while it is refused.")).to_be_visible()


def test_what_is_not_json_is_said_beside_its_field(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/which-number?speaker=inline")
    field = page.get_by_label("Agent’s configuration")  # noqa: RUF001
    expect(outcome(page)).to_contain_text("The inline agent")
    page.get_by_label("Call", exact=True).fill("+1 206 555 0199")
    call = page.get_by_role("button", name="Call +1 206 555 0199")
    expect(call).to_be_enabled()
    field.fill("{")
    expect(page.get_by_role("alert")).to_have_text("This is not a JSON object.")
    expect(call).to_be_disabled()
    expect(page.get_by_text("Correct the marked fields first.")).to_be_visible()
    answer = page.get_by_role("region", name="The answer")
    expect(answer).to_have_attribute("data-outdated", "true")
    expect(answer).to_contain_text("Not checked: the form has an error.")
    field.fill('{"instructions": "Hello"}')
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(answer).to_have_attribute("data-outdated", "false")
    expect(call).to_be_enabled()


def test_it_begins_neutral_and_says_what_is_to_be_chosen(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/which-number")
    expect(outcome(page)).to_have_attribute("data-tone", "undecided")
    expect(outcome(page)).to_contain_text("Choose who speaks, or a number to dial from.")
    expect(page.get_by_text("AGENT_REQUIRED")).to_have_count(0)
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_disabled()
    choose_speaker(page, "Agent")
    expect(outcome(page)).to_contain_text("Choose the agent that speaks.")
    expect(outcome(page)).to_have_attribute("data-tone", "undecided")


def test_the_agent_of_the_slot_speaks_where_nobody_is_named(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"], "/which-number?from=%2B12065550101")
    expect(page.get_by_role("radio", name="Slot’s agent")).to_be_checked()  # noqa: RUF001
    expect(outcome(page)).to_contain_text("Front desk v1 from the number’s outbound slot")  # noqa: RUF001
    expect(page.get_by_text("Nobody", exact=True)).to_have_count(0)


def test_a_refusal_offers_what_it_suggests(clinics: Client, browsers: Browsers) -> None:
    reminders = agent_of(clinics, "Reminders")
    page = browsers.sign_in(clinics, f"/which-number?speaker=agent&agent={reminders}")
    expect(outcome(page)).to_contain_text("NO_NUMBER_BOUND")
    page.get_by_role("button", name="Allow the fallback").click()
    expect_verdicts(page, "Not given", "Not given", "Refused", "Chosen")
    page.get_by_label("Allow fallback").uncheck()
    page.get_by_role("button", name="Publish v2 to +1 206 555 0102").click()
    expect_verdicts(page, "Not given", "Not given", "Chosen", "Not reached")
    expect(outcome(page)).to_contain_text("Reminders v2")
    page.get_by_label("Dial from").fill("+1 206 555 0100")
    choose_speaker(page, "Slot’s agent")  # noqa: RUF001
    expect(outcome(page)).to_contain_text("AGENT_REQUIRED")
    page.get_by_role("button", name="Choose an agent").click()
    expect(page.get_by_role("radio", name="Agent", exact=True)).to_be_checked()


@pytest.mark.parametrize(
    "asked", ["speaker=agent&agent={agent}", "speaker=version&agent={agent}&version={version}", ""]
)
def test_an_agent_that_is_switched_off_is_switched_on(clinics: Client, browsers: Browsers, asked: str) -> None:
    """Where nobody is named, it is the one in the number's outbound slot."""
    agent = agent_of(clinics, "Front desk")
    found = "query($id: ID!) { node(id: $id) { ... on Agent { active publishedVersion { id } } } }"
    version = clinics(found, id=agent)["node"]["publishedVersion"]["id"]
    clinics.mutate_successfully("updateAgent", "__typename", agentId=agent, active=False)
    address = f"/which-number?from=%2B12065550101&{asked.format(agent=agent, version=version)}"
    reader = browsers.sign_in(
        clinics.with_scopes(Scope.CONVERSATIONS_READ, Scope.AGENTS_READ, Scope.PHONE_NUMBERS_READ), address
    )
    expect(outcome(reader)).to_contain_text("AGENT_INACTIVE")
    page = browsers.sign_in(clinics, address)
    expect(outcome(page)).to_contain_text("AGENT_INACTIVE")
    page.get_by_role("button", name="Switch the agent on").click()
    expect(outcome(page)).to_have_attribute("data-tone", "good")
    expect(outcome(page)).to_contain_text("Front desk v1")
    assert clinics(found, id=agent)["node"]["active"] is True
    expect(reader.get_by_role("button", name="Switch the agent on")).to_have_count(0)


def test_the_answer_is_live_and_recovers_after_the_server_was_away(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED|WebSocket connection to")
    page = browsers.open(clinics.installation)
    proxy = WebSocketProxy(page)
    page.goto("/which-number?from=%2B12065550101")
    submit_key(page, clinics.secret or "")
    expect(outcome(page)).to_contain_text("Front desk v1")
    expect(page.locator("html[data-subscribed]")).to_be_attached()
    clinics.publish(clinics.draft(agent_of(clinics, "Front desk")), Number("", "+12065550101"))
    expect(outcome(page)).to_contain_text("Front desk v2")
    with fail_requests(page, "query PreviewOutboundNumber"):
        proxy.refuses_connections = True
        proxy.cut()
        expect(page.get_by_role("status").filter(has_text="No connection to the server")).to_be_visible()
        clinics.publish(clinics.draft(agent_of(clinics, "Front desk")), Number("", "+12065550101"))
    proxy.refuses_connections = False
    expect(outcome(page)).to_contain_text("Front desk v3", timeout=30_000)
    expect(page.get_by_text("No connection to the server")).to_have_count(0)


def test_calling_creates_a_conversation_that_is_followed_live(demo: DemoClients, browsers: Browsers) -> None:
    northwind, clinics = demo["Northwind"], demo["Harbor Clinics"]
    page = browsers.sign_in(clinics, "/which-number?from=%2B15551234567&speaker=inline")
    expect(page.get_by_text("Enter a number to call first.")).to_be_visible()
    page.get_by_label("Call", exact=True).fill("+1 206 555 0199")
    page.get_by_role("button", name="Call +1 206 555 0199").click()
    status = page.locator(".placed-call .status")
    expect(status).to_have_text("Queued")
    created = clinics("{ conversations { nodes { status agentNumber userNumber } } }")["conversations"]["nodes"]
    assert created == [{"status": "QUEUED", "agentNumber": "+15551234567", "userNumber": "+12065550199"}]
    shared = northwind('{ phoneNumber(e164: "+15551234567") { id } }')["phoneNumber"]["id"]
    northwind.mutate_successfully("setPhoneNumberShareable", "__typename", phoneNumberId=shared, shareable=False)
    expect(status).to_have_text("Failed: the number is no longer shared")
    page.get_by_role("link", name="Open the conversation").click()
    expect(page.get_by_role("heading", name="Call to +1 206 555 0199")).to_be_visible()


@pytest.mark.parametrize("times", [1, 2])
def test_each_press_is_another_call(clinics: Client, browsers: Browsers, times: int) -> None:
    address = "/which-number?from=%2B12065550100&speaker=inline&to=%2B12065550199"
    page = browsers.sign_in(clinics, address)
    button = page.get_by_role("button", name="Call +1 206 555 0199")
    for _ in range(times):
        with page.expect_response(lambda response: "CreateOutbound" in (response.request.post_data or "")):
            button.click()
        expect(button).to_be_enabled()
    expect(page.locator(".placed-call")).to_have_count(times)
    assert clinics("{ conversations { totalCount } }") == {"conversations": {"totalCount": times}}


def test_a_call_whose_answer_is_lost_is_not_placed_twice(clinics: Client, browsers: Browsers) -> None:
    """The server has created it; pressing again sends the same idempotency key."""
    browsers.expect_console_error("ERR_FAILED")
    page = browsers.sign_in(clinics, "/which-number?from=%2B12065550100&speaker=inline&to=%2B12065550199")
    button = page.get_by_role("button", name="Call +1 206 555 0199")
    expect(button).to_be_enabled()
    page.route("**/graphql", lose_answer)
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.unroute("**/graphql", lose_answer)
    assert clinics("{ conversations { totalCount } }") == {"conversations": {"totalCount": 1}}
    button.click()
    expect(page.locator(".placed-call .status")).to_have_text("Queued")
    assert clinics("{ conversations { totalCount } }") == {"conversations": {"totalCount": 1}}


def lose_answer(route: Route) -> None:
    if "mutation CreateOutboundConversation" in (route.request.post_data or ""):
        route.fetch()
        route.abort()
    else:
        route.continue_()


def test_all_of_it_by_keyboard(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics, "/which-number")
    tab_to(page, page.get_by_label("Dial from"))
    page.keyboard.type("+1 206 555 0100")
    tab_to(page, page.get_by_role("radio", name="Slot’s agent"))  # noqa: RUF001
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Inline")).to_be_checked()
    tab_to(page, page.get_by_role("checkbox", name="Allow fallback"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Call", exact=True))
    page.keyboard.type("+1 206 555 0199")
    expect_verdicts(page, "Chosen", "Not given", "Not given", "Not reached")
    expect(page.get_by_role("button", name="Call +1 206 555 0199")).to_be_enabled()
    tab_to(page, page.get_by_role("button", name="Call +1 206 555 0199"))
    page.keyboard.press("Enter")
    expect(page.locator(".placed-call .status")).to_have_text("Queued")
    assert clinics("{ conversations { totalCount } }") == {"conversations": {"totalCount": 1}}


def test_a_version_together_with_an_agent(shared_demo: DemoClients, browsers: Browsers) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics, "/which-number")
    choose_speaker(page, "Version")
    choose_option(page, "Agent", "Front desk")
    page.get_by_label("Version", exact=True).last.select_option(label="v1")
    page.get_by_role("checkbox", name="Send the agent too").check()
    expect_verdicts(page, "Not given", "Chosen", "Not reached", "Not reached")
    reminders = agent_of(clinics, "Reminders")
    page.goto(re.sub(r"agent=agt_\w+", f"agent={reminders}", page.url))
    expect(outcome(page)).to_contain_text("AGENT_REFERENCE_CONFLICT")


def test_r15_a_key_that_only_reads_asks_and_does_not_call(shared_demo: DemoClients, browsers: Browsers) -> None:
    reader = shared_demo["Harbor Clinics"].with_scopes(Scope.CONVERSATIONS_READ)
    page = browsers.sign_in(reader, "/which-number?from=%2B15551234567&speaker=inline")
    expect_verdicts(page, "Chosen", "Not given", "Not given", "Not reached")
    expect(page.get_by_text("Placing the call takes a key with the scope CONVERSATIONS_MANAGE.")).to_be_visible()
    expect(page.get_by_role("button", name="Call")).to_have_count(0)
