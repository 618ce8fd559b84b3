"""Parse and render SIP messages, to the extent needed here (RFC 3261, 7)."""

import re
from dataclasses import dataclass

SIP_VERSION = "SIP/2.0"
START_LINE_PARTS = 3  # of a request: method, URI, version; of a response: version, status, reason phrase
COMPACT_NAMES = {  # RFC 3261, 7.3.3
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "r": "refer-to",
}
ECHOED_HEADERS = ("Via", "From", "To", "Call-ID", "CSeq")  # a response repeats these (RFC 3261, 8.2.6.2)
_USER = re.compile(r"(?:sips?:([^@;>]*)@|tel:([^;>]*))", re.IGNORECASE)
_STATUS = re.compile("[1-6][0-9]{2}")
_TAG = re.compile(r";\s*tag=([^;\s]+)", re.IGNORECASE)
_URI = re.compile(r"<([^>]+)>|^\s*([^;\s]+)")


@dataclass(frozen=True)
class SipMessage:
    """A request or a response. Header names are lower case; the values of a repeated header are joined by commas."""

    start_line: tuple[str, str, str]
    headers: dict[str, str]
    body: str = ""

    @property
    def is_response(self) -> bool:
        """Tell a response from a request."""
        return self.start_line[0] == SIP_VERSION

    @property
    def method(self) -> str:
        """The method of a request, or of the request that a response is for, in upper case."""
        return self.headers["cseq"].split()[1].upper()

    @property
    def sequence(self) -> int:
        """The number in CSeq; 0 if it has none."""
        number = self.headers["cseq"].split()[0]
        return int(number) if number.isascii() and number.isdigit() else 0

    @property
    def status(self) -> int:
        """The status of a response, 100 to 699; 0 for a request and for an invalid status."""
        return int(self.start_line[1]) if self.is_response and _STATUS.fullmatch(self.start_line[1]) else 0

    @property
    def to_tag(self) -> str:
        """The To tag, the callee's part of the dialog's id; empty without one."""
        match = _TAG.search(self.headers["to"])
        return match[1] if match else ""

    @property
    def call_id(self) -> str:
        """The value of Call-ID."""
        return self.headers["call-id"]

    @property
    def is_in_dialog(self) -> bool:
        """Tell a message within a dialog: its To has a tag (RFC 3261, 12.2)."""
        return ";tag=" in self.headers["to"]

    @property
    def request_user(self) -> str:
        """The user or number in a Request-URI."""
        return uri_user(self.start_line[1])


def parse(datagram: bytes) -> SipMessage | None:
    """Parse a message; None if it is not SIP, or lacks a header that a response needs."""
    head, _, body = datagram.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    start = first.split(" ", 2)
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        full_name = COMPACT_NAMES.get(name.strip().lower(), name.strip().lower())
        headers[full_name] = f"{headers[full_name]}, {value.strip()}" if full_name in headers else value.strip()
    is_sip = len(start) == START_LINE_PARTS and SIP_VERSION in (start[0], start[2])
    can_be_answered = all(headers.get(name.lower()) for name in ECHOED_HEADERS) and len(headers["cseq"].split()) > 1
    return SipMessage((start[0], start[1], start[2]), headers, body) if is_sip and can_be_answered else None


def build_response(
    request: SipMessage, status: str, tag: str, *, extra_headers: tuple[str, ...] = (), body: str = ""
) -> bytes:
    """Build the response to a request (RFC 3261, 8.2.6).

    `status` is a status with its phrase, such as "486 Busy Here". `tag` becomes the To tag if the request has none.
    """
    lines = [f"{SIP_VERSION} {status}"]
    for name in ECHOED_HEADERS:
        value = request.headers[name.lower()]
        tagged = name == "To" and not request.is_in_dialog and not status.startswith("100")
        lines.append(f"{name}: {value};tag={tag}" if tagged else f"{name}: {value}")
    return render([*lines, *extra_headers], body)


def render(lines: list[str], body: str = "") -> bytes:
    """Render a message from its start line and headers, adding Content-Length."""
    content = body.encode()
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


def parse_sipfrag(body: str) -> tuple[int, str]:
    """Parse the status and reason phrase in a message/sipfrag body (RFC 3420, RFC 3515); (0, "") if it has none."""
    version, _, rest = body.partition("\n")[0].strip().partition(" ")
    status, _, phrase = rest.partition(" ")
    return (int(status), phrase) if version == SIP_VERSION and _STATUS.fullmatch(status) else (0, "")


def uri_user(uri: str) -> str:
    """Return the user of a SIP URI or the number of a tel URI; empty without one."""
    match = _USER.search(uri)
    return (match[1] or match[2] or "") if match else ""


def header_uri(value: str) -> str:
    """Return the URI in the value of a header such as Contact or Record-Route; empty without one."""
    match = _URI.search(value)
    return (match[1] or match[2] or "") if match else ""
