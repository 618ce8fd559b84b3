"""Answer a digest challenge whose algorithm the SIP stack does not support (RFC 7616, RFC 8760)."""

import hashlib
import re
from collections.abc import Callable, Iterator
from secrets import token_hex

from telephony.sip_message import SipMessage

AUTHORIZATION_BY_CHALLENGE = {"www-authenticate": "Authorization", "proxy-authenticate": "Proxy-Authorization"}
HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    "sha-256": hashlib.sha256,
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
}
DEFAULT_ALGORITHM = "md5"  # of a challenge without an algorithm (RFC 7616, 3.3)
NONCE_COUNT = "00000001"
_CHALLENGE = re.compile(r"(?:^|,)\s*(?=[A-Za-z]+\s+[A-Za-z]+\s*=)")
_PARAMETER = re.compile(r'([A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')

Challenge = dict[str, str]


def is_challenge(response: SipMessage) -> bool:
    """Tell whether a 401 or 407 response contains a challenge."""
    return any(name in response.headers for name in AUTHORIZATION_BY_CHALLENGE)


def build_authorization(response: SipMessage, method: str, uri: str, username: str, password: str) -> dict[str, str]:
    """Build the header that answers the first supported challenge, as {name: value}; empty if none is supported."""
    for challenge_header, authorization_header in AUTHORIZATION_BY_CHALLENGE.items():
        for challenge in _supported_challenges(response.headers.get(challenge_header, "")):
            return {authorization_header: _build_credentials(challenge, method, uri, username, password)}
    return {}


def _supported_challenges(header: str) -> Iterator[Challenge]:
    """Yield the parameters of each Digest challenge with a known algorithm and the quality of protection "auth"."""
    for each in _CHALLENGE.split(header):
        scheme, _, rest = each.strip().partition(" ")
        parameters = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
        qualities = [quality.strip().lower() for quality in parameters.get("qop", "auth").split(",")]
        is_supported = parameters.get("algorithm", DEFAULT_ALGORITHM).lower() in HASHES and "auth" in qualities
        if scheme.lower() == "digest" and is_supported and "realm" in parameters and "nonce" in parameters:
            yield parameters


def _build_credentials(challenge: Challenge, method: str, uri: str, username: str, password: str) -> str:
    """Compute the response, and write the header's value (RFC 7616, 3.4.1; without qop RFC 2617, 3.2.2.1)."""
    algorithm = challenge.get("algorithm", DEFAULT_ALGORITHM)

    def hashed(*parts: str) -> str:
        return HASHES[algorithm.lower()](":".join(parts).encode()).hexdigest()

    secret = hashed(username, challenge["realm"], password)
    request = hashed(method, uri)
    escaped_username = username.replace("\\", "\\\\").replace('"', '\\"')
    fields = {"username": escaped_username, "realm": challenge["realm"], "nonce": challenge["nonce"], "uri": uri}
    bare = {"algorithm": algorithm}
    if "qop" in challenge:
        fields["cnonce"] = token_hex(8)
        bare |= {"qop": "auth", "nc": NONCE_COUNT}
        response = hashed(secret, challenge["nonce"], NONCE_COUNT, fields["cnonce"], "auth", request)
    else:
        response = hashed(secret, challenge["nonce"], request)
    fields["response"] = response
    if "opaque" in challenge:
        fields["opaque"] = challenge["opaque"]
    quoted = (f'{name}="{value}"' for name, value in fields.items())
    return "Digest " + ", ".join((*quoted, *(f"{name}={value}" for name, value in bare.items())))
