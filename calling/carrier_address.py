"""Where a trunk's carrier is: a host name or an IP address, with an optional port (R4)."""

import ipaddress
import re

from calling import form

HIGHEST_PORT = 65_535
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE | re.ASCII)
_WITH_PORT = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?")


def carrier_address(address: str, *field: str) -> str:
    """The address as it was typed, or the refusal INVALID_INPUT. Whether it may be dialed is asked when dialing."""
    if _is_ip_address(address, 6) or _is_host_with_port(address):
        return address
    raise form.invalid(
        f"{address[:80]!r} is not an address. Give a host name or an IP address and, if need be, a port,"
        " such as sip.example.com:5060 or [2001:db8::1]:5060; no sip: before it.",
        *field,
    )


def parts(address: str) -> tuple[str, int | None]:
    """Host and port of an address that was checked; no port: the transport's own."""
    if _is_ip_address(address, 6):
        return address, None
    found = _WITH_PORT.fullmatch(address)
    assert found is not None
    return found["six"] or found["host"], int(found["port"]) if found["port"] else None


def _is_host_with_port(address: str) -> bool:
    parts = _WITH_PORT.fullmatch(address)
    if parts is None or not 1 <= int(parts["port"] or HIGHEST_PORT) <= HIGHEST_PORT:
        return False
    return _is_ip_address(parts["six"], 6) if parts["six"] else _is_host(parts["host"])


def _is_host(host: str) -> bool:
    if re.fullmatch(r"[0-9.]+", host, re.ASCII):
        return _is_ip_address(host, 4)
    return _HOST_NAME.fullmatch(host) is not None


def _is_ip_address(text: str, version: int) -> bool:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return False
    return parsed.version == version and "%" not in text
