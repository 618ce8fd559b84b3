"""Hold inbound calls until the server accepts or declines them (RFC 3323 and RFC 3325: withheld numbers)."""

import re
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

from baresip.call import Call as SipCall
from baresip.call import CallState
from baresip.errors import BaresipError
from baresip.events import StackEvent
from baresip.runtime import Runtime

from telephony.baresip_setup import ASSERTED_IDENTITY_HEADER, PRIVACY_HEADER, TO_HEADER
from telephony.engine import InboundCall
from telephony.task_set import TaskSet

MAX_REMEMBERED_INVITES = 1_000
_ANONYMOUS = re.compile(r"sips?:anonymous@|@anonymous\.invalid", re.IGNORECASE)
_PRIVACY_WITHHELD = frozenset({"id", "user", "header"})
_USER = re.compile(r"(?:sips?:|tel:)\+?(\d{7,15})(?=[@;>\s]|$)")


class IncomingCalls:
    """The waiting inbound calls. Before `open`, every call is refused."""

    def __init__(self, runtime: Runtime, on_inbound_call: Callable[[InboundCall], None]) -> None:
        self._runtime = runtime
        self._on_inbound_call = on_inbound_call
        self._is_open = False
        self._waiting: dict[str, SipCall] = {}
        self._targets: OrderedDict[str, str] = OrderedDict()  # Request-URIs by Call-ID
        self._task_set = TaskSet()

    def open(self) -> None:
        """Begin to accept calls."""
        self._is_open = True

    def on_invite(self, call_id: str, request_uri: str) -> None:
        """Store the Request-URI of an INVITE, which the stack's event of the call does not contain."""
        self._targets[call_id] = request_uri
        if len(self._targets) > MAX_REMEMBERED_INVITES:
            self._targets.popitem(last=False)

    def on_incoming(self, event: StackEvent) -> None:
        """Publish a call that the stack received, or refuse it.

        Every process can receive INVITEs, because the Contact of its outbound calls contains its port.
        """
        sip_call = SipCall(
            self._runtime,
            handle=event.call,
            ua_handle=event.ua,
            state=CallState.INCOMING,
            peer=event.peer,
            call_id=event.call_id,
            headers=event.headers,
        )
        request_uri = self._targets.pop(sip_call.call_id or "", "")
        if not self._is_open:
            self._task_set.run(_reject(sip_call))
            return
        self._waiting[str(sip_call.handle)] = sip_call
        self._on_inbound_call(to_inbound_call(sip_call, request_uri))

    def pop(self, engine_reference: str) -> SipCall | None:
        """Remove a waiting call, to accept or decline it; None if the caller gave up."""
        return self._waiting.pop(engine_reference, None)

    def on_closed(self, event: StackEvent) -> None:
        """Remove a call whose caller gave up."""
        self._waiting.pop(str(event.call), None)


async def _reject(sip_call: SipCall) -> None:
    with suppress(BaresipError):
        await sip_call.reject()


def to_inbound_call(sip_call: SipCall, request_uri: str) -> InboundCall:
    """Convert a call. The Request-URI has the called number; To may have one whose calls are forwarded to it."""
    called = number_from_uri(request_uri) or number_from_uri(sip_call.headers.get(TO_HEADER, "")) or ""
    return InboundCall(str(sip_call.handle), called, caller_number(sip_call))


def caller_number(sip_call: SipCall) -> str | None:
    """Return the caller's number, from P-Asserted-Identity or From; None if withheld.

    Carriers assert the number to trusted parties even if the caller wants privacy (RFC 3325, 7), so Privacy is checked.
    """
    privacy = {each.strip().lower() for each in re.split("[;,]", sip_call.headers.get(PRIVACY_HEADER, ""))}
    if privacy & _PRIVACY_WITHHELD or _ANONYMOUS.search(sip_call.peer or ""):
        return None
    asserted = sip_call.headers.get(ASSERTED_IDENTITY_HEADER)
    return number_from_uri(asserted) if asserted else number_from_uri(sip_call.peer or "")


def number_from_uri(uri: str) -> str | None:
    """Return the E.164 number in a SIP or tel URI, or in a header that contains one; None if there is none."""
    match = _USER.search(uri)
    return f"+{match[1]}" if match else None
