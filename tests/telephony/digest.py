"""Compute the digest response that a carrier expects (RFC 7616, 3.4.1; RFC 2617, 3.2.2.1, without qop)."""

import hashlib
from collections.abc import Mapping


def digest_response(parameters: Mapping[str, str], password: str) -> str:
    """Return the MD5 response to an INVITE with these parameters of an Authorization header."""
    secret = _md5(parameters["username"], parameters["realm"], password)
    request = _md5("INVITE", parameters["uri"])
    protection = [parameters[name] for name in ("nc", "cnonce", "qop")] if "qop" in parameters else []
    return _md5(secret, parameters["nonce"], *protection, request)


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()
