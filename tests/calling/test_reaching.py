"""Where a trunk's name may lead (R4, R10): the internet, asked for without being in anybody's way."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from calling.reaching import Carriers
from models import MediaEncryption, SipTransport
from models.sealed import Seal
from telephony.addresses import is_public

NOWHERE_PUBLIC = [
    "127.0.0.1",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "224.0.0.1",
    "0.0.0.1",
    "::1",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:10.1.2.3",
    "2002:0a01:0203::1",
    "64:ff9b::10.1.2.3",
    "64:ff9b:1::8.8.8.8",
    "2001:0:0a01:203::1",
]


@pytest.mark.parametrize("address", NOWHERE_PUBLIC)
def test_addresses_inside_a_network_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.fixture
def dead_name_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Names below dead.example are not answered until the test is over; all others are one public address."""
    over = threading.Event()

    def resolved(host: str, *_: Any, **__: Any) -> list[Any]:
        if host.endswith(".dead.example"):
            over.wait()
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("8.8.8.8", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    yield
    over.set()


def trunk(organization_id: str, host: str) -> Any:
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
    carriers = Carriers(Seal((bytes(32),)), private=False)
    dead = [trunk("org_1", f"sip{number}.dead.example") for number in range(300)] + [trunk("org_1", "sip.example.com")]
    waiting = [asyncio.create_task(carriers.of(each)) for each in dead]
    await asyncio.sleep(0)
    reached = await carriers.of(trunk("org_2", "sip.example.com"))
    assert (reached.host, reached.address) == ("sip.example.com", "8.8.8.8")
    assert not any(each.done() for each in waiting)
    for each in waiting:
        each.cancel()
    carriers.close()
