"""Serve a test its own Dialtree: a database, a real server on a free port, and clients with API keys.

Everything is asked through HTTP, but for what only the operator's command line can do.
"""

import asyncio
import itertools
import socket
import ssl
import threading
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
import uvloop

from models import Scope
from resolvers.api_keys import issue_admin_key
from resolvers.managed_trunks import add_managed_trunk
from resolvers.organizations import add_organization
from server import create_app
from serving.settings import Settings
from serving.uvicorn_config import create_uvicorn_config
from storage import Database
from tests.databases import DatabaseForTests, SqliteTestDatabase

Answer = TypeVar("Answer")
Json = Any

CARRIER = {"address": "sip.example.com"}
# Servers of the tests speak plain HTTP. A client of httpx would load the certificate authorities: 40 ms each.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Installation:
    """One server over one database. `new_number` returns possible E.164 numbers, each once."""

    def __init__(self, store: DatabaseForTests, **settings: Any) -> None:
        self.store = store
        # Without dialing, queued calls stay queued. A busy machine's disk may stop for longer than the default timeout.
        named: dict[str, Any] = {
            **store.settings,
            "points_per_minute": 0,
            "dialing": "off",
            "operation_timeout_seconds": 50,
        }
        self.settings = Settings(**(named | settings))
        self._numbers = itertools.count(12_065_550_100)
        self._slugs = itertools.count(1)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(create_uvicorn_config(create_app(self.settings), self.settings))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.http = httpx.Client(base_url=self.url, timeout=60, verify=NO_AUTHORITIES)

    def _serve(self) -> None:
        uvloop.run(self._server.serve(sockets=[self._socket]))

    def stop(self) -> None:
        self.http.close()
        self._server.should_exit = True

    def join(self) -> None:
        self._thread.join(timeout=30)

    @property
    def is_stopping(self) -> bool:
        return self._server.should_exit

    def client(self, secret: str | None) -> "Client":
        return Client(self, secret)

    def new_number(self) -> str:
        return f"+{next(self._numbers)}"

    def new_slug(self) -> str:
        return f"organization-{next(self._slugs)}"

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Execute one statement on the database, outside the running server."""
        return self.store.rows(statement, *values)

    @property
    def file(self) -> Path:
        assert isinstance(self.store, SqliteTestDatabase)
        return self.store.file

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table, except when keys were last used and the revisions that this moves."""
        statements = {
            table: f"SELECT {', '.join(each for each in columns if each != 'last_used_at')} FROM {table} ORDER BY 1"
            for table, columns in self.store.columns_by_table().items()
            if table != "revision"
        }
        return dict(zip(statements, self.store.rows_of_each(statements.values()), strict=True))

    def run_as_operator(self, work: Any) -> Any:
        """Run `work` in one transaction outside the running server, as a command does."""

        async def transaction() -> Any:
            database = Database(self.settings.database_url)
            try:
                return await database.write(work)
            finally:
                await database.close()

        return run_in_new_loop(transaction())

    def root(self, name: str = "Northwind") -> "Client":
        """Create a root organization and return a client with its admin key."""

        async def create(session: Any) -> tuple[str, str]:
            organization = await add_organization(session, name, self.new_slug(), parent_id=None)
            return organization.id, issue_admin_key(session, organization.id)

        organization_id, secret = self.run_as_operator(create)
        client = self.client(secret)
        client.organization_id = organization_id
        return client

    def managed_trunk(self, owner: "Client", *numbers: str) -> str:
        async def create(session: Any) -> str:
            return await add_managed_trunk(
                session, owner.organization_id, "Managed Twilio", "acme.pstn.twilio.com", list(numbers)
            )

        trunk_id: str = self.run_as_operator(create)
        return trunk_id


class Client:
    """An API client with one key. Calling it returns the data; `refusals` returns userErrors, `errors` top-level errors."""

    def __init__(self, installation: Installation, secret: str | None) -> None:
        self.installation = installation
        self.secret = secret
        self.organization_id = ""
        self.headers = authorization(secret)

    def post(self, query: str, variables: dict[str, Any] | None = None) -> httpx.Response:
        return self.installation.http.post(
            "/graphql", headers=self.headers, json={"query": query, "variables": variables}
        )

    def body(self, query: str, **variables: Any) -> Json:
        return self.post(query, variables).json()

    def __call__(self, query: str, **variables: Any) -> Json:
        body = self.body(query, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    def errors(self, query: str, **variables: Any) -> list[str]:
        """Return the codes of the top-level errors."""
        return [error["extensions"]["code"] for error in self.body(query, **variables).get("errors", ())]

    def mutate(self, mutation: str, selection: str, /, **fields: Any) -> Json:
        """The payload of a mutation, with its userErrors."""
        kind = mutation[0].upper() + mutation[1:]
        query = f"mutation($input: {kind}Input!) {{ it: {mutation}(input: $input) {{ {selection} userErrors {{ code message field }} }} }}"
        return self(query, input=fields)["it"]

    def mutate_successfully(self, mutation: str, selection: str, /, **fields: Any) -> Json:
        """The payload of a mutation that must not be refused."""
        payload = self.mutate(mutation, selection, **fields)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    def refusals(self, mutation: str, /, **fields: Any) -> list[tuple[str, list[str] | None]]:
        """The codes and fields of the userErrors of a mutation."""
        errors = self.mutate(mutation, "__typename", **fields)["userErrors"]
        assert all(error["message"].endswith((".", "…).")) for error in errors), errors
        return [(error["code"], error["field"]) for error in errors]

    # ---------------------------------------------------------------------------------- objects that tests create

    def child(self, name: str = "Harbor Clinics") -> "Client":
        """Create an organization below this one and return a client with all scopes for it."""
        created = self.mutate_successfully(
            "createOrganization",
            "organization { id }",
            parentId=self.organization_id,
            name=name,
            slug=self.installation.new_slug(),
        )
        organization_id = created["organization"]["id"]
        return self.with_scopes(*Scope, organization_id=organization_id)

    def with_scopes(self, *scopes: Scope, organization_id: str | None = None) -> "Client":
        """Create a key for the organization, or for one below it, and return its client."""
        owner = organization_id or self.organization_id
        created = self.mutate_successfully(
            "createApiKey", "secret", organizationId=owner, name="test", scopes=[scope.name for scope in scopes]
        )
        client = self.installation.client(created["secret"])
        client.organization_id = owner
        return client

    def trunk(self, *, outbound: bool = True, **fields: Any) -> str:
        made = self.mutate_successfully(
            "createTrunk", "trunk { id }", **({"name": "Carrier", "outbound": CARRIER if outbound else None} | fields)
        )
        trunk_id: str = made["trunk"]["id"]
        return trunk_id

    def sealed_trunk(self, password: str, address: str = "a.example.com") -> str:
        """Create a trunk with a password, which is stored encrypted; return its id."""
        outbound = {"address": address, "authPassword": password}
        made = self.mutate_successfully("createTrunk", "trunk { id }", name="Sealed", outbound=outbound)
        trunk_id: str = made["trunk"]["id"]
        return trunk_id

    def number(self, e164: str | None = None, *, trunk: str | None = None, shareable: bool = False) -> "Number":
        made = self.mutate_successfully(
            "createPhoneNumber",
            "phoneNumber { id e164 }",
            e164=e164 or self.installation.new_number(),
            trunkId=trunk or self.trunk(),
            shareable=shareable,
        )
        return Number(made["phoneNumber"]["id"], made["phoneNumber"]["e164"])

    def agent(self, name: str = "Front desk", *, active: bool = True) -> str:
        agent_id: str = self.mutate_successfully("createAgent", "agent { id }", name=name, active=active)["agent"]["id"]
        return agent_id

    def draft(self, agent: str) -> str:
        made = self.mutate_successfully(
            "createAgentVersion", "agentVersion { id }", agentId=agent, config={"instructions": "Hello"}
        )
        version_id: str = made["agentVersion"]["id"]
        return version_id

    def publish(self, version: str, *numbers: "Number", direction: str = "OUTBOUND") -> str:
        self.mutate_successfully(
            "publishAgentVersion",
            "__typename",
            agentVersionId=version,
            phoneNumbers=[number.e164 for number in numbers],
            direction=direction,
        )
        return version

    def version(self, agent: str, *numbers: "Number", direction: str = "OUTBOUND") -> str:
        """Create the agent's next version and publish it to these numbers; return its id."""
        return self.publish(self.draft(agent), *numbers, direction=direction)

    def share(self, number: "Number", shareable: bool = True) -> None:
        self.mutate_successfully("setPhoneNumberShareable", "__typename", phoneNumberId=number.id, shareable=shareable)

    def preview(self, **fields: Any) -> Json:
        return self(PREVIEW, input=fields)["previewOutboundNumber"]

    def call(self, **fields: Any) -> Json:
        """Return the payload of createOutboundConversation, refused or not."""
        return self.mutate("createOutboundConversation", CREATED, **({"to": "+12065550199"} | fields))

    def create_queued(self, **fields: Any) -> Json:
        """Create an outbound conversation; it must not be refused."""
        payload = self.call(**fields)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload["conversation"]

    def route_inbound(self, called: "Number", caller: str | None = "+12065550177", **fields: Any) -> Json:
        """Route an inbound call and return its conversation; it must not be refused."""
        sent = {"calledNumber": called.e164, "callerNumber": caller} | fields
        return self.mutate_successfully("routeInboundCall", ROUTED, **sent)["conversation"]

    def conversation(self, identifier: str) -> Json:
        """Read the conversation."""
        return self(f"query($id: ID!) {{ conversation(id: $id) {{ {CONVERSATION} }} }}", id=identifier)["conversation"]

    def pages(
        self, field: str, selection: str, size: int, /, *, backwards: bool = False, **sent: Any
    ) -> Iterator[Json]:
        """Yield the pages of a list at the root, following its cursors.

        `sent` has the type and value of each argument: `filter=("PhoneNumberFilter", {…})`.
        """
        limit, cursor = ("last", "before") if backwards else ("first", "after")
        types = {limit: "Int", cursor: "String"} | {name: kind for name, (kind, _) in sent.items()}
        declared = ", ".join(f"${name}: {kind}" for name, kind in types.items())
        passed = ", ".join(f"{name}: ${name}" for name in types)
        query = f"query({declared}) {{ {field}({passed}) {{ {PAGE} nodes {{ {selection} }} }} }}"
        values = {name: value for name, (_, value) in sent.items()}
        place: str | None = None
        places: set[str | None] = set()
        while place not in places:
            places.add(place)
            page = self(query, **values, **{limit: size, cursor: place})[field]
            yield page
            information = page["pageInfo"]
            if not information["hasPreviousPage" if backwards else "hasNextPage"]:
                return
            place = information["startCursor" if backwards else "endCursor"]
        raise AssertionError(f"the pages of {field} go round in circles at {place}")

    def ids_of_all_pages(self, field: str, size: int, /, *, backwards: bool = False, **sent: Any) -> list[str]:
        """Read a list at the root page by page and return its ids in order; check each page's pageInfo and totalCount."""
        pages = list(self.pages(field, "id", size, backwards=backwards, **sent))
        ids = [[node["id"] for node in page["nodes"]] for page in pages]
        assert [len(page) for page in ids[:-1]] == [size] * (len(ids) - 1)
        assert 1 <= len(ids[-1]) <= size
        for place, page in enumerate(pages):
            behind, ahead = place > 0, place < len(pages) - 1
            around = (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"])
            assert around == ((ahead, behind) if backwards else (behind, ahead))
            cursors = [edge["cursor"] for edge in page["edges"]]
            assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])
            assert page["totalCount"] == sum(len(each) for each in ids)
        return [each for page in (ids[::-1] if backwards else ids) for each in page]


class Number:
    def __init__(self, identifier: str, e164: str) -> None:
        self.id = identifier
        self.e164 = e164


RESOLUTION = """agentNumber phoneNumber { id e164 access } agentVersion { id } decidedBy
  steps { rule verdict reason candidates { e164 verdict reason } } refusal { code message field }"""
PREVIEW = f"query($input: PreviewOutboundNumberInput!) {{ previewOutboundNumber(input: $input) {{ {RESOLUTION} }} }}"
CONVERSATION = f"""id organization {{ id }} direction status endReason agentNumber userNumber phoneNumber {{ id e164 access }}
  agentVersion {{ id }} agentConfig initialContext metadata idempotencyKey createdAt endedAt resolution {{ {RESOLUTION} }}"""
CREATED = f"replayed resolution {{ {RESOLUTION} }} conversation {{ {CONVERSATION} }}"
ROUTED = f"agentVersion {{ id }} conversation {{ {CONVERSATION} }}"
PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor }"


def join_stopping(installations: Iterable[Installation]) -> None:
    """Wait until the servers of earlier tests have ended: they write to their databases until then."""
    for installation in installations:
        if installation.is_stopping:
            installation.join()


def authorization(secret: str | None) -> dict[str, str]:
    return {} if secret is None else {"Authorization": f"Bearer {secret}"}


def run_in_new_loop(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine in a thread with its own event loop, since the caller may already run in one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
