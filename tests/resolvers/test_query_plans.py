"""A page costs the same however many rows there are, whatever it is filtered and ordered by, also where nothing matches.

Shown by counting the steps of SQLite's virtual machine, over few rows and over many. The lists, filters and orders are
those of the schema; one without an example here fails. PostgreSQL chooses its plans by what is stored.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from models import Database, now
from models.dialing import queues_of
from models.going_on import hang_ups_of
from models.notice import notices_for, older_notices
from models.transferring import unasked_transfers
from schema import schema
from tests.installation import Client, Installation
from tests.stores import Template

pytestmark = pytest.mark.sqlite

FEW, MANY = 150, 3000
# How much more a page may cost over MANY: its rows lie a little deeper. Reading all would be twenty times as much.
MORE, FREE = 1.25, 60
# Digits in another order than by E.164: up to so many hits are counted or sorted (`FEW` of models/number_search.py).
SOUGHT = 2500
# Ten digits and more: so many numbers that only end alike are looked at (`MOST_TOLD`).
TOLD = 200

# For each filter values that many rows have, and values that none has. What they name is made below.
VALUES: dict[str, dict[str, tuple[str, ...]]] = {
    "PhoneNumberFilter": {
        "access": ("OWNED", "SHARED"),
        "e164Contains": (
            '"20"',
            '"2065"',
            '"99999"',
            '"+1206"',
            '"+449"',
            '"1+2"',
            '"120655510007"',
            '"1206555100"',
            '"2065559999"',
        ),
        "shareable": ("false", "true"),
        "outboundCapable": ("true", "false"),
        "outboundAssigned": ("false", "true"),
        "inboundAssigned": ("false", "true"),
        "trunkId": ("$trunk", '"trk_00000000000000000000000000"'),
        "agentId": ("$agent", '"agt_00000000000000000000000000"'),
    },
    "AuditEventFilter": {
        "action": ("[PHONE_NUMBER_CREATED, TRUNK_CREATED]", "[TRUNK_DELETED]"),
        "subjectId": ("$trunk", '"num_00000000000000000000000000"'),
        "createdAfter": ('"2020-01-01T00:00:00Z"', '"2099-01-01T00:00:00Z"'),
        "createdBefore": ('"2099-01-01T00:00:00Z"', '"2020-01-01T00:00:00Z"'),
    },
    "ConversationFilter": {
        "direction": ("OUTBOUND", "INBOUND"),
        "status": ("[QUEUED, COMPLETED]", "[FAILED]"),
        "agentNumber": ("$number", '"+12065559999"'),
        "userNumber": ('"+12065550199"', '"+12065550198"'),
        "agentId": ("$agent", '"agt_00000000000000000000000000"'),
        "idempotencyKey": ('"key 7"', '"key"'),
        "metadata": ("{customer: 7}", "{customer: 8}", '{customer: "7"}'),
        "createdAfter": ('"2020-01-01T00:00:00Z"', '"2099-01-01T00:00:00Z"'),
        "createdBefore": ('"2099-01-01T00:00:00Z"', '"2020-01-01T00:00:00Z"'),
    },
}
TOGETHER = (
    "phoneNumbers(filter: {outboundAssigned: false, inboundAssigned: true, shareable: false})",
    'phoneNumbers(filter: {trunkId: $trunk, outboundCapable: true, e164Contains: "+1206"})',
    "phoneNumbers(filter: {access: SHARED, outboundAssigned: true})",
    "phoneNumbers(filter: {agentId: $agent, inboundAssigned: true}, orderBy: {field: UPDATED_AT})",
    'conversations(filter: {direction: OUTBOUND, status: [QUEUED], createdAfter: "2020-01-01T00:00:00Z"})',
    "conversations(filter: {direction: INBOUND, status: [QUEUED]})",
    "conversations(filter: {metadata: {customer: 7, vip: true}, status: [QUEUED], agentId: $agent})",
    "auditEvents(filter: {action: [PHONE_NUMBER_CREATED], subjectId: $trunk})",
)
BELOW = (
    "organization(id: $organization) { phoneNumbers(first: 20) { nodes { id } } children(first: 20) { nodes { id } } }",
    "node(id: $other) { ... on Agent { versions(first: 20) { nodes { id } } } }",
)
query = schema.graphql.query_type
assert query
LISTS = {name: field for name, field in query.fields.items() if get_named_type(field.type).name.endswith("Connection")}


def filters(argument: Any) -> Iterator[str]:
    """Each field of the filter, alone."""
    kind = get_named_type(argument.type)
    assert isinstance(kind, GraphQLInputObjectType)
    examples = VALUES[kind.name]
    assert examples.keys() == kind.fields.keys(), f"{kind.name} has a filter without an example"
    yield from (f"filter: {{{name}: {value}}}" for name, values in examples.items() for value in values)


def orders(argument: Any) -> Iterator[str]:
    kind = get_named_type(argument.type)
    assert isinstance(kind, GraphQLInputObjectType)
    words = [get_named_type(kind.fields[name].type) for name in ("field", "direction")]
    for chosen in product(*(each.values for each in words if isinstance(each, GraphQLEnumType))):
        yield "orderBy: {{field: {}, direction: {}}}".format(*chosen)


def lists() -> Iterator[str]:
    for name, field in LISTS.items():
        known = {"first", "last", "after", "before", "organizationId", "filter", "orderBy"}
        assert field.args.keys() <= known, f"{name} takes an argument that is not tried here"
        asked = ["", *(filters(field.args["filter"]) if "filter" in field.args else ())]
        ordered = ["", *(orders(field.args["orderBy"]) if "orderBy" in field.args else ())]
        for parts in product(asked, ordered):
            yield f"{name}({', '.join(part for part in parts if part)})".replace("()", "")
    yield from TOGETHER


class World:
    """One organization with so many rows of each kind; the one above has as many numbers, which it does not share."""

    def __init__(self, installation: Installation, rows: int) -> None:
        self.store, self._rows = installation.store, rows
        northwind = installation.root("Northwind")
        self.client = northwind.child()
        trunk, agent = self.client.trunk(), self.client.agent()
        number, above = self.client.number(trunk=trunk), northwind.number()
        self.client.version(agent, number, direction="INBOUND")
        call = self.client.queued(
            agentNumber=number.e164, agentId=agent, metadata={"customer": 7, "vip": True}, idempotencyKey="key"
        )
        self.call = call["id"]
        self.named = {"trunk": trunk, "agent": agent, "number": number.e164}
        self.named["organization"] = self.client.organization_id
        self._copy("phone_number", number.id, e164="'+1206555' || (10000 + i)")
        self._copy("phone_number", above.id, e164="'+1206666' || (10000 + i)")
        self._copy("conversation", call["id"], idempotency_key="'key ' || i")
        self._copy("organization", self.client.child().organization_id, slug="'copy-' || i")
        self._other(northwind.child())

    def _other(self, other: Client) -> None:
        """Streams are few: those of trunks and versions, of which this organization has many."""
        self.other, agent = other, other.agent()
        self.named["other"] = agent
        other.draft(agent)
        self._copy("agent_version", self._newest("agent_version"), number="i + 10")
        for table, identifier in (("trunk", other.trunk()), ("agent", agent), ("api_key", self._newest("api_key"))):
            self._copy(table, identifier)

    def _newest(self, table: str) -> str:
        newest: str = self.store.rows(f"SELECT MAX(id) FROM {table}")[0][0]
        return newest

    def _copy(self, table: str, identifier: str, **changed: str) -> None:
        changed["id"] = f"substr('{identifier}', 1, 24) || (100000 + i)"
        columns = self.store.tables()[table]
        self.store.rows(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {self._rows})"
            f" INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT {', '.join(changed.get(each, f't.{each}') for each in columns)}"
            f" FROM n, {table} AS t WHERE t.id = ?",
            identifier,
        )

    def ask(self, question: str, **variables: Any) -> Any:
        for name, value in self.named.items():
            question = question.replace(f"${name}", f'"{value}"')
        asking = self.other if re.search("it: (trunks|agents|apiKeys)|versions", question) else self.client
        return asking(question, **variables)

    def cost(self, question: str, **variables: Any) -> int:
        with statements() as asked:
            self.ask(question, **variables)
        assert asked, "the page"
        return self._steps_of(asked)

    async def cost_of_a_look(self) -> int:
        """What the dialer asks after each commit."""
        database = Database(self.client.installation.settings.database_url)
        with statements() as asked:
            async with database.read() as session:
                assert await queues_of(session, [self.call])
                await hang_ups_of(session, "srv_nobody", [self.call])
                await unasked_transfers(session, "srv_nobody")
                await notices_for(session, "srv_nobody")
                await older_notices(session, now())
        await database.close()
        return self._steps_of(asked)

    def _steps_of(self, asked: list[tuple[str, Any]]) -> int:
        return sum(self._steps(statement, values) for statement, values in asked)

    def _steps(self, statement: str, values: Any) -> int:
        steps: list[None] = []
        with closing(sqlite3.connect(self.client.installation.file)) as database:
            database.set_progress_handler(lambda: steps.append(None), 10)
            database.execute(statement, values).fetchall()
        return len(steps)


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile, but for the key: it is looked up, and its use noted, now and then."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")) and "WHERE api_key.id IN" not in statement:
            seen.append((statement, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def worlds(
    template: Template, tmp_path_factory: pytest.TempPathFactory, running: list[Installation]
) -> Iterator[tuple[World, World]]:
    made = [Installation(template.copied(tmp_path_factory.mktemp("world")), kept_answers_mb=0) for _ in range(2)]
    running += made
    few, many = (World(each, rows) for each, rows in zip(made, (FEW, MANY), strict=True))
    yield few, many
    for each in made:
        each.stop()
        each.store.close()


def windows(world: World, asked: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The first page and the last, and those before and after a place at the other end of the list."""

    def page(window: str) -> str:
        windowed = f"{asked.removesuffix(')')}, {window})" if asked.endswith(")") else f"{asked}({window})"
        return f"query($place: String) {{ it: {windowed} {{ nodes {{ id }} pageInfo {{ startCursor endCursor }} }} }}"

    for near, far in (("first: 20", "last: 20, before: $place"), ("last: 20", "first: 20, after: $place")):
        shown = world.ask(page(near).replace("query($place: String) ", ""))["it"]["pageInfo"]
        yield page(near).replace("query($place: String) ", ""), {}
        yield page(far), {"place": shown["endCursor" if near.startswith("first") else "startCursor"]}


@pytest.mark.parametrize("asked", list(lists()))
def test_a_page_costs_the_same_out_of_many_rows(worlds: tuple[World, World], asked: str) -> None:
    few, many = worlds
    for (question, place), (_, far) in zip(windows(few, asked), windows(many, asked), strict=True):
        sought = SOUGHT if "_AT" in asked and ('"2065"' in asked or '"+1206"' in asked) else 0
        sought += TOLD if re.search('"[0-9]{10,}"', asked) else 0
        assert many.cost(question, **far) <= MORE * few.cost(question, **place) + FREE + sought, question


@pytest.mark.parametrize("question", BELOW)
def test_a_page_below_an_object_costs_the_same_out_of_many_rows(worlds: tuple[World, World], question: str) -> None:
    few, many = worlds
    assert many.cost(f"{{ {question} }}") <= MORE * few.cost(f"{{ {question} }}") + FREE


async def test_the_dialer_looks_as_fast_however_many_calls_there_are(worlds: tuple[World, World]) -> None:
    few, many = worlds
    assert await many.cost_of_a_look() <= MORE * await few.cost_of_a_look() + FREE
