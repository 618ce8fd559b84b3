"""Signing in with an API key: what a wrong one is answered, that the right one stays in the tab, and how it ends."""

import pytest
from playwright.sync_api import Page, expect

from models import Scope
from tests.installation import Client
from tests.web.conftest import Visitors, World, at, enter

NO_SUCH_KEY = "ak_00000000000000000000000000.nothing"
WRONG = (
    "The server does not know this key: it is mistyped, expired or revoked. Copy the whole of it, from ak_ to its end, or"
    " ask whoever manages your API keys for another."
)


def table(page: Page) -> None:
    expect(page.get_by_role("table", name="Phone numbers")).to_be_visible()


@pytest.mark.parametrize(
    ("secret", "advice"),
    [
        ("hunter2", "An API key starts with ak_ and has a dot in it. Copy the whole of it."),
        (
            NO_SUCH_KEY,
            WRONG,
        ),
    ],
)
def test_a_wrong_key_says_what_to_do(shared_world: World, visitors: Visitors, secret: str, advice: str) -> None:
    clinics = shared_world["Harbor Clinics"]
    page = visitors.open(clinics.installation)
    visitors.expect_complaint("401")
    enter(page, secret)
    expect(page.get_by_role("alert")).to_have_text(advice)
    expect(page.get_by_label("API key")).to_have_attribute("aria-invalid", "true")
    enter(page, clinics.secret or "")
    table(page)


def test_the_right_key_shows_the_table_by_keyboard_alone(shared_world: World, visitors: Visitors) -> None:
    clinics = shared_world["Harbor Clinics"]
    page = visitors.open(clinics.installation)
    expect(page.get_by_label("API key")).to_be_focused()
    page.keyboard.insert_text(clinics.secret or "")
    page.keyboard.press("Enter")
    table(page)
    at(page, clinics, "/numbers")
    expect(page.get_by_role("button", name="Acting organization: Harbor Clinics")).to_be_visible()


def test_the_key_stays_in_the_tab(shared_world: World, visitors: Visitors) -> None:
    clinics = shared_world["Harbor Clinics"]
    page = visitors.sign_in(clinics)
    table(page)
    page.reload()
    table(page)
    assert page.evaluate("Object.values(sessionStorage)") == [clinics.secret]
    assert page.evaluate("Object.values(localStorage)") == []
    assert page.context.cookies() == []
    beside = page.context.new_page()
    beside.goto("/numbers")
    expect(beside.get_by_label("API key")).to_be_visible()
    another = visitors.open(clinics.installation, "/numbers")
    expect(another.get_by_label("API key")).to_be_visible()


def test_signing_out_forgets_the_key(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"])
    table(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    expect(page.get_by_label("API key")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_another_key_in_the_same_tab_sees_its_own(shared_world: World, visitors: Visitors) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"])
    table(page)
    page.get_by_role("button", name="Sign out").click()
    enter(page, shared_world["Contoso"].secret or "")
    expect(page.get_by_role("row").nth(1)).to_have_accessible_name("+44 20 7946 0123")
    expect(page.get_by_role("row", name="+1 206 555 0101")).to_have_count(0)


def test_a_key_revoked_in_mid_use_signs_out_and_says_so(clinics: Client, visitors: Visitors) -> None:
    made = clinics.do("createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"])
    visitors.expect_complaint("401")
    page = visitors.sign_in(clinics.installation.client(made["secret"]))
    table(page)
    clinics.do("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
    expect(page.get_by_role("alert")).to_have_text(
        "This tab was signed out: the key was revoked or has expired. Sign in with another one."
    )
    assert page.evaluate("sessionStorage.length") == 0
    enter(page, clinics.secret or "")
    table(page)


@pytest.mark.parametrize(
    ("path", "title", "advice"),
    [
        (
            "/numbers",
            "Your key may not read phone numbers",
            "Sign in with a key that has the scope PHONE_NUMBERS_READ or PHONE_NUMBERS_MANAGE.",
        ),
        (
            "/which-number",
            "Your key may not ask which number it would be",
            "Sign in with a key that has the scope CONVERSATIONS_READ or CONVERSATIONS_MANAGE.",
        ),
        (
            "/conversations",
            "Your key may not read conversations",
            "Sign in with a key that has the scope CONVERSATIONS_READ or CONVERSATIONS_MANAGE.",
        ),
    ],
)
def test_r15_a_key_without_the_scope_is_told_which(
    shared_world: World, visitors: Visitors, path: str, title: str, advice: str
) -> None:
    page = visitors.sign_in(shared_world["Harbor Clinics"].with_scopes(Scope.AGENTS_READ), path)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text(advice)).to_be_visible()
