"""Parse a SIP URI (RFC 3261, 19.1), and tell which digits a carrier would dial for it (RFC 4967)."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from calling import validation
from telephony.ip_addresses import is_ip_address

MAX_URI_LENGTH = 255
_ESCAPED = "%[0-9A-F]{2}"
_USER = rf"(?:[A-Z0-9\-_.!~*'()&=+$,;?/]|{_ESCAPED})+"
_PARAMETER = rf"(?:[A-Z0-9\-_.!~*'()\[\]/:&+$]|{_ESCAPED})+"
_SIP_URI = re.compile(
    rf"(?P<scheme>sips?):(?:(?P<user>{_USER})(?P<password>:[^@]*)?@)?"
    r"(?P<host>[A-Z0-9.-]+|\[[0-9A-F:.]+\])(?::[0-9]{1,5})?"
    rf"(?P<parameters>(?:;{_PARAMETER}(?:={_PARAMETER})?)*)(?P<headers>\?.*)?",
    re.IGNORECASE | re.ASCII,
)
_HOST_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?\.?", re.IGNORECASE | re.ASCII
)
# In a dial string (RFC 4967), digits after a pause are sent once the call is answered.
_PAUSED = re.compile(r"([+0-9*#]+)[pw][0-9*#a-dpw]*", re.IGNORECASE)


@dataclass(frozen=True)
class SipUri:
    """A SIP URI: `user` with its escapes decoded, `parameters` those after the host, decoded and in lower case."""

    scheme: str
    user: str
    parameters: tuple[str, ...]

    @property
    def dialed_digits(self) -> str | None:
        """The digits (and + * #) that a carrier would dial for the user part; None if it is a name.

        Visual separators (everything but letters and digits, in any script) and user parameters are left out.
        """
        head = re.split("[;:,]", unicodedata.normalize("NFKC", self.user).lstrip(";:,"))[0]
        dialed = "".join(map(_dialed_character, head))
        if paused := _PAUSED.fullmatch(dialed):
            dialed = paused[1]
        return dialed if re.fullmatch("[+0-9*#]*[0-9][+0-9*#]*", dialed) else None

    @property
    def is_telephone(self) -> bool:
        """Whether the user part is declared a telephone number (`user=phone`, RFC 3261, 19.1.1)."""
        return "user=phone" in self.parameters


def _dialed_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return character if character.isalpha() or character in "+*#" else ""


def parse_sip_uri(text: str, *field: str) -> SipUri | None:
    """Return the parsed SIP or SIPS URI, or None if the text is not one.

    Raises Refused (INVALID_INPUT) for a password, headers, or the parameters method and maddr, which change more than
    whom to call.
    """
    match = _SIP_URI.fullmatch(text) if len(text) <= MAX_URI_LENGTH else None
    if match is None or not _is_host(match["host"]):
        return None
    if match["password"] is not None or match["headers"] is not None:
        raise validation.invalid_input(
            "The SIP address carries a password (user:password@) or headers (?name=value), which would be sent on to"
            " the carrier. Send it without, such as sip:desk@example.com.",
            *field,
        )
    parameters = tuple(unquote(each).lower() for each in match["parameters"].split(";")[1:])
    if any(each.partition("=")[0] in ("method", "maddr") for each in parameters):
        raise validation.invalid_input(
            "The SIP address has the parameter method or maddr, which changes what the carrier does with it. Send it"
            " without.",
            *field,
        )
    return SipUri(match["scheme"].lower(), unquote(match["user"] or ""), parameters)


def _is_host(host: str) -> bool:
    if _HOST_NAME.fullmatch(host):
        return True
    return is_ip_address(host.strip("[]"), version=6 if host.startswith("[") else 4)
