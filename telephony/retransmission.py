"""Retransmit SIP messages over UDP until they are acknowledged (RFC 3261, 17.1.2.2)."""

import asyncio
from collections.abc import Callable, Iterable


async def retransmit(send: Callable[[], None], acknowledged: asyncio.Event, intervals_seconds: Iterable[float]) -> None:
    """Call `send`, and again after each interval, until `acknowledged` is set or the last interval is over."""
    for seconds in intervals_seconds:
        send()
        try:
            async with asyncio.timeout(seconds):
                await acknowledged.wait()
        except TimeoutError:
            continue
        return
