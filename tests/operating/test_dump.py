"""Backups of PostgreSQL with the commands of docs/operations.md: dumped while served, restored into another, served."""

import asyncio
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from models.change import read_changes_after, read_position
from models.encryption import SecretBox
from storage import Database
from tests.databases import SECRET_KEYS, Cluster, PostgresTestDatabase
from tests.operating.concurrent_writer import write_in_background
from tests.server_process import ServerProcess, run_server_in
from tests.serving.subscribers import subscribe_over_sse

OPERATIONS = Path("docs/operations.md").read_text()
# The numbers of transactions go up by these, so that those of the dump are yet to come in a new PostgreSQL.
ADVANCE_TRANSACTION_IDS = "DO $$ BEGIN FOR turn IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
FOLLOWED = "subscription { conversationsUpdated { id status } }"


@contextmanager
def postgres() -> Iterator[PostgresTestDatabase]:
    """An empty database of a PostgreSQL of its own."""
    cluster = Cluster()
    with closing(PostgresTestDatabase("dialtree", of=cluster)) as store:
        yield store
    cluster.stop()


def run_documented_command(program: str, store: PostgresTestDatabase, folder: Path) -> None:
    """Run the command that the document prints, with another address."""
    (line,) = re.findall(rf"^{program} .*", OPERATIONS, re.MULTILINE)
    address = store.owner_url.replace("+asyncpg", "")
    _, *arguments = shlex.split(re.sub(r"postgresql://\S+", address, line))
    subprocess.run([Cluster.bin_folder() / program, *arguments], cwd=folder, check=True)


def test_a_dump_of_a_server_at_work_is_restored_and_served(tmp_path: Path) -> None:
    with postgres() as store, postgres() as other:
        store.migrate()
        store.rows(ADVANCE_TRANSACTION_IDS)
        with run_server_in(tmp_path, store=store) as served:
            northwind = served.root()
            trunk = northwind.sealed_trunk("hunter2")
            with write_in_background(northwind) as acknowledged:
                before = list(acknowledged)
                run_documented_command("pg_dump", store, tmp_path)
        run_documented_command("pg_restore", other, tmp_path)
        assert asyncio.run(nothing_is_new(other))
        with run_server_in(tmp_path, store=other) as restored:
            kept = {key for (key,) in restored.rows("SELECT idempotency_key FROM conversation")}
            assert set(before) <= kept
            assert restored.password(trunk, SecretBox.from_text(SECRET_KEYS)) == "hunter2"
            asyncio.run(followed(restored, northwind.secret))


async def nothing_is_new(store: PostgresTestDatabase) -> bool:
    """What others changed before the dump is no news after it, though its transactions are yet to come here."""
    database = Database(store.url)
    async with database.read() as session:
        ((yet_to_come,),) = store.rows(
            "SELECT count(*) FROM change WHERE transaction_id > pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
        changes, _ = await read_changes_after(session, await read_position(session))
    await database.close()
    assert yet_to_come > 0
    return not changes


async def followed(served: ServerProcess, secret: str | None) -> None:
    """What is created after the restore reaches whoever follows."""
    client = served.client(secret)
    async with subscribe_over_sse(client, FOLLOWED) as follower:
        await follower.wait_until_subscribed(lambda: str(client.create_queued(agentConfig={})["id"]))
