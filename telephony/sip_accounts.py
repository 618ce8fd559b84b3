"""Create a baresip account for each number and carrier; its address is the From of the calls."""

import asyncio
import re
from typing import Literal
from urllib.parse import quote

from baresip.config import Account
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from models import MediaEncryption, SipTransport
from telephony.baresip_native import BaresipNative
from telephony.engine import FORBIDDEN_USERNAME_CHARACTERS, Carrier, account_key
from telephony.ip_addresses import bracket_ipv6, is_ip_address

BARESIP_MEDIA_ENCRYPTION = {
    MediaEncryption.NONE: (),
    MediaEncryption.ALLOW: ("mediaenc=srtp",),
    MediaEncryption.REQUIRE: ("mediaenc=srtp-mand",),
}
BARESIP_TRANSPORTS: dict[SipTransport, Literal["udp", "tcp", "tls"]] = {
    SipTransport.UDP: "udp",
    SipTransport.TCP: "tcp",
    SipTransport.TLS: "tls",
}
TAG_PREFIX = "identity-"
# Looser than the check of a trunk's address: it only excludes characters that have a meaning to the stack's parser.
HOST_NAME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?", re.ASCII)
URI_CHARACTERS = ":/?[]@!$&'()*+,;=-._~%"
STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


class InvalidAccount(Exception):
    """The stack cannot or must not use this carrier; the message contains no credential."""


class SipAccounts:
    """The accounts of this process, created when first needed. They stay, as the stack cannot remove one."""

    def __init__(self, runtime: Runtime, native: BaresipNative) -> None:
        self._runtime = runtime
        self._native = native
        self._lock = asyncio.Lock()
        self._accounts: dict[tuple[str, Carrier], UserAgent] = {}

    async def get(self, number: str, carrier: Carrier) -> UserAgent:
        """Return the account of a number at a carrier. Raises InvalidAccount or BaresipError."""
        key = account_key(number, carrier)
        async with self._lock:
            if key not in self._accounts:
                self._accounts[key] = await self._create(number, carrier, f"{TAG_PREFIX}{len(self._accounts)}")
            return self._accounts[key]

    async def create_catch_all(self) -> None:
        """Create the account that receives every inbound call, whatever its number, and places none."""
        catch_all = Account("inbound", "localhost", "", reg_interval=0, extra_params=("catchall=yes",))
        await UserAgent.create(self._runtime, catch_all)

    async def _create(self, number: str, carrier: Carrier, tag: str) -> UserAgent:
        account = await UserAgent.create(self._runtime, build_account(number, carrier, tag))
        if not self._native.set_credentials(tag, carrier.username, carrier.password):
            raise InvalidAccount("the SIP stack does not take the trunk's credentials")
        return account


def build_account(number: str, carrier: Carrier, tag: str) -> Account:
    """Build an account without its credentials. Raises InvalidAccount.

    The stack parses an account as text in which `;` begins a parameter even within quotes, so the text consists only of
    a number, a host and constants. The trunk's address and user name were checked when they were stored. They are
    checked here again, because this text is where they could inject parameters.
    """
    if carrier.transport is SipTransport.TLS and is_ip_address(carrier.host):
        raise InvalidAccount(
            f"TLS to {carrier.host} is refused: an address has no name to check. Give the trunk a host name"
        )
    if not is_ip_address(carrier.host) and not HOST_NAME.fullmatch(carrier.host):
        raise InvalidAccount("the trunk's address is no host name. Give it another")
    if FORBIDDEN_USERNAME_CHARACTERS & set(carrier.username or ""):
        raise InvalidAccount("the trunk's user name has a quote or a backslash, which this engine cannot send")
    return Account(
        user=quote(number, safe="+"),
        domain=bracket_ipv6(carrier.host),
        password="",
        reg_interval=0,
        transport=BARESIP_TRANSPORTS[carrier.transport],
        extra_params=(*BARESIP_MEDIA_ENCRYPTION[carrier.media_encryption], "inreq_allowed=no", f"extra={tag}"),
    )


def to_uri(user: str, carrier: Carrier | None) -> str:
    """Return the SIP URI of a number at a carrier, or a tel URI (RFC 3966) if the carrier is unknown.

    A SIP URI is returned with characters that are invalid in a URI percent-encoded (RFC 3986, 2.1).
    """
    if user.lower().startswith(("sip:", "sips:")):
        return quote(STRAY_PERCENT.sub("%25", user), safe=URI_CHARACTERS)
    if carrier is None:
        return f"tel:{quote(user, safe='+')}"
    return f"sip:{quote(user, safe='+')}@{bracket_ipv6(carrier.host)}" + (f":{carrier.port}" if carrier.port else "")
