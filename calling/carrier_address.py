"""Check a trunk's carrier address (a host name or IP address, optionally with a port) and user name (R4)."""

import re

from calling import validation
from telephony.engine import FORBIDDEN_USERNAME_CHARACTERS
from telephony.ip_addresses import is_ip_address

MAX_PORT = 65_535
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE | re.ASCII)
_WITH_PORT = re.compile(r"(?:\[(?P<ipv6>[^\[\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?")


def check_carrier_address(address: str, *field: str) -> str:
    """Return the address unchanged; raise Refused (INVALID_INPUT) at `field` unless it is a carrier address.

    Host names follow RFC 1123, 2.1. Whether the address may be dialed is decided when a call is placed.
    """
    if is_ip_address(address, version=6) or _is_host_with_port(address):
        return address
    raise validation.invalid_input(
        f"{address[:80]!r} is not an address. Give a host name or an IP address and, if need be, a port,"
        " such as sip.example.com:5060 or [2001:db8::1]:5060; no sip: before it.",
        *field,
    )


def check_carrier_username(username: str | None, *field: str) -> str | None:
    """Return the user name, None for an empty one; raise Refused (INVALID_INPUT) for one that SIP cannot carry."""
    if not username:
        return None
    if FORBIDDEN_USERNAME_CHARACTERS & set(username):
        raise validation.invalid_input(
            f"{field[-1]} has a quote or a backslash, which no carrier can be sent. Use another.", *field
        )
    return validation.check_line(username, *field)


def split_host_port(address: str) -> tuple[str, int | None]:
    """Split a checked address into host and port. A port of None means the default port of the transport."""
    if is_ip_address(address, version=6):
        return address, None
    match = _WITH_PORT.fullmatch(address)
    assert match is not None
    return match["ipv6"] or match["host"], int(match["port"]) if match["port"] else None


def _is_host_with_port(address: str) -> bool:
    parts = _WITH_PORT.fullmatch(address)
    if parts is None or not 1 <= int(parts["port"] or MAX_PORT) <= MAX_PORT:
        return False
    return is_ip_address(parts["ipv6"], version=6) if parts["ipv6"] else _is_host(parts["host"])


def _is_host(host: str) -> bool:
    if re.fullmatch(r"[0-9.]+", host, re.ASCII):
        return is_ip_address(host, version=4)
    return _HOST_NAME.fullmatch(host) is not None
