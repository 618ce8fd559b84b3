"""Build the CANCEL, ACK and BYE that follow an INVITE (RFC 3261, 9.1, 12.2.1.1, 13.2.2.4, 17.1.1.3)."""

import re
from collections.abc import Iterable
from secrets import token_hex

from telephony.sip_message import SIP_VERSION, SipMessage, header_uri, parse, render

CREDENTIALS = ("authorization", "proxy-authorization")
_BRANCH = re.compile(r";branch=[^;,\s]+")
_ROUTE = re.compile(r"<[^>]*>[^,]*")


def build_cancel(invite: SipMessage) -> bytes:
    """Build the CANCEL of an INVITE, with the same branch (RFC 3261, 9.1)."""
    return _build_request(
        invite, "CANCEL", invite.start_line[1], _routes(invite, "route"), invite.headers["to"], via=_via(invite)
    )


def build_failure_ack(invite: SipMessage, response: SipMessage) -> bytes:
    """Build the ACK of a final response other than 2xx, part of the INVITE's own transaction (RFC 3261, 17.1.1.3)."""
    return _build_request(
        invite, "ACK", invite.start_line[1], _routes(invite, "route"), response.headers["to"], via=_via(invite)
    )


def build_ack(invite: SipMessage, response: SipMessage) -> bytes:
    """Build the ACK of a 2xx, a separate transaction along the recorded route (RFC 3261, 13.2.2.4)."""
    return _build_in_dialog(invite, response, "ACK", invite.sequence)


def build_bye(invite: SipMessage, response: SipMessage) -> bytes:
    """Build the BYE of the dialog that a 2xx created (RFC 3261, 15.1.1)."""
    return _build_in_dialog(invite, response, "BYE", invite.sequence + 1)


def next_hop_uri(response: SipMessage) -> str:
    """Return the SIP URI to which a request in the dialog of this 2xx is sent (RFC 3261, 12.2.1.1), or ""."""
    routes = _route_set(response)
    return header_uri(routes[0]) if routes else header_uri(response.headers.get("contact", ""))


def is_same_route(message: SipMessage, request: bytes) -> bool:
    """Tell whether two requests reach the same dialog: they have the same To tag, Request-URI and Route."""
    other = parse(request)
    assert other is not None
    return (message.to_tag, message.start_line[1], _routes(message, "route")) == (
        other.to_tag,
        other.start_line[1],
        _routes(other, "route"),
    )


def _build_in_dialog(invite: SipMessage, response: SipMessage, method: str, sequence: int) -> bytes:
    """Build a request to the Contact of a 2xx, with a new branch."""
    target = header_uri(response.headers.get("contact", "")) or invite.start_line[1]
    via = _BRANCH.sub(f";branch=z9hG4bK{token_hex(8)}", _via(invite))
    return _build_request(
        invite, method, target, _route_set(response), response.headers["to"], via=via, sequence=sequence
    )


def _build_request(
    invite: SipMessage,
    method: str,
    target: str,
    routes: Iterable[str],
    to: str,
    *,
    via: str,
    sequence: int | None = None,
) -> bytes:
    headers = invite.headers
    lines = [
        f"{method} {target} {SIP_VERSION}",
        f"Via: {via}",
        "Max-Forwards: 70",
        *(f"Route: {route}" for route in routes),
        f"From: {headers['from']}",
        f"To: {to}",
        f"Call-ID: {invite.call_id}",
        f"CSeq: {invite.sequence if sequence is None else sequence} {method}",
    ]
    if method == "ACK":
        lines += [f"{name.title()}: {headers[name]}" for name in CREDENTIALS if name in headers]
    if "user-agent" in headers:
        lines.append(f"User-Agent: {headers['user-agent']}")
    return render(lines)


def _via(invite: SipMessage) -> str:
    """Return the topmost Via."""
    return invite.headers["via"].partition(",")[0]


def _routes(message: SipMessage, name: str) -> list[str]:
    return [route.strip() for route in _ROUTE.findall(message.headers.get(name, ""))]


def _route_set(response: SipMessage) -> list[str]:
    """Return the dialog's route set: Record-Route reversed (RFC 3261, 12.1.2)."""
    return _routes(response, "record-route")[::-1]
