"""Backups of PostgreSQL, with the lines of the README: dumped while it is served, restored into another, and served."""

import asyncio
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from migrations import migrate
from models import Database
from models.change import changes_after, newest
from models.sealed import Seal
from tests.operating.writing import writing
from tests.processes import Served, served_in
from tests.serving.following import over_events
from tests.stores import SECRET_KEYS, Cluster, PostgresStore

README = Path("README.md").read_text()
# The numbers of transactions go up by these, so that those of the dump are yet to come in a new PostgreSQL.
LIVED_IN = "DO $$ BEGIN FOR turn IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
FOLLOWED = "subscription { conversationsUpdated { id status } }"


@contextmanager
def postgres() -> Iterator[PostgresStore]:
    """An empty database of a PostgreSQL of its own."""
    cluster = Cluster()
    with closing(PostgresStore("dialtree", of=cluster)) as store:
        yield store
    cluster.stop()


def performed(program: str, store: PostgresStore, folder: Path) -> None:
    """The README's line, with another address."""
    (line,) = re.findall(rf"^{program} .*", README, re.MULTILINE)
    address = store.url.replace("+asyncpg", "")
    _, *arguments = shlex.split(re.sub(r"postgresql://\S+", address, line))
    subprocess.run([Cluster.programs() / program, *arguments], cwd=folder, check=True)


def test_a_dump_of_a_server_at_work_is_restored_and_served(tmp_path: Path) -> None:
    with postgres() as store, postgres() as other:
        migrate(store.url)
        store.rows(LIVED_IN)
        with served_in(tmp_path, store=store) as served:
            northwind = served.root()
            trunk = northwind.sealed_trunk("hunter2")
            with writing(northwind) as acknowledged:
                before = list(acknowledged)
                performed("pg_dump", store, tmp_path)
        performed("pg_restore", other, tmp_path)
        assert asyncio.run(nothing_is_new(other))
        with served_in(tmp_path, store=other) as restored:
            kept = {key for (key,) in restored.rows("SELECT idempotency_key FROM conversation")}
            assert set(before) <= kept
            assert restored.password(trunk, Seal.from_text(SECRET_KEYS)) == "hunter2"
            asyncio.run(followed(restored, northwind.secret))


async def nothing_is_new(store: PostgresStore) -> bool:
    """What others changed before the dump is no news after it, though its transactions are yet to come here."""
    database = Database(store.url)
    async with database.read() as session:
        ((yet_to_come,),) = store.rows(
            "SELECT count(*) FROM change WHERE transaction_id > pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
        changes, _ = await changes_after(session, await newest(session))
    await database.close()
    assert yet_to_come > 0
    return not changes


async def followed(served: Served, secret: str | None) -> None:
    """What is created after the restore reaches whoever follows."""
    client = served.client(secret)
    async with over_events(client, FOLLOWED) as follower:
        await follower.ready(lambda: str(client.queued(agentConfig={})["id"]))
