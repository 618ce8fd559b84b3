"""A person at the console: Debian's Chromium in front of a real server. Any console error fails the test, and so does
anything that the page's policy stops, unless the test says that it expects it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, expect, sync_playwright

from demo import create_demo_tree
from tests.conftest import Install
from tests.installation import Client, Installation

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
# As long as a busy machine may take to show something.
PATIENCE_MS = 30_000
REPORT_CSP_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""
# Told by the page once the server follows what it subscribed to.
MARK_SUBSCRIBED = (
    """addEventListener("dialtree:subscribed", () => { document.documentElement.dataset.subscribed = "yes"; })"""
)

DemoClients = dict[str, Client]


class Browsers:
    """Opens isolated browsers with one tab each, and collects their console errors."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self._console_errors: list[str] = []
        self._expected_errors: list[str] = []

    def open(self, installation: Installation, path: str = "/", **options: Any) -> Page:
        """Open a new browser at this path, not signed in."""
        settings = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", "locale": "en-US"} | options
        context = self._chromium.new_context(base_url=installation.url, **settings)
        context.add_init_script(REPORT_CSP_VIOLATIONS)
        context.add_init_script(MARK_SUBSCRIBED)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._console_errors.append(str(error)))
        page.goto(path)
        return page

    def sign_in(self, client: Client, path: str = "/", **options: Any) -> Page:
        page = self.open(client.installation, path, **options)
        submit_key(page, client.secret or "")
        return page

    def expect_console_error(self, pattern: str) -> None:
        """Allow console errors that match this pattern, such as those of a network that the test cuts off."""
        self._expected_errors.append(pattern)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        unexpected = [
            each for each in self._console_errors if not any(re.search(one, each) for one in self._expected_errors)
        ]
        assert unexpected == []

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._console_errors.append(message.text)


def submit_key(page: Page, secret: str) -> None:
    page.get_by_label("API key").fill(secret)
    page.get_by_role("button", name="Sign in").click()


def tab_to(page: Page, target: Locator) -> None:
    """Move the focus to the target by the Tab key alone."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {target}")


def choose_option(place: Page | Locator, label: str, name: str) -> None:
    """Choose an option of a combo box by typing its name."""
    place.get_by_role("combobox", name=label, exact=True).fill(name)
    place.get_by_role("option", name=re.compile(f"^{re.escape(name)}")).click()
    expect(place.get_by_role("listbox")).to_have_count(0)


def expect_address(page: Page, client: Client, path: str) -> None:
    """Expect this path in the address, with the parameter `organization` that the console puts first."""
    before, _, search = path.partition("?")
    named = f"{before}?organization={client.organization_id}{'&' if search else ''}{search}"
    expect(page).to_have_url(re.compile(rf"^{client.installation.url}{named.replace('?', '[?]', 1)}$"))


@contextmanager
def fail_requests(page: Page, operation: str) -> Iterator[None]:
    """Abort the requests of this operation."""

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
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def browsers(chromium: Browser, install: Install) -> Iterator[Browsers]:
    """Browsers that close before the test's servers stop."""
    assert callable(install)
    everybody = Browsers(chromium)
    yield everybody
    everybody.close()


def create_demo_clients(installation: Installation) -> DemoClients:
    """Create the demo tree and return an admin's client of each organization."""
    keys = installation.run_as_operator(lambda session: create_demo_tree(session, installation.settings.secret_box()))
    demo = {name: installation.client(secret) for name, secret in keys.items()}
    for client in demo.values():
        client.organization_id = client("{ viewer { organization { id } } }")["viewer"]["organization"]["id"]
    return demo


@pytest.fixture
def demo(installation: Installation) -> DemoClients:
    return create_demo_clients(installation)


@pytest.fixture(scope="module")
def shared_demo(shared_installation: Installation) -> DemoClients:
    """The demo tree of a shared server, for tests that change nothing."""
    return create_demo_clients(shared_installation)


@pytest.fixture
def clinics(demo: DemoClients) -> Client:
    """Harbor Clinics, a client of the reseller with own numbers and a borrowed one."""
    return demo["Harbor Clinics"]
