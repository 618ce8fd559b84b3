"""Which engine places the calls: LiveKit where an account of it is given, else a direct trunk over SIP."""

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from telephony.engine import Engine, Unavailable
from telephony.sip import SipEngine


@dataclass(frozen=True)
class LiveKitAccount:
    url: str
    key: str
    secret: str = field(repr=False)
    agent_name: str  # what the workers are registered as whose agents speak


class NotInstalled(SipEngine):
    """Stands for an engine that is not there: it does not start."""

    def __init__(self, missing: ImportError) -> None:
        super().__init__()
        self._missing = missing

    async def start(self) -> None:
        raise Unavailable(
            f"The engine livekit is not installed ({self._missing}), so no call is placed."
            " Install requirements.txt anew, or unset LIVEKIT_URL for the engine sip."
        )


def engine_for(livekit: LiveKitAccount | None, sip_listen: str | None, sip_ca_file: str | None) -> Engine:
    """LiveKit's library takes half a second and 25 MB, so only who uses it imports it."""
    if livekit is None:
        return SipEngine(sip_listen, sip_ca_file)
    try:
        livekit_engine = importlib.import_module("telephony.livekit").LiveKitEngine
    except ImportError as missing:
        return NotInstalled(missing)
    engine: Engine = livekit_engine(livekit.url, livekit.key, livekit.secret, livekit.agent_name)
    return engine


def webhooks_of(engine: Engine) -> Callable[[bytes, str], Awaitable[bool]] | None:
    """What takes the engine's webhooks: a body as it came, and its token; None where it is told nothing so."""
    return getattr(engine, "receive", None)
