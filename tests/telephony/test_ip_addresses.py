"""Test which IP addresses are parsed, and which are public."""

import ipaddress

import pytest

from telephony.ip_addresses import is_ip_address, is_public

NOT_PUBLIC = [
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
    *("::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "2001:20::1", "3fff::1", "5f00::1"),
    *("100::1", "100:0:0:1::1", "2001:db8::1", "192.88.99.1", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_inside_a_network_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("text", "version"), [("192.0.2.1", 4), ("2001:db8::1", 6), ("::ffff:192.0.2.1", 6), ("fe80::1", 6)]
)
def test_addresses_have_a_version(text: str, version: int) -> None:
    assert is_ip_address(text)
    assert is_ip_address(text, version=version)
    assert not is_ip_address(text, version=10 - version)


@pytest.mark.parametrize("text", ["", "sip.example.com", "192.0.2", "[2001:db8::1]", "fe80::1%eth0", "192.0.2.1:5060"])
def test_other_texts_are_no_addresses(text: str) -> None:
    assert not is_ip_address(text)
