"""The console's socket: nothing that is committed is lost, whenever it begins, ends or breaks, and a bad key signs out."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.installation import Client
from tests.web.conftest import Visitors, World, enter
from tests.web.test_phone_numbers import OWN, PLAIN, number_of, shown, switch


class Wire:
    """Between a page and its server, where a test holds and cuts what goes over the sockets."""

    def __init__(self, page: Page) -> None:
        self.down = self.holding = False
        self._held: list[Callable[[], None]] = []
        self._sockets: list[WebSocketRoute] = []
        self._subscribed: list[str] = []
        self._over: list[str] = []
        page.route_web_socket("**/graphql", self._opened)

    def _opened(self, socket: WebSocketRoute) -> None:
        if self.down:
            socket.close(code=1001)
            return
        server = socket.connect_to_server()
        self._sockets.append(socket)
        socket.on_message(lambda message: self._said(server, message))
        server.on_message(lambda message: None if id_of(message) in self._over else socket.send(message))

    def _said(self, server: WebSocketRoute, message: str | bytes) -> None:
        told = json.loads(message)
        if "PhoneNumbersUpdated" in str(told.get("payload")):
            self._subscribed.append(told["id"])
        if self.holding and told["type"] == "subscribe":
            self._held.append(lambda: server.send(message))
        else:
            server.send(message)

    def release(self) -> None:
        """What was subscribed reaches the server only now."""
        self.holding = False
        for send in self._held:
            send()

    def cut(self) -> None:
        for socket in self._sockets:
            socket.close(code=1001)

    def end(self) -> None:
        """As if the server had ended what the page follows: it hears no more of it."""
        identifier = self._subscribed[-1]
        self._over.append(identifier)
        self._sockets[-1].send(json.dumps({"id": identifier, "type": "complete"}))


def id_of(message: str | bytes) -> str | None:
    identifier: str | None = json.loads(message).get("id")
    return identifier


@pytest.fixture
def page(clinics: Client, visitors: Visitors) -> Page:
    return visitors.open(clinics.installation)


@pytest.fixture
def wire(page: Page) -> Wire:
    return Wire(page)


def table(page: Page, clinics: Client) -> None:
    page.reload()
    enter(page, clinics.secret or "")
    shown(page, *OWN, "+1 555 123 4567")


def follows(page: Page) -> None:
    """The server follows what the page subscribed to."""
    expect(page.locator("html[data-following]")).to_be_attached()


def test_what_changes_after_the_list_and_before_the_server_follows_arrives(
    clinics: Client, page: Page, wire: Wire
) -> None:
    wire.holding = True
    table(page, clinics)
    clinics.share(number_of(clinics, "+12065550100"))
    clinics.number("+12065550105")
    wire.release()
    expect(switch(page, PLAIN)).to_be_checked()
    shown(page, *OWN, "+1 206 555 0105", "+1 555 123 4567")


def test_what_the_server_ends_is_followed_again(clinics: Client, page: Page, wire: Wire) -> None:
    table(page, clinics)
    follows(page)
    wire.end()
    clinics.share(number_of(clinics, "+12065550100"))
    expect(switch(page, PLAIN)).to_be_checked()
    clinics.number("+12065550105")
    shown(page, *OWN, "+1 206 555 0105", "+1 555 123 4567")


def test_what_changes_while_the_socket_is_away_arrives(
    clinics: Client, page: Page, wire: Wire, visitors: Visitors
) -> None:
    visitors.expect_complaint("WebSocket connection to")
    table(page, clinics)
    follows(page)
    wire.down = True
    wire.cut()
    clinics.share(number_of(clinics, "+12065550100"))
    clinics.number("+12065550105")
    wire.down = False
    expect(switch(page, PLAIN)).to_be_checked(timeout=30_000)
    shown(page, *OWN, "+1 206 555 0105", "+1 555 123 4567")


def test_a_key_revoked_while_the_socket_is_away_signs_out(
    world: World, page: Page, wire: Wire, visitors: Visitors
) -> None:
    clinics = world["Harbor Clinics"]
    visitors.expect_complaint("WebSocket connection to|401")
    made = clinics.do("createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"])
    table(page, clinics.installation.client(made["secret"]))
    follows(page)
    wire.down = True
    wire.cut()
    clinics.do("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
    wire.down = False
    expect(page.get_by_role("alert")).to_contain_text("This tab was signed out", timeout=30_000)
