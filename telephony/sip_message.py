"""SIP messages as the sandbox carrier reads and writes them: only as much of SIP as it takes."""

import re
from dataclasses import dataclass

VERSION = "SIP/2.0"
SHORT_NAMES = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "r": "refer-to",
}
ECHOED = ("Via", "From", "To", "Call-ID", "CSeq")
_USER = re.compile(r"(?:sips?:([^@;>]*)@|tel:([^;>]*))", re.IGNORECASE)
_URI = re.compile(r"<([^>]+)>|^\s*([^;\s]+)")


@dataclass(frozen=True)
class SipMessage:
    """`start` is the first line; header names are lower case, and what came twice is joined by a comma."""

    start: tuple[str, str, str]
    headers: dict[str, str]

    @property
    def is_answer(self) -> bool:
        return self.start[0] == VERSION

    @property
    def method(self) -> str:
        """Of an answer too: that of its request."""
        return self.headers["cseq"].split()[1].upper()

    @property
    def call_id(self) -> str:
        return self.headers["call-id"]

    @property
    def is_within_a_call(self) -> bool:
        return ";tag=" in self.headers["to"]

    @property
    def dialed(self) -> str:
        """The user or number that a request is for."""
        return user_of(self.start[1])


def parsed(datagram: bytes) -> SipMessage | None:
    """None: no SIP, or none that can be answered."""
    head, _, _ = datagram.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    start = first.split(" ", 2)
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        known = SHORT_NAMES.get(name.strip().lower(), name.strip().lower())
        headers[known] = f"{headers[known]}, {value.strip()}" if known in headers else value.strip()
    whole = len(start) == len(SipMessage.__annotations__["start"].__args__) and VERSION in (start[0], start[2])
    answerable = all(headers.get(name.lower()) for name in ECHOED) and len(headers["cseq"].split()) > 1
    return SipMessage((start[0], start[1], start[2]), headers) if whole and answerable else None


def answer(request: SipMessage, status: str, tag: str, *, more: tuple[str, ...] = (), body: str = "") -> bytes:
    lines = [f"{VERSION} {status}"]
    for name in ECHOED:
        value = request.headers[name.lower()]
        tagged = name == "To" and not request.is_within_a_call and not status.startswith("100")
        lines.append(f"{name}: {value};tag={tag}" if tagged else f"{name}: {value}")
    return rendered([*lines, *more], body)


def rendered(lines: list[str], body: str = "") -> bytes:
    content = body.encode()
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


def user_of(address: str) -> str:
    found = _USER.search(address)
    return (found[1] or found[2] or "") if found else ""


def uri_in(address: str) -> str:
    """Of a header such as Contact."""
    found = _URI.search(address)
    return (found[1] or found[2] or "") if found else ""
