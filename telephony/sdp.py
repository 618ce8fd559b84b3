"""Tell whether an SDP answer accepts a codec of the offer (RFC 8866, RFC 3264)."""

import re
from collections.abc import Iterator

REJECTED_PORT = "0"  # the port of a media stream that was rejected (RFC 3264, 6)
_AUDIO = re.compile(r"^m=audio[ \t]+(\d+)[ \t]+\S+[ \t]+([^\r\n]+)", re.MULTILINE)
_TONES = re.compile(r"^a=rtpmap:(\d+)[ \t]+telephone-event/", re.MULTILINE | re.IGNORECASE)


def has_common_audio(offer: str, answer: str) -> bool:
    """Tell whether the answer accepts an offered audio format; telephone events (RFC 4733) do not count."""
    codecs = set(_formats(offer)) - set(_TONES.findall(offer))
    return bool(codecs.intersection(_formats(answer)))


def _formats(description: str) -> Iterator[str]:
    """Yield the payload types of the audio streams that are not rejected."""
    for port, formats in _AUDIO.findall(description):
        if port != REJECTED_PORT:
            yield from formats.split()
