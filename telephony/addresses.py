"""Which addresses are the internet's: everything else is inside somebody's network, and no carrier's."""

import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.ip_network("64:ff9b::/96")
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215: leads wherever a network's operator likes


def is_public(address: Address) -> bool:
    """Also where it is written inside another."""
    return all(each.is_global and not each.is_multicast and not _is_local(each) for each in _unwrapped(address))


def _is_local(address: Address) -> bool:
    """What Python takes for global, and is not."""
    return isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or address in LOCAL_NAT64)


def _unwrapped(address: Address) -> Iterator[Address]:
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        inner = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
        yield from (each for each in inner if each is not None)
        if address in NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
