"""Give every test an installation of its own, over a copy of one migrated database."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from tests.databases import ON_POSTGRES, Template
from tests.installation import Client, Installation, join_stopping

Install = Callable[..., Installation]
# xdist hands out whole files in this order. These take longest, most of them because they start processes or wait for
# calls: begun first, none of them is what one worker still does when the others have ended.
LONGEST_FIRST = (
    "tests/test_command_line.py",
    "tests/operating/",
    "tests/dialing/",
    "tests/telephony/",
    "tests/crashes/",
    "tests/resolvers/test_query_plans.py",
    "tests/isolation/",
    "tests/campaigns/test_campaign_model.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect on PostgreSQL what is about SQLite's file, and put the longest files first."""
    about_files = [item for item in items if ON_POSTGRES and item.get_closest_marker("sqlite")]
    config.hook.pytest_deselected(items=about_files)
    items[:] = sorted((item for item in items if item not in about_files), key=_place_of_file)


def _place_of_file(item: pytest.Item) -> int:
    places = (place for place, start in enumerate(LONGEST_FIRST) if item.nodeid.startswith(start))
    return next(places, len(LONGEST_FIRST))


@pytest.fixture(scope="session", autouse=True)
def silence_logs() -> Iterator[None]:
    """Discard the logs of the tests' servers: logs are tested on servers that are processes."""
    with Path(os.devnull).open("w") as nowhere:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))
        yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A database that was migrated once; installations have copies of it."""
    return Template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def running_installations() -> Iterator[list[Installation]]:
    """The servers of the session: stopped when their test ends, joined when all have ended."""
    started: list[Installation] = []
    yield started
    for installation in started:
        installation.stop()
        installation.join()


@pytest.fixture
def install(template: Template, tmp_path: Path, running_installations: list[Installation]) -> Iterator[Install]:
    """A function that starts an installation with the given settings."""
    mine: list[Installation] = []

    def make(**settings: Any) -> Installation:
        mine.append(Installation(template.copy_into(tmp_path), **settings))
        running_installations.append(mine[-1])
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
    template: Template, tmp_path_factory: pytest.TempPathFactory, running_installations: list[Installation]
) -> Iterator[Installation]:
    """One installation for a module whose tests only read, or add what no other test of it reads."""
    shared = Installation(template.copy_into(tmp_path_factory.mktemp("shared")))
    running_installations.append(shared)
    yield shared
    shared.stop()
    shared.store.close()


@pytest.fixture
def northwind(installation: Installation) -> Client:
    """The admin of a root organization."""
    return installation.root("Northwind")


@pytest.fixture
def statements(running_installations: list[Installation]) -> Iterator[list[str]]:
    """The statements that reach a database, in order, without BEGIN and COMMIT, and without the reads of table revisions
    by which PostgreSQL servers validate their caches."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT revision.name")):
            seen.append(statement)

    join_stopping(running_installations)
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
