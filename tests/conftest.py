"""What every test is handed: an installation of its own, over a copy of one migrated database."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from tests.installation import Client, Installation
from tests.stores import ON_POSTGRES, Template

Install = Callable[..., Installation]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, what is about SQLite's file is not asked."""
    about_files = [item for item in items if ON_POSTGRES and item.get_closest_marker("sqlite")]
    config.hook.pytest_deselected(items=about_files)
    items[:] = [item for item in items if item not in about_files]


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """The servers of the tests log to nowhere; what is logged is tested on servers that are processes."""
    with Path(os.devnull).open("w") as nowhere:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))
        yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A database made by running the migrations, once."""
    return Template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def running() -> Iterator[list[Installation]]:
    """Servers are told to stop when their test ends, and waited for when all have."""
    started: list[Installation] = []
    yield started
    for installation in started:
        installation.stop()
        installation.join()


@pytest.fixture
def install(template: Template, tmp_path: Path, running: list[Installation]) -> Iterator[Install]:
    """Makes an installation with the settings that the test names."""
    mine: list[Installation] = []

    def make(**settings: Any) -> Installation:
        mine.append(Installation(template.copied(tmp_path), **settings))
        running.append(mine[-1])
        return mine[-1]

    yield make
    for installation in mine:
        installation.stop()
        installation.store.close()


@pytest.fixture
def installation(install: Install) -> Installation:
    return install()


@pytest.fixture(scope="module")
def shared_installation(
    template: Template, tmp_path_factory: pytest.TempPathFactory, running: list[Installation]
) -> Iterator[Installation]:
    """One installation for a module whose tests read one world, or add to it what no other of them looks at."""
    shared = Installation(template.copied(tmp_path_factory.mktemp("shared")))
    running.append(shared)
    yield shared
    shared.stop()
    shared.store.close()


@pytest.fixture
def northwind(installation: Installation) -> Client:
    """The admin of a root organization."""
    return installation.root("Northwind")


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that reaches a database, in order; transactions' begin and end aside, and how tables stand,
    which PostgreSQL is asked to learn whether what was kept still holds."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT revision.name")):
            seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
