"""Provide installations that dial, over carriers that sipp plays on this machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import Install
from tests.databases import PostgresTestDatabase
from tests.dialing.dialing_organization import DialingOrganization
from tests.telephony.conftest import StartSipp, sipp

__all__ = ["sipp"]

MakeOrganization = Callable[..., DialingOrganization]


@pytest.fixture
def dialing(install: Install, sipp: StartSipp) -> MakeOrganization:
    """Create an organization whose calls are dialed, in an installation with these settings."""

    def make(**settings: Any) -> DialingOrganization:
        silent = {"media_timeout_seconds": 0}  # as sipp's carriers are
        named = {"dialing": "on", "private_carriers": "allow"} | silent | settings
        return DialingOrganization(install(**named).root("Northwind"), sipp)

    return make


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Iterator[PostgresTestDatabase]:
    """Provide a database that several servers share."""
    created = PostgresTestDatabase(f"several_{abs(hash(request.node.nodeid))}")
    yield created
    created.close()
