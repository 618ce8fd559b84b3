"""The console's WebSocket: no committed change is missed when it connects late, ends or breaks; a bad key signs out."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.installation import Client
from tests.web.conftest import Browsers, DemoClients, submit_key
from tests.web.test_phone_numbers import OWN, PLAIN, expect_rows, number_of, switch


class WebSocketProxy:
    """A proxy between the page and the server's WebSocket, in which a test delays or cuts off messages."""

    def __init__(self, page: Page) -> None:
        self.refuses_connections = self.holds_subscribe = False
        self._held: list[Callable[[], None]] = []
        self._sockets: list[WebSocketRoute] = []
        self._subscribed: list[str] = []
        self._ended: list[str] = []
        page.route_web_socket("**/graphql", self._on_connect)

    def _on_connect(self, socket: WebSocketRoute) -> None:
        if self.refuses_connections:
            socket.close(code=1001)
            return
        server = socket.connect_to_server()
        self._sockets.append(socket)
        socket.on_message(lambda message: self._on_client_message(server, message))
        server.on_message(lambda message: None if id_of(message) in self._ended else socket.send(message))

    def _on_client_message(self, server: WebSocketRoute, message: str | bytes) -> None:
        told = json.loads(message)
        if "PhoneNumbersUpdated" in str(told.get("payload")):
            self._subscribed.append(told["id"])
        if self.holds_subscribe and told["type"] == "subscribe":
            self._held.append(lambda: server.send(message))
        else:
            server.send(message)

    def release(self) -> None:
        """Send the delayed subscribe messages to the server."""
        self.holds_subscribe = False
        for send in self._held:
            send()

    def cut(self) -> None:
        for socket in self._sockets:
            socket.close(code=1001)

    def end_subscription(self) -> None:
        """Complete the page's subscription as if the server had ended it."""
        identifier = self._subscribed[-1]
        self._ended.append(identifier)
        self._sockets[-1].send(json.dumps({"id": identifier, "type": "complete"}))


def id_of(message: str | bytes) -> str | None:
    identifier: str | None = json.loads(message).get("id")
    return identifier


@pytest.fixture
def page(clinics: Client, browsers: Browsers) -> Page:
    return browsers.open(clinics.installation)


@pytest.fixture
def proxy(page: Page) -> WebSocketProxy:
    return WebSocketProxy(page)


def open_table(page: Page, clinics: Client) -> None:
    page.reload()
    submit_key(page, clinics.secret or "")
    expect_rows(page, *OWN, "+1 555 123 4567")


def expect_subscribed(page: Page) -> None:
    """Expect the page's subscription to have started."""
    expect(page.locator("html[data-subscribed]")).to_be_attached()


def test_what_changes_after_the_list_and_before_the_server_follows_arrives(
    clinics: Client, page: Page, proxy: WebSocketProxy
) -> None:
    proxy.holds_subscribe = True
    open_table(page, clinics)
    clinics.share(number_of(clinics, "+12065550100"))
    clinics.number("+12065550105")
    proxy.release()
    expect(switch(page, PLAIN)).to_be_checked()
    expect_rows(page, *OWN, "+1 206 555 0105", "+1 555 123 4567")


def test_what_the_server_ends_is_followed_again(clinics: Client, page: Page, proxy: WebSocketProxy) -> None:
    open_table(page, clinics)
    expect_subscribed(page)
    proxy.end_subscription()
    clinics.share(number_of(clinics, "+12065550100"))
    expect(switch(page, PLAIN)).to_be_checked()
    clinics.number("+12065550105")
    expect_rows(page, *OWN, "+1 206 555 0105", "+1 555 123 4567")


def test_what_changes_while_the_socket_is_away_arrives(
    clinics: Client, page: Page, proxy: WebSocketProxy, browsers: Browsers
) -> None:
    browsers.expect_console_error("WebSocket connection to")
    open_table(page, clinics)
    expect_subscribed(page)
    proxy.refuses_connections = True
    proxy.cut()
    clinics.share(number_of(clinics, "+12065550100"))
    clinics.number("+12065550105")
    proxy.refuses_connections = False
    expect(switch(page, PLAIN)).to_be_checked(timeout=30_000)
    expect_rows(page, *OWN, "+1 206 555 0105", "+1 555 123 4567")


def test_what_a_call_does_before_the_server_follows_it_is_read_then(
    clinics: Client, page: Page, proxy: WebSocketProxy
) -> None:
    """The clock stands still, so that nothing is asked now and then: only the stream's beginning has it read."""
    page.goto("/which-number?from=%2B12065550100&speaker=inline&to=%2B12065550199")
    submit_key(page, clinics.secret or "")
    expect_subscribed(page)
    page.clock.install()
    page.clock.pause_at("2100-01-01")
    proxy.holds_subscribe = True
    page.get_by_role("button", name="Call +1 206 555 0199").click()
    status = page.locator(".placed-call .status")
    expect(status).to_have_text("Queued")
    created = clinics("{ conversations { nodes { id } } }")["conversations"]["nodes"][0]["id"]
    clinics.mutate_successfully("hangUpConversation", "__typename", conversationId=created)
    proxy.release()
    expect(status).to_have_text("Cancelled")


def test_a_key_revoked_while_the_socket_is_away_signs_out(
    demo: DemoClients, page: Page, proxy: WebSocketProxy, browsers: Browsers
) -> None:
    clinics = demo["Harbor Clinics"]
    browsers.expect_console_error("WebSocket connection to|401")
    made = clinics.mutate_successfully("createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"])
    open_table(page, clinics.installation.client(made["secret"]))
    expect_subscribed(page)
    proxy.refuses_connections = True
    proxy.cut()
    clinics.mutate_successfully("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
    proxy.refuses_connections = False
    expect(page.get_by_role("alert")).to_contain_text("This tab was signed out", timeout=30_000)
