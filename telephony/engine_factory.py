"""Create the engine that is configured: LiveKit if it has an account, else SIP."""

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from telephony.engine import Engine, EngineUnavailable, ReceivesWebhooks
from telephony.sip_engine import SipEngine


@dataclass(frozen=True)
class LiveKitAccount:
    """A LiveKit project, and the agents that speak in it."""

    url: str
    key: str
    secret: str = field(repr=False)
    agent_name: str  # the name that the agents' workers are registered with
    agent_wait_seconds: float = 10  # how long an agent may take to join before the call ends


@dataclass(frozen=True)
class SipEngineOptions:
    """The arguments of SipEngine."""

    listen: str | None
    ca_file: str | None
    media_seconds: int
    max_inbound: int


class EngineSettings(Protocol):
    """The operator's settings of the engines."""

    @property
    def livekit_url(self) -> str: ...
    @property
    def livekit_api_key(self) -> str: ...
    @property
    def livekit_api_secret(self) -> str: ...
    @property
    def livekit_agent(self) -> str: ...
    @property
    def agent_wait_seconds(self) -> float: ...
    @property
    def sip_listen(self) -> str: ...
    @property
    def sip_ca_file(self) -> str: ...
    @property
    def media_timeout_seconds(self) -> int: ...
    @property
    def max_inbound_calls(self) -> int: ...


class MissingEngine(SipEngine):
    """An engine whose library is not installed: it does not start."""

    def __init__(self, missing: ImportError) -> None:
        super().__init__()
        self._missing = missing

    async def start(self) -> None:
        """Raise EngineUnavailable."""
        raise EngineUnavailable(
            f"The engine livekit is not installed ({self._missing}), so no call is placed."
            " Install requirements.txt anew, or unset LIVEKIT_URL for the engine sip."
        )


def engine_of(settings: EngineSettings) -> Engine:
    """Create the engine that carries calls: over LiveKit if it is configured, and over SIP."""
    url, key, secret = settings.livekit_url, settings.livekit_api_key, settings.livekit_api_secret
    account = LiveKitAccount(url, key, secret, settings.livekit_agent, settings.agent_wait_seconds)
    direct = SipEngineOptions(
        settings.sip_listen or None,
        settings.sip_ca_file or None,
        media_seconds=settings.media_timeout_seconds,
        max_inbound=settings.max_inbound_calls,
    )
    return create_engine(account if url else None, direct)


def create_engine(livekit: LiveKitAccount | None, sip: SipEngineOptions) -> Engine:
    """Create an engine, without starting it.

    LiveKit's library takes half a second and 25 MB to import, so it is imported only where it is used.
    """
    if livekit is None:
        return SipEngine(sip.listen, sip.ca_file, media_seconds=sip.media_seconds, max_inbound=sip.max_inbound)
    try:
        livekit_engine = importlib.import_module("telephony.livekit_engine").LiveKitEngine
    except ImportError as missing:
        return MissingEngine(missing)
    engine: Engine = livekit_engine(livekit)
    return engine


def webhook_receiver(engine: Engine) -> Callable[[bytes, str], Awaitable[bool]] | None:
    """Return the engine's `receive_webhook`, or None for an engine that has no webhooks."""
    return engine.receive_webhook if isinstance(engine, ReceivesWebhooks) else None
