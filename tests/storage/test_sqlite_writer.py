"""Writes that share a commit: each is acknowledged after it, and each fails alone, but for the commit itself (R11, R12)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models import Organization
from storage import Database, WriteSession
from tests.installation import Installation, join_stopping

pytestmark = pytest.mark.sqlite
Work = Callable[[WriteSession], Awaitable[str]]


@pytest_asyncio.fixture
async def database(installation: Installation) -> AsyncIterator[Database]:
    opened = Database(installation.settings.database_url)
    yield opened
    await opened.close()


@pytest.fixture
def commits(running_installations: list[Installation]) -> Iterator[list[Any]]:
    seen: list[Any] = []

    def note(connection: Any) -> None:
        seen.append(connection)

    join_stopping(running_installations)
    sa.event.listen(sa.Engine, "commit", note)
    yield seen
    sa.event.remove(sa.Engine, "commit", note)


def adding(slug: str, fails: Exception | None = None) -> Work:
    async def add(session: WriteSession) -> str:
        session.add(Organization(name=slug, slug=slug))
        await session.flush()
        if fails:
            raise fails
        return slug

    return add


async def write_in_one_group(database: Database, *works: Work) -> list[Any]:
    """All are asked while the first of them is carried out, which has a group of its own."""
    begun, gate = threading.Event(), threading.Event()

    async def hold(_session: WriteSession) -> None:
        begun.set()
        gate.wait()

    held = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(begun.wait)
    waiting = [asyncio.create_task(database.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.set()
    await held
    return await asyncio.gather(*waiting, return_exceptions=True)


def slugs(installation: Installation) -> list[str]:
    return [slug for (slug,) in installation.rows("SELECT slug FROM organization ORDER BY slug")]


async def test_those_who_wait_share_a_commit(
    installation: Installation, database: Database, commits: list[Any]
) -> None:
    names = [f"group-{place:02}" for place in range(20)]
    assert await write_in_one_group(database, *map(adding, names)) == names
    assert slugs(installation) == names
    assert len(commits) == 2


async def test_a_write_that_fails_leaves_the_others(installation: Installation, database: Database) -> None:
    answers = await write_in_one_group(database, adding("first"), adding("second", LookupError("no")), adding("third"))
    assert [answers[0], str(answers[1]), answers[2]] == ["first", "no", "third"]
    assert slugs(installation) == ["first", "third"]


async def test_a_write_sees_those_before_it(installation: Installation, database: Database) -> None:
    answers = await write_in_one_group(database, adding("same"), adding("same"), adding("other"))
    assert isinstance(answers[1], IntegrityError)
    assert slugs(installation) == ["other", "same"]


async def test_a_commit_that_fails_is_acknowledged_to_nobody(installation: Installation, database: Database) -> None:
    async def leave_a_dangling_key(session: WriteSession) -> str:
        await session.execute(sa.text("PRAGMA defer_foreign_keys = 1"))
        session.add(Organization(name="Orphan", slug="orphan", parent_id="org_00000000000000000000000000", depth=1))
        await session.flush()
        return "orphan"

    refused = adding("refused", LookupError("as what was not kept had it"))
    answers = await write_in_one_group(database, adding("before"), leave_a_dangling_key, refused, adding("after"))
    assert [type(answer) for answer in answers] == [IntegrityError] * 4
    assert slugs(installation) == []
    assert await database.write(adding("later")) == "later"


class HeldWrite:
    """A write that has begun, and goes on when it is told."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def adding(self, slug: str) -> Work:
        async def work(session: WriteSession) -> str:
            self.begun.set()
            assert self.go_on.wait(60)
            return await adding(slug)(session)

        return work


async def test_what_is_begun_is_finished_without_whoever_asked(installation: Installation, database: Database) -> None:
    held = HeldWrite()
    asked = asyncio.create_task(database.write(held.adding("begun")))
    await asyncio.to_thread(held.begun.wait)
    asked.cancel()
    held.go_on.set()
    assert await database.write(adding("next")) == "next"
    assert asked.cancelled()
    assert slugs(installation) == ["begun", "next"]


async def test_what_nobody_waits_for_is_not_begun(installation: Installation, database: Database) -> None:
    held = HeldWrite()
    first = asyncio.create_task(database.write(held.adding("first")))
    await asyncio.to_thread(held.begun.wait)
    asked = asyncio.create_task(database.write(adding("given up")))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.sleep(0)
    held.go_on.set()
    assert await database.write(adding("next")) == "next"
    assert await first == "first"
    assert slugs(installation) == ["first", "next"]


async def test_a_write_waits_for_nothing_but_its_session(installation: Installation, database: Database) -> None:
    async def dawdle(_session: WriteSession) -> str:
        await asyncio.sleep(0)
        return "late"

    with pytest.raises(RuntimeError, match="besides its session"):
        await database.write(dawdle)
    assert await database.write(adding("next")) == "next"
    assert slugs(installation) == ["next"]
