"""Create databases for tests: SQLite files, or databases of a PostgreSQL that the test process starts.

`DIALTREE_TEST_ENGINE=postgresql` runs the suite on PostgreSQL. Each test has a copy of one migrated database.
"""

import atexit
import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa

from migrations import migrate
from models.encryption import SecretBox

# The search index over digits is no table of the models, and differs by engine.
SEARCH_INDEX = "phone_number_digits"
ON_POSTGRES = os.environ.get("DIALTREE_TEST_ENGINE") == "postgresql"
# What either engine raises when a constraint or a trigger refuses a statement.
IntegrityErrors = (sqlite3.IntegrityError, psycopg.IntegrityError)
# The roles that own the databases of the tests, and that serve them.
OWNER_ROLE = "dialtree_owner"
SERVING_ROLE = "dialtree"
Rows = list[tuple[Any, ...]]
Execute = Callable[..., Rows]


class DatabaseForTests(Protocol):
    """A database that tests read and write outside the server. Statements are for SQLite or both engines, with ? for values."""

    url: str

    @property
    def settings(self) -> dict[str, str]:
        """The settings that a server needs to serve it."""

    def rows(self, statement: str, *values: Any) -> Rows: ...

    def rows_of_each(self, statements: Iterable[str]) -> list[Rows]:
        """Return the rows of each statement, over one connection."""

    def write_unchecked(self, statement: str) -> None:
        """Write without the triggers, checks and foreign keys of the database."""

    def columns_by_table(self) -> dict[str, list[str]]:
        """Return the columns of each table."""

    def transaction(self) -> AbstractContextManager[Execute]:
        """Hold the write lock as another server would. Statements take values as ? or :name."""

    def migrate(self, revision: str = "head") -> None:
        """Migrate up to a revision, as the role that owns the database."""

    def connect_sqlalchemy(self) -> AbstractContextManager[sa.Connection]:
        """Connect SQLAlchemy, for its inspection of tables."""

    def close(self) -> None: ...


class SqliteTestDatabase:
    def __init__(self, file: Path, template: Path | None = None) -> None:
        if template:
            shutil.copyfile(template, file)
        self.file = file
        self.url = f"sqlite+aiosqlite:///{file}"

    @property
    def settings(self) -> dict[str, str]:
        return {"database_url": self.url}

    def rows(self, statement: str, *values: Any) -> Rows:
        with closing(sqlite3.connect(self.file, timeout=30)) as database, database:
            database.execute("PRAGMA foreign_keys=1")
            return database.execute(statement, values).fetchall()

    def rows_of_each(self, statements: Iterable[str]) -> list[Rows]:
        with closing(sqlite3.connect(self.file, timeout=30)) as database:
            return [database.execute(statement).fetchall() for statement in statements]

    def write_unchecked(self, statement: str) -> None:
        triggers = self.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        without = "".join(f"DROP TRIGGER {name};" for name, _ in triggers)
        again = "".join(f"{sql};" for _, sql in triggers)
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as database:
            database.executescript(
                f"PRAGMA ignore_check_constraints = 1; BEGIN IMMEDIATE; {without}{statement};{again} COMMIT;"
            )

    def columns_by_table(self) -> dict[str, list[str]]:
        tables: dict[str, list[str]] = {}
        for table, column in self.rows(
            "SELECT stored.name, field.name FROM sqlite_master stored, pragma_table_info(stored.name) field"
            " WHERE stored.type = 'table' ORDER BY stored.name, field.cid"
        ):
            if not table.startswith(SEARCH_INDEX):
                tables.setdefault(table, []).append(column)
        return tables

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as database:
            database.execute("PRAGMA foreign_keys = 1")
            database.execute("BEGIN IMMEDIATE")
            yield lambda statement, values=(): database.execute(statement, values).fetchall()
            database.execute("COMMIT")

    def migrate(self, revision: str = "head") -> None:
        migrate(self.url, revision)

    def connect_sqlalchemy(self) -> AbstractContextManager[sa.Connection]:
        return _connect(f"sqlite:///{self.file}")

    def close(self) -> None:
        """Do nothing: the file is deleted with its folder."""


class PostgresTestDatabase:
    def __init__(self, name: str, template: str | None = None, of: "Cluster | None" = None) -> None:
        self.name = name
        self._cluster = of or cluster()
        self.url = f"postgresql+asyncpg://dialtree@127.0.0.1:{self._cluster.port}/{name}"
        self.owner_url = self.url.replace("dialtree@", f"{OWNER_ROLE}@")
        self._connection: psycopg.Connection[Any] | None = None
        self._cluster.create(name, template or "template1")

    @property
    def settings(self) -> dict[str, str]:
        return {"database_url": self.url, "migration_database_url": self.owner_url, "secret_keys": SECRET_KEYS}

    def connect(self, role: str = OWNER_ROLE) -> psycopg.Connection[Any]:
        return self._cluster.connect(self.name, role)

    def rows(self, statement: str, *values: Any) -> Rows:
        """Execute over a kept connection; connect again when it was closed."""
        if self._connection is None:
            self._connection = self.connect()
            weakref.finalize(self, self._connection.close)
        try:
            return _execute(self._connection, statement, values)
        except psycopg.OperationalError:
            if not self._connection.closed:
                raise
            self._connection = None
            return self.rows(statement, *values)

    def rows_of_each(self, statements: Iterable[str]) -> list[Rows]:
        return [self.rows(statement) for statement in statements]

    def write_unchecked(self, statement: str) -> None:
        """Write as a superuser in the replica role, for which triggers and foreign keys are off, with checks dropped."""
        with self._cluster.connect(self.name, "postgres") as admin, admin.transaction():
            checks = _execute(admin, CHECKS, ())
            for table, name, _ in checks:
                _execute(admin, f"ALTER TABLE {table} DROP CONSTRAINT {name}", ())
            _execute(admin, "SET LOCAL session_replication_role = replica", ())
            _execute(admin, statement, ())
            for table, name, rule in checks:
                _execute(admin, f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID", ())

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        with self.connect() as connection:
            connection.execute("BEGIN")
            connection.execute("LOCK TABLE acting IN EXCLUSIVE MODE")
            yield lambda statement, values=(): _execute(connection, statement, values)
            connection.execute("COMMIT")

    def migrate(self, revision: str = "head") -> None:
        migrate(self.owner_url, revision, SERVING_ROLE)

    def connect_sqlalchemy(self) -> AbstractContextManager[sa.Connection]:
        return _connect(f"postgresql+psycopg://{OWNER_ROLE}@127.0.0.1:{self._cluster.port}/{self.name}")

    def columns_by_table(self) -> dict[str, list[str]]:
        tables: dict[str, list[str]] = {}
        for table, column in self.rows(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " ORDER BY table_name, ordinal_position"
        ):
            tables.setdefault(table, []).append(column)
        return tables

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._cluster.drop(self.name)


SECRET_KEYS = SecretBox.generate_key()
CHECKS = """SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
  WHERE contype = 'c' AND connamespace = 'public'::regnamespace"""


def _execute(connection: psycopg.Connection[Any], statement: str, values: Any) -> Rows:
    if values:
        statement = re.sub(r"(?<!:):([a-z_][a-z_0-9]*)", r"%(\1)s", statement.replace("%", "%%")).replace("?", "%s")
    with connection.execute(statement, values or None) as answer:
        return answer.fetchall() if answer.description else []


@contextmanager
def _connect(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


class Cluster:
    """A PostgreSQL of this process, in a folder that is deleted when the tests end."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dialtree-postgres-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        if os.getuid() == 0:
            os.chown(self._folder, pwd.getpwnam("postgres").pw_uid, -1)
        atexit.register(self.stop)
        self.run("initdb", "-A", "trust", "-U", "postgres", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")
        self.start()
        self.execute_as_superuser(f"CREATE ROLE {SERVING_ROLE} LOGIN")
        self.execute_as_superuser(f"CREATE ROLE {OWNER_ROLE} LOGIN")

    @staticmethod
    def bin_folder() -> Path:
        """The folder of PostgreSQL's programs."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        assert found, "Debian's package postgresql is missing: make test installs it"
        return found[-1].parent

    def start(self, fsync: str = "off") -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=400"
        self.run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", f"{options} -c fsync={fsync}", "start")

    def stop_processes(self) -> list[int]:
        """Stop all its processes with SIGSTOP, the parent first so that it starts no more; return their ids."""
        postmaster = int((self._folder / "d" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        processes = [postmaster, *map(int, children)]
        _signal(processes, signal.SIGSTOP)
        return processes

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Stop it meanwhile, like a stalled disk or network."""
        processes = self.stop_processes()
        try:
            yield
        finally:
            _signal(processes, signal.SIGCONT)

    def kill(self) -> None:
        """Kill all its processes and wait until none runs."""
        processes = self.stop_processes()
        _signal(processes, signal.SIGKILL)
        while any(map(_is_running, processes)):
            time.sleep(0.01)
        # A zombie keeps its process id, which PostgreSQL would take for a running server.
        (self._folder / "d" / "postmaster.pid").unlink()

    def enable_tls(self, certificate: Path) -> None:
        """Offer TLS from now on; the file holds the certificate and its key."""
        own = self._folder / "d" / "server.pem"
        shutil.copyfile(certificate, own)
        own.chmod(0o600)
        shutil.chown(own, self._folder.owner())
        for setting, value in {"ssl_cert_file": own, "ssl_key_file": own, "ssl": "on"}.items():
            self.execute_as_superuser(f"ALTER SYSTEM SET {setting} = '{value}'")
        self.execute_as_superuser("SELECT pg_reload_conf()")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs; as the user postgres if root runs the tests, since PostgreSQL refuses to run as root."""
        person = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*person, str(self.bin_folder() / program), "-D", str(self._folder / "d"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def connect(self, database: str, role: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=role, dbname=database, autocommit=True, connect_timeout=10
        )

    def create(self, name: str, template: str) -> None:
        self.execute_as_superuser(f"CREATE DATABASE {name} OWNER {OWNER_ROLE} TEMPLATE {template}")

    def drop(self, name: str) -> None:
        self.execute_as_superuser(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute_as_superuser(self, statement: str) -> None:
        with self.connect("postgres", "postgres") as admin:
            admin.execute(statement)

    def stop(self) -> None:
        atexit.unregister(self.stop)
        with suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)


def _signal(processes: list[int], number: int) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


cluster = cache(Cluster)
_names = itertools.count(1)


class Template:
    """A migrated database that others are copied from."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "dialtree.db"
        if ON_POSTGRES:
            self._name = f"template_{next(_names)}"
            PostgresTestDatabase(self._name).migrate()
        else:
            SqliteTestDatabase(self.file).migrate()

    def copy_into(self, folder: Path) -> DatabaseForTests:
        if ON_POSTGRES:
            return PostgresTestDatabase(f"installation_{next(_names)}", self._name)
        return SqliteTestDatabase(folder / f"dialtree-{next(_names)}.db", self.file)


def create_empty(folder: Path) -> DatabaseForTests:
    """Create a database without any migration."""
    if ON_POSTGRES:
        return PostgresTestDatabase(f"empty_{next(_names)}")
    return SqliteTestDatabase(folder / f"empty-{next(_names)}.db")
