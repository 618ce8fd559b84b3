"""Where an installation of the tests keeps what it stores: a SQLite file, or a database of a PostgreSQL of their own.

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
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa

from migrations import migrate
from models.sealed import Seal

# What numbers are found in by their digits: no table of ours, and each engine has another.
SEARCHED = "phone_number_digits"
ON_POSTGRES = os.environ.get("DIALTREE_TEST_ENGINE") == "postgresql"
# What either engine raises where a statement is refused by a rule of the database.
Forbidden = (sqlite3.IntegrityError, psycopg.IntegrityError)
Rows = list[tuple[Any, ...]]
Execute = Callable[..., Rows]


class Store(Protocol):
    """One database, beside the server that serves it. Statements are SQLite's or both engines', with ? for values."""

    url: str

    @property
    def settings(self) -> dict[str, str]:
        """What a server needs to serve it."""

    def rows(self, statement: str, *values: Any) -> Rows: ...

    def spoil(self, statement: str) -> None:
        """Write what the database refuses: without its triggers, checks and foreign keys."""

    def tables(self) -> dict[str, list[str]]:
        """The columns of each table."""

    def transaction(self) -> AbstractContextManager[Execute]:
        """Holds the right to write, as if another server did. Statements with ? or :name, and their values."""

    def migrated(self) -> AbstractContextManager[sa.Connection]:
        """For what SQLAlchemy tells of tables."""

    def close(self) -> None: ...


class SqliteStore:
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

    def spoil(self, statement: str) -> None:
        triggers = self.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        without = "".join(f"DROP TRIGGER {name};" for name, _ in triggers)
        again = "".join(f"{sql};" for _, sql in triggers)
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as database:
            database.executescript(
                f"PRAGMA ignore_check_constraints = 1; BEGIN IMMEDIATE; {without}{statement};{again} COMMIT;"
            )

    def tables(self) -> dict[str, list[str]]:
        found = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        names = [name for (name,) in found if not name.startswith(SEARCHED)]
        columns = "SELECT name FROM pragma_table_info(?)"
        return {table: [name for (name,) in self.rows(columns, table)] for table in names}

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as database:
            database.execute("PRAGMA foreign_keys = 1")
            database.execute("BEGIN IMMEDIATE")
            yield lambda statement, values=(): database.execute(statement, values).fetchall()
            database.execute("COMMIT")

    def migrated(self) -> AbstractContextManager[sa.Connection]:
        return _connected(f"sqlite:///{self.file}")

    def close(self) -> None:
        """The file goes with its folder."""


class PostgresStore:
    def __init__(self, name: str, template: str | None = None, of: "Cluster | None" = None) -> None:
        self.name = name
        self._cluster = of or cluster()
        self.url = f"postgresql+asyncpg://dialtree@127.0.0.1:{self._cluster.port}/{name}"
        self._connection: psycopg.Connection[Any] | None = None
        self._cluster.create(name, template or "template1")

    @property
    def settings(self) -> dict[str, str]:
        return {"database_url": self.url, "secret_keys": SECRET_KEYS}

    def connect(self) -> psycopg.Connection[Any]:
        return self._cluster.connect(self.name, "dialtree")

    def rows(self, statement: str, *values: Any) -> Rows:
        """Over a connection that is kept, and made again where somebody cut it."""
        if self._connection is None:
            self._connection = self.connect()
            weakref.finalize(self, self._connection.close)
        try:
            return _executed(self._connection, statement, values)
        except psycopg.OperationalError:
            if not self._connection.closed:
                raise
            self._connection = None
            return self.rows(statement, *values)

    def spoil(self, statement: str) -> None:
        """As a superuser may: one that only repeats what others wrote is not asked for triggers and foreign keys."""
        with self._cluster.connect(self.name, "postgres") as admin, admin.transaction():
            checks = _executed(admin, CHECKS, ())
            for table, name, _ in checks:
                _executed(admin, f"ALTER TABLE {table} DROP CONSTRAINT {name}", ())
            _executed(admin, "SET LOCAL session_replication_role = replica", ())
            _executed(admin, statement, ())
            for table, name, rule in checks:
                _executed(admin, f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID", ())

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        with self.connect() as connection:
            connection.execute("BEGIN")
            connection.execute("LOCK TABLE acting IN EXCLUSIVE MODE")
            yield lambda statement, values=(): _executed(connection, statement, values)
            connection.execute("COMMIT")

    def migrated(self) -> AbstractContextManager[sa.Connection]:
        return _connected(f"postgresql+psycopg://dialtree@127.0.0.1:{self._cluster.port}/{self.name}")

    def tables(self) -> dict[str, list[str]]:
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


SECRET_KEYS = Seal.new_key()
CHECKS = """SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
  WHERE contype = 'c' AND connamespace = 'public'::regnamespace"""


def _executed(connection: psycopg.Connection[Any], statement: str, values: Any) -> Rows:
    if values:
        statement = re.sub(r"(?<!:):([a-z_][a-z_0-9]*)", r"%(\1)s", statement.replace("%", "%%")).replace("?", "%s")
    with connection.execute(statement, values or None) as answer:
        return answer.fetchall() if answer.description else []


@contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


class Cluster:
    """A PostgreSQL of this process's own, in a folder that goes when the tests end."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dialtree-postgres-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        if os.getuid() == 0:
            os.chown(self._folder, pwd.getpwnam("postgres").pw_uid, -1)
        atexit.register(self.stop)
        self.run("initdb", "-A", "trust", "-U", "postgres", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")
        self.start()
        self.administer("CREATE ROLE dialtree LOGIN CREATEDB")

    @staticmethod
    def programs() -> Path:
        """Where PostgreSQL's own are."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        assert found, "Debian's package postgresql is missing: make test installs it"
        return found[-1].parent

    def start(self, fsync: str = "off") -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=400"
        self.run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", f"{options} -c fsync={fsync}", "start")

    def halted(self) -> list[int]:
        """Its processes: the parent, which has no more children by now, and them. They answer nothing, and close nothing."""
        postmaster = int((self._folder / "d" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        processes = [postmaster, *map(int, children)]
        _signal(processes, signal.SIGSTOP)
        return processes

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """As a disk or a network that stalls leaves it."""
        processes = self.halted()
        try:
            yield
        finally:
            _signal(processes, signal.SIGCONT)

    def kill(self) -> None:
        """kill -9; when this returns, none runs."""
        processes = self.halted()
        _signal(processes, signal.SIGKILL)
        while any(map(_runs, processes)):
            time.sleep(0.01)
        # Where nobody reaps the dead, their number is taken, and PostgreSQL takes the dead one for another that runs.
        (self._folder / "d" / "postmaster.pid").unlink()

    def speak_tls(self, certificate: Path) -> None:
        """From now on to whoever wants it; the file holds the certificate and its key."""
        own = self._folder / "d" / "server.pem"
        shutil.copyfile(certificate, own)
        own.chmod(0o600)
        shutil.chown(own, self._folder.owner())
        for setting, value in {"ssl_cert_file": own, "ssl_key_file": own, "ssl": "on"}.items():
            self.administer(f"ALTER SYSTEM SET {setting} = '{value}'")
        self.administer("SELECT pg_reload_conf()")

    def run(self, program: str, *arguments: str) -> None:
        """As the user postgres, where root runs the tests: PostgreSQL refuses to serve as root."""
        person = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*person, str(self.programs() / program), "-D", str(self._folder / "d"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def connect(self, database: str, role: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=role, dbname=database, autocommit=True, connect_timeout=10
        )

    def create(self, name: str, template: str) -> None:
        self.administer(f"CREATE DATABASE {name} OWNER dialtree TEMPLATE {template}")

    def drop(self, name: str) -> None:
        self.administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def administer(self, statement: str) -> None:
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


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


cluster = cache(Cluster)
_names = itertools.count(1)


class Template:
    """A database made by running the migrations, once; others are copies of it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "dialtree.db"
        if ON_POSTGRES:
            self._name = f"template_{next(_names)}"
            migrate(PostgresStore(self._name).url)
        else:
            migrate(SqliteStore(self.file).url)

    def copied(self, folder: Path) -> Store:
        if ON_POSTGRES:
            return PostgresStore(f"installation_{next(_names)}", self._name)
        return SqliteStore(folder / f"dialtree-{next(_names)}.db", self.file)


def empty(folder: Path) -> Store:
    """A database that was never migrated."""
    if ON_POSTGRES:
        return PostgresStore(f"empty_{next(_names)}")
    return SqliteStore(folder / f"empty-{next(_names)}.db")
