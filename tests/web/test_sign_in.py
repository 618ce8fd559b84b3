"""Signing in with an API key: wrong keys, keeping the right one in the tab, and signing out."""

import re

import pytest
from playwright.sync_api import Page, expect

from models import Scope
from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, expect_address, submit_key

NO_SUCH_KEY = "ak_00000000000000000000000000.nothing"
WRONG = (
    "The server does not know this key: it is mistyped, expired or revoked. Copy the whole of it, from ak_ to its end, or"
    " ask whoever manages your API keys for another."
)


def expect_table(page: Page) -> None:
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
def test_a_wrong_key_says_what_to_do(shared_demo: DemoClients, browsers: Browsers, secret: str, advice: str) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.open(clinics.installation)
    browsers.expect_console_error("401")
    submit_key(page, secret)
    expect(page.get_by_role("alert")).to_have_text(advice)
    expect(page.get_by_label("API key")).to_have_attribute("aria-invalid", "true")
    submit_key(page, clinics.secret or "")
    expect_table(page)


def test_the_right_key_shows_the_table_by_keyboard_alone(shared_demo: DemoClients, browsers: Browsers) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.open(clinics.installation)
    expect(page.get_by_label("API key")).to_be_focused()
    page.keyboard.insert_text(clinics.secret or "")
    page.keyboard.press("Enter")
    expect_table(page)
    expect_address(page, clinics, "/numbers")
    expect(page.get_by_role("button", name="Acting organization: Harbor Clinics")).to_be_visible()


def test_the_key_stays_in_the_tab(shared_demo: DemoClients, browsers: Browsers) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics)
    expect_table(page)
    page.reload()
    expect_table(page)
    assert page.evaluate("Object.values(sessionStorage)") == [clinics.secret]
    assert page.evaluate("Object.values(localStorage)") == []
    assert page.context.cookies() == []
    beside = page.context.new_page()
    beside.goto("/numbers")
    expect(beside.get_by_label("API key")).to_be_visible()
    another = browsers.open(clinics.installation, "/numbers")
    expect(another.get_by_label("API key")).to_be_visible()


def test_signing_out_forgets_the_key(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    expect_table(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    expect(page.get_by_label("API key")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_another_key_in_the_same_tab_sees_its_own(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"])
    expect_table(page)
    page.get_by_role("button", name="Sign out").click()
    submit_key(page, shared_demo["Contoso"].secret or "")
    expect(page.get_by_role("row").nth(1)).to_have_accessible_name("+44 20 7946 0123")
    expect(page.get_by_role("row", name="+1 206 555 0101")).to_have_count(0)


def test_a_key_revoked_in_mid_use_signs_out_and_says_so(clinics: Client, browsers: Browsers) -> None:
    made = clinics.mutate_successfully("createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"])
    browsers.expect_console_error("401")
    page = browsers.sign_in(clinics.installation.client(made["secret"]))
    expect_table(page)
    clinics.mutate_successfully("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
    expect(page.get_by_role("alert")).to_have_text(
        "This tab was signed out: the key was revoked or has expired. Sign in with another one."
    )
    assert page.evaluate("sessionStorage.length") == 0
    submit_key(page, clinics.secret or "")
    expect_table(page)


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
        (
            "/campaigns",
            "Your key may not read campaigns",
            "Sign in with a key that has the scope CAMPAIGNS_READ or CAMPAIGNS_MANAGE.",
        ),
    ],
)
def test_r15_a_key_without_the_scope_is_told_which(
    shared_demo: DemoClients, browsers: Browsers, path: str, title: str, advice: str
) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"].with_scopes(Scope.AGENTS_READ), path)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text(advice)).to_be_visible()


def test_r15_a_key_begins_where_it_may_and_is_offered_nothing_else(
    shared_demo: DemoClients, browsers: Browsers
) -> None:
    clinics = shared_demo["Harbor Clinics"]
    page = browsers.sign_in(clinics.with_scopes(Scope.CONVERSATIONS_READ))
    expect_address(page, clinics, "/which-number")
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_text(
        ["Which number?", "Conversations"]
    )
    expect(page.locator(".outcome")).to_contain_text("+1 206 555 0100")
    page.keyboard.press("1")
    expect_address(page, clinics, "/which-number")
    page.get_by_role("button", name="Key", exact=True).click()
    dialog = page.get_by_role("dialog", name="The key “test”")
    expect(dialog).to_contain_text("holds 1 of 15 scopes")
    expect(dialog.locator("[data-granted=true]")).to_have_text(re.compile("CONVERSATIONS_READ"))


def test_r15_a_key_for_none_of_the_pages_is_told_so(shared_demo: DemoClients, browsers: Browsers) -> None:
    page = browsers.sign_in(shared_demo["Harbor Clinics"].with_scopes(Scope.AUDIT_READ))
    expect(page.get_by_role("heading", name="Your key may use none of these pages")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_count(0)
