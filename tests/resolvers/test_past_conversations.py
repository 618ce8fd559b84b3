"""Check that deleting a number takes the same time however many conversations used it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from tests.databases import ON_POSTGRES
from tests.installation import Client, Installation, Number, join_stopping

MANY = 1000
# Of a row that nothing touched it stays as it is: which transaction wrote it, or all that it holds.
STAMPED = "SELECT id, xmin::text FROM conversation ORDER BY id"
WHOLE = "SELECT * FROM conversation ORDER BY id"
Asked = list[tuple[str, Any]]


@pytest.fixture
def asked(running_installations: list[Installation]) -> Iterator[Asked]:
    """Record the statements that reach the database, with their values."""
    seen: Asked = []

    def note(_connection: Any, _cursor: Any, text: str, values: Any, *_rest: Any) -> None:
        if not text.startswith(("BEGIN", "PRAGMA", "LOCK", "SELECT revision.name")) and "last_used_at" not in text:
            seen.append((text, values))

    join_stopping(running_installations)
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def with_past_conversations(client: Client, conversations: int) -> Number:
    """Make a number with so many ended conversations."""
    number = client.number()
    first = client.create_queued(agentNumber=number.e164, agentConfig={})["id"]
    client.mutate_successfully("hangUpConversation", "__typename", conversationId=first)
    columns = client.installation.store.columns_by_table()["conversation"]
    chosen = [f"'{first}' || value" if name == "id" else name for name in columns]
    client.installation.rows(
        f"WITH RECURSIVE count(value) AS (SELECT 2 UNION ALL SELECT value + 1 FROM count WHERE value < {conversations})"
        f" INSERT INTO conversation ({', '.join(columns)}) SELECT {', '.join(chosen)} FROM conversation, count"
        f" WHERE id = '{first}' AND value <= {conversations}"
    )
    told = client(f'{{ conversations(filter: {{agentNumber: "{number.e164}"}}) {{ totalCount }} }}')
    assert told["conversations"]["totalCount"] == conversations
    return number


def delete(client: Client, number: Number) -> None:
    deleted = client.mutate_successfully("deletePhoneNumber", "deletedPhoneNumberId", phoneNumberId=number.id)
    assert deleted["deletedPhoneNumberId"] == number.id


def test_deleting_a_number_touches_none_of_its_past_conversations(northwind: Client, asked: Asked) -> None:
    """The statements and the recorded changes are the same, and no conversation changes."""
    rows, did = northwind.installation.rows, []
    conversations = STAMPED if ON_POSTGRES else WHOLE
    for number in [with_past_conversations(northwind, each) for each in (1, MANY)]:
        before, ((noted,),) = rows(conversations), rows("SELECT count(*) FROM change")
        asked.clear()
        delete(northwind, number)
        texts = [text for text, _ in asked if "FROM api_key" not in text]
        assert rows(conversations) == before
        did.append((texts, rows("SELECT count(*) FROM change")[0][0] - noted))
    assert did[0] == did[1]


@pytest.mark.sqlite
def test_deleting_a_number_takes_sqlite_as_many_instructions_for_one_conversation_as_for_many(
    northwind: Client, asked: Asked
) -> None:
    """Count on a copy of the database, by running the same statements again."""
    counts = []
    for number in [with_past_conversations(northwind, each) for each in (1, MANY)]:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            with closing(sqlite3.connect(northwind.installation.file)) as database:
                database.backup(copy)
            asked.clear()
            delete(northwind, number)
            counts.append(carried_out(copy, asked))
    assert counts[0] == counts[1]


def carried_out(database: sqlite3.Connection, asked: Asked) -> tuple[int, int]:
    """Return how many rows statements changed, triggers included, and how many instructions they took."""
    taken, changed = 0, database.total_changes

    def count() -> None:
        nonlocal taken
        taken += 1

    database.execute("PRAGMA foreign_keys = 1")
    database.execute("BEGIN")
    database.set_progress_handler(count, 1)
    for text, values in asked:
        database.execute(text, values).fetchall()
    assert any(text.startswith("DELETE FROM phone_number") for text, _ in asked)
    return database.total_changes - changed, taken
