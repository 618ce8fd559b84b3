"""Check that a page costs the same over few rows and over many, for every filter and order, also if nothing matches.

Cost is counted in instructions of SQLite's virtual machine. Lists, filters and orders are read from the schema; one
without an example here fails. PostgreSQL chooses its plans by what is stored.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from models import now
from models.active_call_statements import find_hang_up_requests_among
from models.notice import find_notice_before, find_notices_for_server
from models.queue_statements import find_trunks_with_queue_among
from models.statistics_statements import MAX_COUNTED
from models.transfer_statements import find_unclaimed_transfers
from models.trunk_queue import lock_next_calls
from schema import schema
from storage import Database, WriteSession
from tests.databases import Template
from tests.installation import Client, Installation, Number, join_stopping

pytestmark = pytest.mark.sqlite

FEW, MANY = 150, 3000
# How much more a page may cost over MANY: its rows lie a little deeper. Reading all would be twenty times as much.
MAX_COST_RATIO, FREE_STEPS = 1.25, 60
# Digits in another order than by E.164: up to so many hits are counted or sorted (`MAX_SORTED_HITS` of models/number_search.py).
SORTED_HITS_STEPS = 2500
# Ten digits and more: so many numbers that only end alike are read (`MAX_LAST_DIGITS_HITS` of models/number_search.py).
SAME_SUFFIX_STEPS = 200

# For each filter values that many rows have, and values that none has. What they name is made below.
FILTER_EXAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
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
        "campaignId": ("$campaign", '"cmp_00000000000000000000000000"'),
        "contactId": ("$contact", '"cnt_00000000000000000000000000"'),
        "idempotencyKey": ('"key 7"', '"key"'),
        "metadata": ("{customer: 7}", "{customer: 8}", '{customer: "7"}'),
        "createdAfter": ('"2020-01-01T00:00:00Z"', '"2099-01-01T00:00:00Z"'),
        "createdBefore": ('"2099-01-01T00:00:00Z"', '"2020-01-01T00:00:00Z"'),
    },
    # An organization has few campaigns, whose names and statuses are looked at one by one.
    "CampaignFilter": {"status": ("[DRAFT, PAUSED]", "[CANCELLED]"), "nameContains": ('"check"', '"nothing"')},
}
SUPPRESSED = ("", 'e164: "+12065550100"', 'e164: "+12065559999"')
COMBINED_FILTERS = (
    "phoneNumbers(filter: {outboundAssigned: false, inboundAssigned: true, shareable: false})",
    'phoneNumbers(filter: {trunkId: $trunk, outboundCapable: true, e164Contains: "+1206"})',
    "phoneNumbers(filter: {access: SHARED, outboundAssigned: true})",
    "phoneNumbers(filter: {agentId: $agent, inboundAssigned: true}, orderBy: {field: UPDATED_AT})",
    'conversations(filter: {direction: OUTBOUND, status: [QUEUED], createdAfter: "2020-01-01T00:00:00Z"})',
    "conversations(filter: {direction: INBOUND, status: [QUEUED]})",
    "conversations(filter: {metadata: {customer: 7, vip: true}, status: [QUEUED], agentId: $agent})",
    "conversations(filter: {campaignId: $campaign, direction: OUTBOUND})",
    "auditEvents(filter: {action: [PHONE_NUMBER_CREATED], subjectId: $trunk})",
    'campaigns(filter: {status: [DRAFT], nameContains: "check"})',
)
CONTACTS = (
    "node(id: $campaign) { ... on Campaign { contacts(first: 20%s) { nodes { id status attempts { number } } } } }"
)
# Of each campaign that many contacts have, and that none has.
CONTACT_FILTERS = (
    *("", "status: [PENDING, REACHED]", "status: [EXPIRED]", "outcome: BUSY", "outcome: LOST"),
    *('externalId: "id 7"', 'externalId: "id"', "waitsFor: CAMPAIGN", "waitsFor: TRUNK"),
    *('e164Contains: "555"', "status: [REACHED], outcome: BUSY", "status: [PENDING], waitsFor: CAMPAIGN"),
    *("status: [EXHAUSTED], outcome: BUSY", "status: [PENDING], outcome: LOST"),
)
STATISTICS = """campaign(id: $campaign) { statistics { contacts attempts liveCalls callsLastMinute limitedBy estimatedEnd
  byStatus { contacts } byOutcome { attempts } byNumber { contacts } } }"""
CHILD_CONNECTION_QUERIES = (
    *(CONTACTS % (f", filter: {{{each}}}" if each else "") for each in CONTACT_FILTERS),
    "node(id: $campaign) { ... on Campaign { imports(first: 20) { nodes { id status } } } }",
    "node(id: $contact) { ... on Contact { waitsFor waitsUntil reason attempts { number } nextNumber { reason } } }",
    "organization(id: $organization) { phoneNumbers(first: 20) { nodes { id } } children(first: 20) { nodes { id } } }",
    "node(id: $other) { ... on Agent { versions(first: 20) { nodes { id } } } }",
)
query = schema.graphql.query_type
assert query
LISTS = {name: field for name, field in query.fields.items() if get_named_type(field.type).name.endswith("Connection")}


def filters(argument: Any) -> Iterator[str]:
    """List the fields of a filter, each alone."""
    kind = get_named_type(argument.type)
    assert isinstance(kind, GraphQLInputObjectType)
    examples = FILTER_EXAMPLES[kind.name]
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
        known = {"first", "last", "after", "before", "organizationId", "filter", "orderBy", "e164"}
        assert field.args.keys() <= known, f"{name} takes an argument that is not tried here"
        asked = list(SUPPRESSED) if "e164" in field.args else [""]
        asked += filters(field.args["filter"]) if "filter" in field.args else ()
        ordered = ["", *(orders(field.args["orderBy"]) if "orderBy" in field.args else ())]
        for parts in product(asked, ordered):
            yield f"{name}({', '.join(part for part in parts if part)})".replace("()", "")
    yield from COMBINED_FILTERS


class FilledDatabase:
    """An organization with so many rows of each type; its parent has as many numbers, which it does not share."""

    def __init__(self, installation: Installation, rows: int) -> None:
        self.store, self._rows = installation.store, rows
        northwind = installation.root("Northwind")
        self.client = northwind.child()
        trunk, agent = self.client.trunk(), self.client.agent()
        number, above = self.client.number(trunk=trunk), northwind.number()
        self.client.version(agent, number, direction="INBOUND")
        call = self.client.create_queued(
            agentNumber=number.e164, agentId=agent, metadata={"customer": 7, "vip": True}, idempotencyKey="key"
        )
        self.call = call["id"]
        self.named = {"trunk": trunk, "agent": agent, "number": number.e164}
        self.named["organization"] = self.client.organization_id
        self._copy("phone_number", number.id, e164="'+1206555' || (10000 + i)")
        self._copy("phone_number", above.id, e164="'+1206666' || (10000 + i)")
        self._copy("conversation", call["id"], idempotency_key="'key ' || i")
        self._make_campaign(number)
        self._copy("organization", self.client.child().organization_id, slug="'copy-' || i")
        self._other(northwind.child())

    def _make_campaign(self, number: Number) -> None:
        """Make a campaign with many contacts of three statuses, one of whom was called so often, and suppressions."""
        made = self.client.mutate_successfully(
            "createCampaign", "campaign { id }", name="Check-ups", agentNumber=number.e164
        )
        campaign: str = made["campaign"]["id"]
        added = [{"e164": "+12125550100", "externalId": "id"}, {"e164": "+12125550101"}, {"e164": "+12125550102"}]
        self.client.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=added)
        self.client.mutate_successfully("addSuppressions", "__typename", e164s=["+12065550100"])
        self.client.mutate_successfully("createContactImport", "__typename", campaignId=campaign)
        contacts = [identifier for (identifier,) in self.store.rows("SELECT id FROM contact ORDER BY e164")]
        self.named |= {"campaign": campaign, "contact": contacts[0]}
        self.store.rows("UPDATE contact SET status = 'REACHED', last_outcome = 'BUSY' WHERE id = ?", contacts[1])
        self.store.rows("UPDATE contact SET status = 'EXHAUSTED' WHERE id = ?", contacts[2])
        for place, each in enumerate(contacts):
            e164, external_id = f"'+1{303 + place}555' || (10000 + i)", f"'{'of ' * place}id ' || i"
            self._copy("contact", each, e164=e164, external_id=external_id)
        self._copy("suppression", self._newest("suppression"), e164="'+1404555' || (10000 + i)")
        self._copy("contact_import", self._newest("contact_import"))
        day = "'2026-01-01 00:00:00.000000'"
        called = {"campaign_id": f"'{campaign}'", "contact_id": f"'{contacts[0]}'", "idempotency_key": "NULL"}
        called |= {
            "custom_metadata": "NULL",
            "created_at": day,
            "ended_at": day,
            "status": "'COMPLETED'",
            "end_reason": "'HANGUP'",
        }
        self._copy("conversation", self.call, offset=200_000, **called)

    def _other(self, other: Client) -> None:
        """Make many trunks and versions, each of which is an index range to merge."""
        self.other, agent = other, other.agent()
        self.named["other"] = agent
        other.draft(agent)
        self._copy("agent_version", self._newest("agent_version"), number="i + 10")
        for table, identifier in (("trunk", other.trunk()), ("agent", agent), ("api_key", self._newest("api_key"))):
            self._copy(table, identifier)

    def _newest(self, table: str) -> str:
        newest: str = self.store.rows(f"SELECT MAX(id) FROM {table}")[0][0]
        return newest

    def _copy(self, table: str, identifier: str, offset: int = 100_000, **changed: str) -> None:
        changed["id"] = f"substr('{identifier}', 1, 24) || ({offset} + i)"
        columns = self.store.columns_by_table()[table]
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
        cost, _ = self.cost_and_answer(question, **variables)
        return cost

    def cost_and_answer(self, question: str, **variables: Any) -> tuple[int, Any]:
        with recorded_statements() as asked:
            answer = self.ask(question, **variables)
        assert asked, "the page"
        return self.steps_of(asked), answer

    async def cost_of_worker_poll(self) -> int:
        """List the statements that the dialer runs after each commit."""
        database = Database(self.client.installation.settings.database_url)
        with recorded_statements() as asked:
            async with database.read() as session:
                assert await find_trunks_with_queue_among(session, [self.call])
                await find_hang_up_requests_among(session, "srv_nobody", [self.call])
                await find_unclaimed_transfers(session, "srv_nobody")
                await find_notices_for_server(session, "srv_nobody")
                await find_notice_before(session, now())
        await database.close()
        return self.steps_of(asked)

    async def cost_of_next_in_queue(self, whose: str, limit: int) -> int:
        """List the statements that claim calls of a trunk with so many queued, of this organization and of others."""
        database = Database(self.client.installation.settings.database_url)
        trunk = SimpleNamespace(
            id=self.named["trunk"], organization_id=whose, last_borrower_id=self.named["organization"]
        )
        with recorded_statements() as asked:

            async def look(session: WriteSession) -> None:
                assert await lock_next_calls(session, trunk, limit)

            await database.write(look)
        await database.close()
        return self.steps_of(asked)

    def steps_of(self, asked: list[tuple[str, Any]]) -> int:
        steps: list[None] = []
        with closing(sqlite3.connect(self.client.installation.file)) as database:
            database.set_progress_handler(lambda: steps.append(None), 10)
            for statement, values in asked:
                database.execute(statement, values).fetchall()
        return len(steps)


@contextmanager
def recorded_statements() -> Iterator[list[tuple[str, Any]]]:
    """Record the statements, but for those that look up the key or record its use, which run now and then."""
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
    template: Template, tmp_path_factory: pytest.TempPathFactory, running_installations: list[Installation]
) -> Iterator[tuple[FilledDatabase, FilledDatabase]]:
    join_stopping(running_installations)
    made = [Installation(template.copy_into(tmp_path_factory.mktemp("world")), response_cache_mb=0) for _ in range(2)]
    running_installations += made
    few, many = (FilledDatabase(each, rows) for each, rows in zip(made, (FEW, MANY), strict=True))
    yield few, many
    for each in made:
        each.stop()
        each.store.close()


def page_costs(world: FilledDatabase, asked: str) -> Iterator[tuple[str, int]]:
    """Measure the first page and the last, and those before and after a cursor at the other end of the list."""

    def page(window: str, declared: str = "") -> str:
        windowed = f"{asked.removesuffix(')')}, {window})" if asked.endswith(")") else f"{asked}({window})"
        return f"query{declared} {{ it: {windowed} {{ nodes {{ id }} pageInfo {{ startCursor endCursor }} }} }}"

    for near, far, cursor in (
        ("first: 20", "last: 20, before: $place", "endCursor"),
        ("last: 20", "first: 20, after: $place", "startCursor"),
    ):
        cost, answer = world.cost_and_answer(page(near))
        yield page(near), cost
        question = page(far, "($place: String)")
        yield question, world.cost(question, place=answer["it"]["pageInfo"][cursor])


@pytest.mark.parametrize("asked", list(lists()))
def test_a_page_costs_the_same_out_of_many_rows(worlds: tuple[FilledDatabase, FilledDatabase], asked: str) -> None:
    few, many = worlds
    allowed = FREE_STEPS
    allowed += SORTED_HITS_STEPS if "_AT" in asked and ('"2065"' in asked or '"+1206"' in asked) else 0
    allowed += SAME_SUFFIX_STEPS if re.search('"[0-9]{10,}"', asked) else 0
    for (question, of_few), (_, of_many) in zip(page_costs(few, asked), page_costs(many, asked), strict=True):
        assert of_many <= MAX_COST_RATIO * of_few + allowed, question


@pytest.mark.parametrize("question", CHILD_CONNECTION_QUERIES)
def test_a_page_below_an_object_costs_the_same_out_of_many_rows(
    worlds: tuple[FilledDatabase, FilledDatabase], question: str
) -> None:
    few, many = worlds
    assert many.cost(f"{{ {question} }}") <= MAX_COST_RATIO * few.cost(f"{{ {question} }}") + FREE_STEPS


@pytest.mark.parametrize("reason", ["RETRY", "ATTEMPT_LIMIT", "NUMBER", "TRUNK", "BUDGET"])
def test_who_waits_in_a_campaign_that_runs_is_listed_without_reading_all(
    worlds: tuple[FilledDatabase, FilledDatabase], reason: str
) -> None:
    question = f"{{ {CONTACTS % f', filter: {{waitsFor: {reason}}}'} }}"
    costs = []
    for world in worlds:
        world.store.rows("UPDATE campaign SET status = 'RUNNING'")
        costs.append(world.cost(question))
        world.store.rows("UPDATE campaign SET status = 'DRAFT'")
    of_few, of_many = costs
    assert of_many <= MAX_COST_RATIO * of_few + FREE_STEPS


def test_statistics_count_no_more_contacts_of_a_time_zone_than_an_estimate_needs(
    worlds: tuple[FilledDatabase, FilledDatabase],
) -> None:
    few, many = worlds
    allowed = FREE_STEPS + MAX_COUNTED  # a step or less for each contact that is counted
    assert many.cost(f"{{ {STATISTICS} }}") <= MAX_COST_RATIO * few.cost(f"{{ {STATISTICS} }}") + allowed


async def test_the_dialer_looks_as_fast_however_many_calls_there_are(
    worlds: tuple[FilledDatabase, FilledDatabase],
) -> None:
    few, many = worlds
    assert await many.cost_of_worker_poll() <= MAX_COST_RATIO * await few.cost_of_worker_poll() + FREE_STEPS


def test_members_of_metadata_are_compared_in_one_pass(worlds: tuple[FilledDatabase, FilledDatabase]) -> None:
    """Compare costs in pairs while the rows on both sides grow."""
    world, _ = worlds
    world.other.number()

    def steps(members: int) -> int:
        metadata = {f"{place} of {members}": place for place in range(members)}
        world.other.create_queued(agentConfig={}, metadata=metadata)
        with recorded_statements() as asked:
            found = world.other(
                "query($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }",
                filter={"metadata": metadata},
            )
        assert len(found["conversations"]["nodes"]) == 1
        return world.steps_of(asked)

    few, some, many = steps(10), steps(30), steps(50)
    assert 0 < many - some <= 1.25 * (some - few)


@pytest.mark.parametrize("whose", ["organization", "nobody"])
async def test_whose_turn_it_is_is_found_as_fast_however_many_wait(
    worlds: tuple[FilledDatabase, FilledDatabase], whose: str
) -> None:
    """Queue the calls for the trunk's owner, or for one borrower."""
    few, many = worlds
    costs = [await each.cost_of_next_in_queue(each.named.get(whose, "org_nobody"), 20) for each in (many, few)]
    assert costs[0] <= MAX_COST_RATIO * costs[1] + FREE_STEPS
