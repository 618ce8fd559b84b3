"""A whole Dialtree for a test: a database of its own, a real server on a port of its own, clients with keys.

Everything is asked through HTTP, but for what only the operator's command line can do.
"""

import asyncio
import itertools
import socket
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
import uvloop

from models import Database, Scope
from resolvers.api_keys import issue_admin_key
from resolvers.managed_trunks import add_managed_trunk
from resolvers.organizations import add_organization
from server import create_app
from serving.listening import served_by
from serving.settings import Settings
from tests.stores import SqliteStore, Store

Answer = TypeVar("Answer")
Json = Any

CARRIER = {"address": "sip.example.com"}


class Installation:
    """One server over one database. Numbers that it makes up are possible, and each is new."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.store = store
        # Unless a test is about dialing, what is queued stays so.
        named: dict[str, Any] = {**store.settings, "points_per_minute": 0, "dialing": "off"}
        self.settings = Settings(**(named | settings))
        self._numbers = itertools.count(12_065_550_100)
        self._slugs = itertools.count(1)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(served_by(create_app(self.settings), self.settings))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.http = httpx.Client(base_url=self.url, timeout=60)

    def _serve(self) -> None:
        uvloop.run(self._server.serve(sockets=[self._socket]))

    def stop(self) -> None:
        self.http.close()
        self._server.should_exit = True

    def join(self) -> None:
        self._thread.join(timeout=30)

    def client(self, secret: str | None) -> "Client":
        return Client(self, secret)

    def new_number(self) -> str:
        return f"+{next(self._numbers)}"

    def new_slug(self) -> str:
        return f"organization-{next(self._slugs)}"

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """One statement on the database, beside the running server."""
        return self.store.rows(statement, *values)

    @property
    def file(self) -> Path:
        assert isinstance(self.store, SqliteStore)
        return self.store.file

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is stored, but for when keys were last used, and what that moves: equal where nothing changes."""
        return {
            table: self.rows(
                f"SELECT {', '.join(each for each in columns if each != 'last_used_at')} FROM {table} ORDER BY 1"
            )
            for table, columns in self.store.tables().items()
            if table != "revision"
        }

    def operator(self, work: Any) -> Any:
        """What the command line does: one transaction beside the running server."""

        async def transaction() -> Any:
            database = Database(self.settings.database_url)
            try:
                return await database.write(work)
            finally:
                await database.close()

        return in_a_loop_of_its_own(transaction())

    def root(self, name: str = "Northwind") -> "Client":
        """A new root organization, as its admin."""

        async def create(session: Any) -> tuple[str, str]:
            organization = await add_organization(session, name, self.new_slug(), parent_id=None)
            return organization.id, issue_admin_key(session, organization.id)

        organization_id, secret = self.operator(create)
        client = self.client(secret)
        client.organization_id = organization_id
        return client

    def managed_trunk(self, owner: "Client", *numbers: str) -> str:
        async def create(session: Any) -> str:
            return await add_managed_trunk(
                session, owner.organization_id, "Managed Twilio", "acme.pstn.twilio.com", list(numbers)
            )

        trunk_id: str = self.operator(create)
        return trunk_id


class Client:
    """Somebody with an API key. Calling it answers the data; `refusals` answers userErrors, `errors` top-level ones."""

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
        """The codes of the top-level errors."""
        return [error["extensions"]["code"] for error in self.body(query, **variables).get("errors", ())]

    def mutate(self, mutation: str, selection: str, /, **fields: Any) -> Json:
        """The payload of a mutation, with its userErrors."""
        kind = mutation[0].upper() + mutation[1:]
        query = f"mutation($input: {kind}Input!) {{ it: {mutation}(input: $input) {{ {selection} userErrors {{ code message field }} }} }}"
        return self(query, input=fields)["it"]

    def do(self, mutation: str, selection: str, /, **fields: Any) -> Json:
        """The payload of a mutation that must not be refused."""
        payload = self.mutate(mutation, selection, **fields)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    def refusals(self, mutation: str, /, **fields: Any) -> list[tuple[str, list[str] | None]]:
        """The codes and fields of the userErrors of a mutation."""
        errors = self.mutate(mutation, "__typename", **fields)["userErrors"]
        assert all(error["message"].endswith((".", "…).")) for error in errors), errors
        return [(error["code"], error["field"]) for error in errors]

    # ------------------------------------------------------------------------------------- what tests are made of

    def child(self, name: str = "Harbor Clinics") -> "Client":
        """A new organization below this one, as its admin."""
        created = self.do(
            "createOrganization",
            "organization { id }",
            parentId=self.organization_id,
            name=name,
            slug=self.installation.new_slug(),
        )
        organization_id = created["organization"]["id"]
        return self.with_scopes(*Scope, organization_id=organization_id)

    def with_scopes(self, *scopes: Scope, organization_id: str | None = None) -> "Client":
        """Another key of the organization, or of one below it."""
        owner = organization_id or self.organization_id
        created = self.do(
            "createApiKey", "secret", organizationId=owner, name="test", scopes=[scope.name for scope in scopes]
        )
        client = self.installation.client(created["secret"])
        client.organization_id = owner
        return client

    def trunk(self, *, outbound: bool = True, **fields: Any) -> str:
        made = self.do(
            "createTrunk", "trunk { id }", **({"name": "Carrier", "outbound": CARRIER if outbound else None} | fields)
        )
        trunk_id: str = made["trunk"]["id"]
        return trunk_id

    def sealed_trunk(self, password: str, address: str = "a.example.com") -> str:
        """A trunk with a password, which is sealed."""
        outbound = {"address": address, "authPassword": password}
        made = self.do("createTrunk", "trunk { id }", name="Sealed", outbound=outbound)
        trunk_id: str = made["trunk"]["id"]
        return trunk_id

    def number(self, e164: str | None = None, *, trunk: str | None = None, shareable: bool = False) -> "Number":
        made = self.do(
            "createPhoneNumber",
            "phoneNumber { id e164 }",
            e164=e164 or self.installation.new_number(),
            trunkId=trunk or self.trunk(),
            shareable=shareable,
        )
        return Number(made["phoneNumber"]["id"], made["phoneNumber"]["e164"])

    def agent(self, name: str = "Front desk", *, active: bool = True) -> str:
        agent_id: str = self.do("createAgent", "agent { id }", name=name, active=active)["agent"]["id"]
        return agent_id

    def draft(self, agent: str) -> str:
        made = self.do("createAgentVersion", "agentVersion { id }", agentId=agent, config={"instructions": "Hello"})
        version_id: str = made["agentVersion"]["id"]
        return version_id

    def publish(self, version: str, *numbers: "Number", direction: str = "OUTBOUND") -> str:
        self.do(
            "publishAgentVersion",
            "__typename",
            agentVersionId=version,
            phoneNumbers=[number.e164 for number in numbers],
            direction=direction,
        )
        return version

    def version(self, agent: str, *numbers: "Number", direction: str = "OUTBOUND") -> str:
        """The agent's next version, published to these numbers."""
        return self.publish(self.draft(agent), *numbers, direction=direction)

    def share(self, number: "Number", shareable: bool = True) -> None:
        self.do("setPhoneNumberShareable", "__typename", phoneNumberId=number.id, shareable=shareable)

    def preview(self, **fields: Any) -> Json:
        return self(PREVIEW, input=fields)["previewOutboundNumber"]

    def call(self, **fields: Any) -> Json:
        """The payload of createOutboundConversation, refused or not."""
        return self.mutate("createOutboundConversation", CREATED, **({"to": "+12065550199"} | fields))

    def queued(self, **fields: Any) -> Json:
        """The conversation that createOutboundConversation must create."""
        payload = self.call(**fields)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload["conversation"]

    def rung(self, called: "Number", caller: str | None = "+12065550177", **fields: Any) -> Json:
        """The conversation that routeInboundCall must create."""
        sent = {"calledNumber": called.e164, "callerNumber": caller} | fields
        return self.do("routeInboundCall", ROUTED, **sent)["conversation"]

    def conversation(self, identifier: str) -> Json:
        """The conversation as it reads now."""
        return self(f"query($id: ID!) {{ conversation(id: $id) {{ {CONVERSATION} }} }}", id=identifier)["conversation"]

    def pages(
        self, field: str, selection: str, size: int, /, *, backwards: bool = False, **sent: Any
    ) -> Iterator[Json]:
        """The pages of a list at the root, one after the other by their cursors; `sent`: types and values, as
        `filter=("PhoneNumberFilter", {…})`."""
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

    def walked(self, field: str, size: int, /, *, backwards: bool = False, **sent: Any) -> list[str]:
        """The ids of a list at the root, in its order, gathered page by page. Each page tells truly what is around."""
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


def authorization(secret: str | None) -> dict[str, str]:
    return {} if secret is None else {"Authorization": f"Bearer {secret}"}


def in_a_loop_of_its_own(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Also where the test itself, or a browser of it, runs in a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
