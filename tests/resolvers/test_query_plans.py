"""No list reads or sorts a whole table, whatever it is filtered and ordered by: shown by SQLite's own plans.

The lists, filters and orders are those of the schema; one without an example here fails.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from schema import schema
from tests.installation import Client

LARGE = {"agent", "agent_version", "api_key", "audit_event", "change", "conversation", "organization", "phone_number"}
LARGE |= {"transfer", "trunk"}
VALUES = {
    "PhoneNumberFilter": {
        "access": "OWNED",
        "e164Contains": '"206"',
        "shareable": "true",
        "outboundCapable": "true",
        "outboundAssigned": "true",
        "inboundAssigned": "false",
        "trunkId": '"trk_00000000000000000000000000"',
        "agentId": '"agt_00000000000000000000000000"',
    },
    "AuditEventFilter": {
        "action": "[SLOT_ASSIGNED, SLOT_CLEARED]",
        "subjectId": '"num_00000000000000000000000000"',
        "createdAfter": '"2026-01-01T00:00:00Z"',
        "createdBefore": '"2026-12-01T00:00:00Z"',
    },
    "ConversationFilter": {
        "direction": "INBOUND",
        "status": "[QUEUED, FAILED]",
        "agentNumber": '"+12065550100"',
        "userNumber": '"+12065550199"',
        "agentId": '"agt_00000000000000000000000000"',
        "idempotencyKey": '"key"',
        "metadata": "{customer: 7}",
        "createdAfter": '"2026-01-01T00:00:00Z"',
        "createdBefore": '"2026-12-01T00:00:00Z"',
    },
}
WINDOWS = ("first: 50", "last: 50")
query = schema.graphql.query_type
assert query
LISTS = {name: field for name, field in query.fields.items() if get_named_type(field.type).name.endswith("Connection")}


def filters(argument: Any) -> Iterator[str]:
    """Each field of the filter, alone."""
    kind = get_named_type(argument.type)
    assert isinstance(kind, GraphQLInputObjectType)
    examples = VALUES[kind.name]
    assert examples.keys() == kind.fields.keys(), f"{kind.name} has a filter without an example"
    yield from (f"filter: {{{name}: {value}}}" for name, value in examples.items())


def orders(argument: Any) -> Iterator[str]:
    kind = get_named_type(argument.type)
    assert isinstance(kind, GraphQLInputObjectType)
    words = [get_named_type(kind.fields[name].type) for name in ("field", "direction")]
    for chosen in product(*(each.values for each in words if isinstance(each, GraphQLEnumType))):
        yield "orderBy: {{field: {}, direction: {}}}".format(*chosen)


def questions() -> Iterator[str]:
    for name, field in LISTS.items():
        known = {"first", "last", "after", "before", "organizationId", "filter", "orderBy"}
        assert field.args.keys() <= known, f"{name} takes an argument that is not tried here"
        asked = ["", *(filters(field.args["filter"]) if "filter" in field.args else ())]
        ordered = ["", *(orders(field.args["orderBy"]) if "orderBy" in field.args else ())]
        for parts in product(WINDOWS, asked, ordered):
            yield f"{{ {name}({', '.join(part for part in parts if part)}) {{ nodes {{ id }} }} }}"


@pytest.fixture(scope="module")
def northwind(shared_installation: Any) -> Client:
    root: Client = shared_installation.root("Northwind")
    return root


@pytest.mark.parametrize("question", list(questions()))
def test_a_list_reads_and_sorts_no_whole_table(northwind: Client, question: str) -> None:
    for statement, values in asked_of_the_database(northwind, question):
        steps = plan(northwind, statement, values)
        assert [step for step in steps if reads_all(step)] == [], (statement, steps)
        assert sorts_only_what_was_looked_up(steps), (statement, steps)


Step = tuple[int, int, str]


def asked_of_the_database(client: Client, question: str) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen.append((statement, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    client(question)
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert len(seen) >= 2, "the key and the page"
    return seen


def plan(client: Client, statement: str, values: Any) -> list[Step]:
    """Each step with its own number and that of the one that it belongs to."""
    with closing(sqlite3.connect(client.installation.file)) as database:
        rows = database.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    return [(step, outer, text) for step, outer, _, text in rows]


def reads_all(step: Step) -> bool:
    word, _, rest = step[2].partition(" ")
    return word == "SCAN" and rest.split()[0] in LARGE


def sorts_only_what_was_looked_up(steps: list[Step]) -> bool:
    """A sort is of few rows where the large table beside it was searched by id: those are the first of each stream."""
    for _, outer, text in steps:
        if "TEMP B-TREE" in text:
            beside = [other for _, level, other in steps if level == outer and other.startswith("SEARCH")]
            looked_up = [other for other in beside if other.endswith("(id=?)")]
            if looked_up != beside:
                return False
    return True
