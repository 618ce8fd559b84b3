"""How baresip is set up, and what is read out of what it reports."""

import asyncio
import logging
import re
import ssl
from collections.abc import Callable

from baresip.call import Call as SipCall
from baresip.config import Config

from telephony.engine import InboundCall
from telephony.wire import Setup

TONE = "ausine,440"
MEDIA_PORTS = "16384-32767"
ASSERTED, CALLED, PRIVACY = "P-Asserted-Identity", "To", "Privacy"
_STATUS = re.compile(r"RX .*\nSIP/2\.0 (\d{3}) ")
_INVITED = re.compile(r"RX .*\nINVITE (\S+) SIP/2\.0")
_METHOD = re.compile(r"^CSeq[ \t]*:[ \t]*\d+[ \t]+(\w+)", re.MULTILINE | re.IGNORECASE)
_CALL_ID = re.compile(r"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_ANONYMOUS = re.compile(r"sips?:anonymous@|@anonymous\.invalid", re.IGNORECASE)
_WITHHELD = frozenset({"id", "user", "header"})
_USER = re.compile(r"(?:sips?:|tel:)\+?(\d{7,15})(?=[@;>\s]|$)")


def config(setup: Setup, name_server: int) -> Config:
    """Nobody but `name_server` is asked for names, and a certificate that cannot be verified ends the connection."""
    lines = [
        f"dns_server 127.0.0.1:{name_server}",
        f"rtp_ports {MEDIA_PORTS}",
        "sip_verify_server yes",
        *_authorities(setup.ca_file),
    ]
    if setup.listen is not None:
        lines.append(f"sip_listen {setup.listen}")
    return Config(
        net_interface=setup.interface,
        audio_source=TONE,
        expose_headers=(ASSERTED, CALLED, PRIVACY),
        sip_trace=True,
        max_concurrent_calls=None,
        extra_config_text="\n".join(lines) + "\n",
    )


def _authorities(ca_file: str | None) -> list[str]:
    """The operator's file, or the system's; the stack brings a TLS library of its own, which knows of neither."""
    if ca_file is not None:
        return [f"sip_cafile {ca_file}"]
    system = ssl.get_default_verify_paths()
    if system.cafile:
        return [f"sip_cafile {system.cafile}"]
    return [f"sip_capath {system.capath}"] if system.capath else []


def listen_to_trace(
    loop: asyncio.AbstractEventLoop, hear: Callable[[str, str, int], None], invited: Callable[[str, str], None]
) -> None:
    """Tells the Call-ID, method and status of each answer, the Call-ID and address of each INVITE: the stack keeps
    most to itself. Nothing else is kept."""

    class Trace(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage()
            call_id, method = _CALL_ID.search(text), _METHOD.search(text)
            if call_id and method and (status := _STATUS.match(text)):
                loop.call_soon_threadsafe(hear, call_id[1], method[1], int(status[1]))
            elif call_id and (address := _INVITED.match(text)):
                loop.call_soon_threadsafe(invited, call_id[1], address[1])

    log = logging.getLogger("baresip")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    trace = logging.getLogger("baresip.native.sip")
    trace.setLevel(logging.DEBUG)
    trace.addHandler(Trace())


def inbound_call(sip: SipCall, address: str) -> InboundCall:
    """For the number in the INVITE's own address: To may name another, whose calls are forwarded to it."""
    called = number_in(address) or number_in(sip.headers.get(CALLED, "")) or ""
    return InboundCall(str(sip.handle), called, caller(sip))


def caller(sip: SipCall) -> str | None:
    """None where it is withheld: a carrier that we trust asserts the number all the same."""
    wishes = {each.strip().lower() for each in re.split("[;,]", sip.headers.get(PRIVACY, ""))}
    if wishes & _WITHHELD or _ANONYMOUS.search(sip.peer or ""):
        return None
    asserted = sip.headers.get(ASSERTED)
    return number_in(asserted) if asserted else number_in(sip.peer or "")


def number_in(address: str) -> str | None:
    """The E.164 number in a SIP or telephone URI; None where there is none: withheld."""
    found = _USER.search(address)
    return f"+{found[1]}" if found else None
