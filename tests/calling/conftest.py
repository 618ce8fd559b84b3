"""Installations that dial, over carriers on this machine that sipp plays."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.calling.line import Line
from tests.conftest import Install
from tests.stores import PostgresStore
from tests.telephony.conftest import StartSipp, sipp

__all__ = ["sipp"]

Dialing = Callable[..., Line]


@pytest.fixture
def dialing(install: Install, sipp: StartSipp) -> Dialing:
    """Makes an organization whose calls are dialed; the settings are those of its installation."""

    def make(**settings: Any) -> Line:
        named = {"dialing": "on", "private_carriers": "allow"} | settings
        return Line(install(**named).root("Northwind"), sipp)

    return make


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Iterator[PostgresStore]:
    """A database that several servers share."""
    created = PostgresStore(f"several_{abs(hash(request.node.nodeid))}")
    yield created
    created.close()
