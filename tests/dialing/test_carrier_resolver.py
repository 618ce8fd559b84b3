"""Resolve host names of trunks (R4, R10): public addresses only, without delaying other organizations."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dialing.carrier_resolver import CarrierResolver
from models import MediaEncryption, SipTransport
from models.encryption import SecretBox


@pytest.fixture
def dead_name_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer no name below dead.example until the test ends, and all others with one public address."""
    over = threading.Event()

    def resolved(host: str, *_: Any, **__: Any) -> list[Any]:
        if host.endswith(".dead.example"):
            over.wait()
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("8.8.8.8", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    yield
    over.set()


def trunk_row(organization_id: str, host: str) -> Any:
    return SimpleNamespace(
        id="trk_1",
        organization_id=organization_id,
        outbound_address=host,
        outbound_transport=SipTransport.UDP,
        outbound_media_encryption=MediaEncryption.NONE,
        outbound_auth_username=None,
        outbound_auth_password=None,
    )


@pytest.mark.usefixtures("dead_name_servers")
async def test_dead_name_servers_of_one_organization_are_in_nobody_elses_way() -> None:
    carriers = CarrierResolver(SecretBox((bytes(32),)), allow_private=False)
    dead = [trunk_row("org_1", f"sip{number}.dead.example") for number in range(300)] + [
        trunk_row("org_1", "sip.example.com")
    ]
    waiting = [asyncio.create_task(carriers.resolve(each)) for each in dead]
    await asyncio.sleep(0)
    reached = await carriers.resolve(trunk_row("org_2", "sip.example.com"))
    assert (reached.host, reached.address) == ("sip.example.com", "8.8.8.8")
    assert not any(each.done() for each in waiting)
    for each in waiting:
        each.cancel()
    carriers.close()
