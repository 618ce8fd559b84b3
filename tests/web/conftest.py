"""A person at the console: Debian's Chromium in front of a real server. Any console error fails the test, and so does
anything that the page's policy stops, unless the test says that it expects it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, expect, sync_playwright

from demo import plant
from tests.conftest import Install
from tests.installation import Client, Installation

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""
# Told by the page once the server follows what it subscribed to.
TELL_FOLLOWING = (
    """addEventListener("dialtree:following", () => { document.documentElement.dataset.following = "yes"; })"""
)

World = dict[str, Client]


class Visitors:
    """Browsers that share nothing with each other, each at one tab."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self._complaints: list[str] = []
        self._expected: list[str] = []

    def open(self, installation: Installation, path: str = "/", **options: Any) -> Page:
        """A new browser at this address, not signed in."""
        settings = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", "locale": "en-US"} | options
        context = self._chromium.new_context(base_url=installation.url, **settings)
        context.add_init_script(TELL_VIOLATIONS)
        context.add_init_script(TELL_FOLLOWING)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.goto(path)
        return page

    def sign_in(self, client: Client, path: str = "/", **options: Any) -> Page:
        page = self.open(client.installation, path, **options)
        enter(page, client.secret or "")
        return page

    def expect_complaint(self, pattern: str) -> None:
        """The browser itself complains of what the test is about, such as a network that is not there."""
        self._expected.append(pattern)

    def leave(self) -> None:
        for context in self._contexts:
            context.close()
        unexpected = [each for each in self._complaints if not any(re.search(one, each) for one in self._expected)]
        assert unexpected == []

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(message.text)


def enter(page: Page, secret: str) -> None:
    page.get_by_label("API key").fill(secret)
    page.get_by_role("button", name="Sign in").click()


def tab_to(page: Page, target: Locator) -> None:
    """By the Tab key alone."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {target}")


def choose(place: Page | Locator, label: str, name: str) -> None:
    """One of very many: a part of its name is typed, and the one that is left is taken."""
    place.get_by_role("combobox", name=label, exact=True).fill(name)
    place.get_by_role("option", name=re.compile(f"^{re.escape(name)}")).click()
    expect(place.get_by_role("listbox")).to_have_count(0)


def at(page: Page, client: Client, path: str) -> None:
    """The address, but for the organization that every address of the console names first."""
    before, _, search = path.partition("?")
    named = f"{before}?organization={client.organization_id}{'&' if search else ''}{search}"
    expect(page).to_have_url(re.compile(rf"^{client.installation.url}{named.replace('?', '[?]', 1)}$"))


@contextmanager
def failing(page: Page, operation: str) -> Iterator[None]:
    """Requests with this operation do not reach the server."""

    def handle(route: Route) -> None:
        if operation in (route.request.post_data or ""):
            route.abort()
        else:
            route.continue_()

    page.route("**/graphql", handle)
    yield
    page.unroute("**/graphql", handle)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=8_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield browser
        browser.close()


@pytest.fixture
def visitors(chromium: Browser, install: Install) -> Iterator[Visitors]:
    """They leave before the servers of the test stop."""
    assert callable(install)
    everybody = Visitors(chromium)
    yield everybody
    everybody.leave()


def planted(installation: Installation) -> World:
    """The demo tree, as the admin of each of its organizations."""
    keys = installation.operator(lambda session: plant(session, installation.settings.seal()))
    world = {name: installation.client(secret) for name, secret in keys.items()}
    for client in world.values():
        client.organization_id = client("{ viewer { organization { id } } }")["viewer"]["organization"]["id"]
    return world


@pytest.fixture
def world(installation: Installation) -> World:
    return planted(installation)


@pytest.fixture(scope="module")
def shared_world(shared_installation: Installation) -> World:
    """For tests that only look."""
    return planted(shared_installation)


@pytest.fixture
def clinics(world: World) -> Client:
    """A client of the reseller: numbers of its own, and a borrowed one."""
    return world["Harbor Clinics"]
