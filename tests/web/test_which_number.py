"""Which number?: the four steps as one picture, a refusal that says why, and the call that follows, live."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from models import Scope
from tests.installation import Client
from tests.web.conftest import Visitors, World, at, choose, tab_to

RULES = ["Number named", "Version’s number", "Agent’s number", "Any own number"]  # noqa: RUF001


def steps(page: Page) -> Locator:
    return page.get_by_role("list", name="The four steps").locator("> li")


def verdicts(page: Page, *expected: str) -> None:
    expect(steps(page).get_by_role("heading")).to_have_text(RULES)
    expect(steps(page).locator(".verdict")).to_have_text(list(expected))


def outcome(page: Page) -> Locator:
    return page.locator(".outcome")


def speak(page: Page, who: str) -> None:
    page.get_by_role("group", name="Who speaks").get_by_text(who, exact=True).click()


def agent_of(client: Client, name: str) -> str:
    agents = client("{ agents { nodes { id name } } }")["agents"]["nodes"]
    found: str = next(each["id"] for each in agents if each["name"] == name)
    return found


def test_a_named_number_that_is_borrowed(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"], "/which-number")
    page.get_by_label("Dial from").fill("+1 555 123 4567")
    at(page, shared_world["Harbor Clinics"], r"/which-number?from=%2B1\+555\+123\+4567")
    speak(page, "Inline")
    verdicts(page, "Chosen", "Not given", "Not given", "Not reached")
    expect(steps(page).first).to_have_attribute("data-decided", "true")
    expect(steps(page).first.locator(".candidate-number")).to_have_text(["+1 555 123 4567"])
    expect(outcome(page)).to_contain_text("+1 555 123 4567")
    expect(outcome(page)).to_contain_text("borrowed from Northwind")
    expect(outcome(page)).to_contain_text("The inline agent")
    at(page, shared_world["Harbor Clinics"], r"/which-number?from=%2B1\+555\+123\+4567&speaker=inline")
    colleague = visitors.sign_in(shared_world["Harbor Clinics"], page.url)
    verdicts(colleague, "Chosen", "Not given", "Not given", "Not reached")


def test_an_agent_finds_its_own_number(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"], "/which-number")
    speak(page, "Agent")
    choose(page, "Agent", "Front desk")
    verdicts(page, "Not given", "Not given", "Chosen", "Not reached")
    expect(steps(page).nth(2).locator(".candidate-number")).to_have_text(["+1 206 555 0101"])
    expect(outcome(page)).to_contain_text("owned by Harbor Clinics")
    expect(outcome(page)).to_contain_text("Front desk v1")


def test_a_version_finds_the_number_that_it_holds(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"], "/which-number")
    speak(page, "Version")
    choose(page, "Agent", "Reminders")
    page.get_by_label("Version", exact=True).last.select_option(label="v1")
    verdicts(page, "Not given", "Chosen", "Not given", "Not reached")
    expect(outcome(page)).to_contain_text("+1 206 555 0102")
    expect(outcome(page)).to_contain_text("Reminders v1")


def test_fallback_weighs_every_own_number_and_says_what_was_wrong(shared_world: World, visitors: Visitors) -> None:
    clinics = shared_world["Harbor Clinics"]
    page = visitors.sign_in(clinics, "/which-number?fallback=yes&speaker=inline")
    verdicts(page, "Not given", "Not given", "Not given", "Chosen")
    expect(page.get_by_label("Allow fallback")).to_be_checked()
    weighed = clinics.preview(agentConfig={}, allowFallback=True)["steps"][3]["candidates"]
    more = steps(page).nth(3).get_by_role("button", name=re.compile("more weighed"))
    if len(weighed) > 4:
        more.click()
    candidates = steps(page).nth(3).locator(".candidates > li")
    expect(candidates).to_have_count(len(weighed))
    for place, each in enumerate(weighed):
        expect(candidates.nth(place)).to_have_attribute("data-verdict", each["verdict"])
        expect(candidates.nth(place).locator(".candidate-number")).to_have_attribute("title", each["e164"])
    expect(outcome(page)).to_contain_text("+1 206 555 0100")


def test_a_refusal_says_why_and_nothing_can_be_called(shared_world: World, visitors: Visitors) -> None:
    clinics = shared_world["Harbor Clinics"]
    page = visitors.sign_in(clinics, "/which-number?from=%2B15551234568&speaker=inline&to=%2B12065550199")
    refusal = clinics.preview(agentNumber="+15551234568", agentConfig={})["refusal"]
    verdicts(page, "Refused", "Not given", "Not given", "Not reached")
    expect(outcome(page)).to_have_attribute("data-refused", "true")
    expect(outcome(page)).to_contain_text(refusal["code"])
    expect(outcome(page)).to_contain_text(refusal["message"])
    expect(page.get_by_label("Dial from")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_have_text(refusal["message"])
    expect(page.get_by_role("button", name="Call +1 206 555 0199")).to_be_disabled()
    expect(page.get_by_text("Nothing can be called while it is refused.")).to_be_visible()


def test_what_is_not_json_is_said_beside_its_field(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"], "/which-number?speaker=inline")
    field = page.get_by_label("Agent’s configuration")  # noqa: RUF001
    field.fill("{")
    expect(page.get_by_role("alert")).to_have_text("This is not a JSON object.")
    field.fill('{"instructions": "Hello"}')
    expect(page.get_by_role("alert")).to_have_count(0)


def test_calling_creates_a_conversation_that_is_followed_live(world: World, visitors: Visitors) -> None:
    northwind, clinics = world["Northwind"], world["Harbor Clinics"]
    page = visitors.sign_in(clinics, "/which-number?from=%2B15551234567&speaker=inline")
    expect(page.get_by_text("Say whom to call first.")).to_be_visible()
    page.get_by_label("Call", exact=True).fill("+1 206 555 0199")
    page.get_by_role("button", name="Call +1 206 555 0199").click()
    status = page.locator(".called .status")
    expect(status).to_have_text("Queued")
    created = clinics("{ conversations { nodes { status agentNumber userNumber } } }")["conversations"]["nodes"]
    assert created == [{"status": "QUEUED", "agentNumber": "+15551234567", "userNumber": "+12065550199"}]
    shared = northwind('{ phoneNumber(e164: "+15551234567") { id } }')["phoneNumber"]["id"]
    northwind.do("setPhoneNumberShareable", "__typename", phoneNumberId=shared, shareable=False)
    expect(status).to_have_text("Failed: the number is no longer shared")
    page.get_by_role("link", name="Open the conversation").click()
    expect(page.get_by_role("heading", name="Call to +1 206 555 0199")).to_be_visible()


@pytest.mark.parametrize("times", [1, 2])
def test_each_press_is_another_call(clinics: Client, visitors: Visitors, times: int) -> None:
    address = "/which-number?from=%2B12065550100&speaker=inline&to=%2B12065550199"
    page = visitors.sign_in(clinics, address)
    button = page.get_by_role("button", name="Call +1 206 555 0199")
    for _ in range(times):
        with page.expect_response(lambda response: "CreateOutbound" in (response.request.post_data or "")):
            button.click()
        expect(button).to_be_enabled()
    assert clinics("{ conversations { totalCount } }") == {"conversations": {"totalCount": times}}


def test_a_call_whose_answer_is_lost_is_not_placed_twice(clinics: Client, visitors: Visitors) -> None:
    """The server has created it; pressing again sends the same idempotency key."""
    visitors.expect_complaint("ERR_FAILED")
    page = visitors.sign_in(clinics, "/which-number?from=%2B12065550100&speaker=inline&to=%2B12065550199")
    button = page.get_by_role("button", name="Call +1 206 555 0199")
    expect(button).to_be_enabled()
    page.route("**/graphql", answer_is_lost)
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.unroute("**/graphql", answer_is_lost)
    assert clinics("{ conversations { totalCount } }") == {"conversations": {"totalCount": 1}}
    button.click()
    expect(page.locator(".called .status")).to_have_text("Queued")
    assert clinics("{ conversations { totalCount } }") == {"conversations": {"totalCount": 1}}


def answer_is_lost(route: Route) -> None:
    if "mutation CreateOutboundConversation" in (route.request.post_data or ""):
        route.fetch()
        route.abort()
    else:
        route.continue_()


def test_all_of_it_by_keyboard(clinics: Client, visitors: Visitors) -> None:
    page = visitors.sign_in(clinics, "/which-number")
    tab_to(page, page.get_by_label("Dial from"))
    page.keyboard.type("+1 206 555 0100")
    tab_to(page, page.get_by_role("radio", name="Nobody"))
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Inline")).to_be_checked()
    tab_to(page, page.get_by_role("checkbox", name="Allow fallback"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Call", exact=True))
    page.keyboard.type("+1 206 555 0199")
    verdicts(page, "Chosen", "Not given", "Not given", "Not reached")
    expect(page.get_by_role("button", name="Call +1 206 555 0199")).to_be_enabled()
    tab_to(page, page.get_by_role("button", name="Call +1 206 555 0199"))
    page.keyboard.press("Enter")
    expect(page.locator(".called .status")).to_have_text("Queued")
    assert clinics("{ conversations { totalCount } }") == {"conversations": {"totalCount": 1}}


def test_a_version_together_with_an_agent(shared_world: World, visitors: Visitors) -> None:
    clinics = shared_world["Harbor Clinics"]
    page = visitors.sign_in(clinics, "/which-number")
    speak(page, "Version")
    choose(page, "Agent", "Front desk")
    page.get_by_label("Version", exact=True).last.select_option(label="v1")
    page.get_by_role("checkbox", name="Send the agent too").check()
    verdicts(page, "Not given", "Chosen", "Not reached", "Not reached")
    reminders = agent_of(clinics, "Reminders")
    page.goto(re.sub(r"agent=agt_\w+", f"agent={reminders}", page.url))
    expect(outcome(page)).to_contain_text("AGENT_REFERENCE_CONFLICT")


def test_r15_a_key_that_only_reads_asks_and_does_not_call(shared_world: World, visitors: Visitors) -> None:
    reader = shared_world["Harbor Clinics"].with_scopes(Scope.CONVERSATIONS_READ)
    page = visitors.sign_in(reader, "/which-number?from=%2B15551234567&speaker=inline")
    verdicts(page, "Chosen", "Not given", "Not given", "Not reached")
    expect(page.get_by_text("Placing the call takes a key with the scope CONVERSATIONS_MANAGE.")).to_be_visible()
    expect(page.get_by_role("button", name="Call")).to_have_count(0)
