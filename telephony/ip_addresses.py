"""Parse IP addresses, and tell public ones from private and special-purpose ones (RFC 6890)."""

import ipaddress
from collections.abc import Iterator

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

IPV4_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291: deprecated, but some stacks still route it as IPv4
IPV4_TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")  # RFC 2765: ::ffff:0:a.b.c.d
SPECIAL_PURPOSE = (
    IPV4_COMPATIBLE,
    IPV4_TRANSLATED,
    *map(
        ipaddress.ip_network,
        (
            "5f00::/16",  # RFC 9602: segment routing identifiers
            "100:0:0:1::/64",  # RFC 9780: dummy prefix
            "2001:20::/28",  # RFC 7343: ORCHIDv2, which is not routed
            "3fff::/20",  # RFC 9637: documentation
            "192.88.99.0/24",  # RFC 7526: the deprecated 6to4 relays
        ),
    ),
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215: translated as the network's operator decides


def bracket_ipv6(host: str) -> str:
    """Return the host as written in a URI: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def parse_ip_address(text: str) -> IpAddress | None:
    """Parse an IP address, without brackets; None for anything else.

    An IPv6 zone ("fe80::1%eth0", RFC 4007) is refused: a URI has none, and it can contain any text.
    """
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def is_ip_address(text: str, version: int | None = None) -> bool:
    """Tell an IP address, of one version (4 or 6) or of any, from a host name."""
    address = parse_ip_address(text)
    return address is not None and version in {None, address.version}


def is_public(address: IpAddress) -> bool:
    """Tell whether the address, and each address embedded in it, is public (RFC 6890)."""
    return all(each.is_global and not each.is_multicast and not _is_unrouted(each) for each in _with_embedded(address))


def _is_unrouted(address: IpAddress) -> bool:
    """Tell whether the address is special-purpose, although Python's `is_global` accepts it."""
    if any(address in each for each in SPECIAL_PURPOSE):
        return True
    return isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or address in LOCAL_NAT64)


def _with_embedded(address: IpAddress) -> Iterator[IpAddress]:
    """Yield the address and the IPv4 addresses embedded in it (IPv4-mapped, 6to4, Teredo, NAT64)."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        embedded = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
        yield from (each for each in embedded if each is not None)
        if address in NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
