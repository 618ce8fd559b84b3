"""Who calls: a SIP account for each number and carrier, whose address is the From of its calls."""

import asyncio
import ipaddress
from dataclasses import replace
from typing import Literal

from baresip.config import Account
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from models import MediaEncryption, SipTransport
from telephony.engine import Carrier

MEDIA_ENCRYPTION = {
    MediaEncryption.NONE: (),
    MediaEncryption.ALLOW: ("mediaenc=srtp",),
    MediaEncryption.REQUIRE: ("mediaenc=srtp-mand",),
}
TRANSPORTS: dict[SipTransport, Literal["udp", "tcp", "tls"]] = {
    SipTransport.UDP: "udp",
    SipTransport.TCP: "tcp",
    SipTransport.TLS: "tls",
}
UNSPEAKABLE = frozenset('"\\')


class Unusable(Exception):
    """What the stack cannot carry, or must not; says no credential."""


class Identities:
    """Made when first needed, and kept: the stack cannot forget one."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._making = asyncio.Lock()
        self._made: dict[tuple[str, Carrier], UserAgent] = {}

    async def of(self, number: str, carrier: Carrier) -> UserAgent:
        """Raises `Unusable`."""
        key = (number, replace(carrier, address=""))
        async with self._making:
            if key not in self._made:
                self._made[key] = await UserAgent.create(self._runtime, account(number, carrier))
            return self._made[key]

    async def answer_whoever_is_called(self) -> None:
        """Takes every inbound call, whatever number it is for, and calls nobody."""
        anybody = Account("inbound", "localhost", "", reg_interval=0, extra_params=("catchall=yes",))
        await UserAgent.create(self._runtime, anybody)


def account(number: str, carrier: Carrier) -> Account:
    if carrier.transport is SipTransport.TLS and is_address(carrier.host):
        raise Unusable(f"TLS to {carrier.host} is refused: an address has no name to check. Give the trunk a host name")
    if UNSPEAKABLE & set(f"{carrier.username or ''}{carrier.password or ''}"):
        raise Unusable("the trunk's user name or password has a quote or a backslash, which this engine cannot send")
    try:
        return Account(
            user=number,
            domain=bracketed(carrier.host),
            password=carrier.password or "",
            auth_user=carrier.username,
            reg_interval=0,
            transport=TRANSPORTS[carrier.transport],
            extra_params=(*MEDIA_ENCRYPTION[carrier.media_encryption], "inreq_allowed=no"),
        )
    except ValueError as wrong:
        field = str(wrong).partition(" ")[0]
        raise Unusable(f"the trunk's {field} has a character that this engine cannot send") from None


def address_of(user: str, carrier: Carrier | None) -> str:
    """A number at the carrier, as a SIP URI, or by itself where no carrier of ours is known; a SIP URI is itself."""
    if user.startswith(("sip:", "sips:")):
        return user
    if carrier is None:
        return f"tel:{user}"
    return f"sip:{user}@{bracketed(carrier.host)}" + (f":{carrier.port}" if carrier.port else "")


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
