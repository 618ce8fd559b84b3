"""Which calls are dialed now, over one trunk: those that waited longest, no faster and no more than the trunk says.

The trunk's row is held meanwhile, so that of any number of servers one counts, and what it takes is its own.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from calling.end_reasons import FINAL
from models import AgentVersion, EndReason, ReadSession, WriteSession
from models.dialing import claim, first_waiting, lane, live_over, next_start, not_dialed, note_end, trunk_to_dial
from models.server import clock, held

# Seconds that a call is claimed before it may start, and how many at once: a commit for each would be too slow.
AHEAD = 0.2
LARGEST_BATCH = 20


@dataclass(frozen=True)
class Claimed:
    """A call that nobody else dials: whose it is, the trunk that it goes over, the agent that speaks, and when."""

    call: Any
    server_id: str
    trunk: Any
    agent: dict[str, Any]
    starts_at: float  # by time.monotonic()


@dataclass(frozen=True)
class Taken:
    """`again_in`: more may start then, in seconds; None: not before something changes."""

    calls: list[Claimed] = field(default_factory=list)
    again_in: float | None = None


class Pace:
    """When calls over a trunk may start, one after the other. `at`: the database's time, which all servers go by."""

    def __init__(self, trunk: Any, at: datetime) -> None:
        self._at = at
        self._clock = time.monotonic()
        self._gap = timedelta(seconds=1 / trunk.calls_per_second)
        # No clock that was set back, and no limit that was raised, makes anybody wait.
        latest = at + timedelta(seconds=AHEAD) + self._gap
        self.next = min(max(trunk.next_start_at or at, at), latest)

    @property
    def ahead(self) -> float:
        """Seconds until the next may be claimed."""
        return max(0.0, (self.next - self._at).total_seconds() - AHEAD)

    def start(self) -> float:
        """The next moment, by time.monotonic(); the one after it is later by the gap."""
        wait = (self.next - self._at).total_seconds()
        self.next += self._gap
        return self._clock + wait


async def take(session: WriteSession, server_id: str, trunk_id: str) -> Taken:
    """What this server is to dial of what waits for the trunk."""
    if not await session.scalar(held(server_id)):
        return Taken()
    trunk = (await session.execute(lane(trunk_id))).first()
    if trunk is None:
        return Taken()
    at = await clock(session)
    pace = Pace(trunk, at)
    room = trunk.max_concurrent_calls - int(await session.scalar(live_over(trunk_id)) or 0)
    calls: list[Claimed] = []
    waiting = await _first(session, trunk_id, min(room, LARGEST_BATCH))
    for call in waiting:
        if pace.ahead:
            break
        if await _may_be_dialed(session, call, at):
            await session.execute(claim(call.id, server_id, at))
            calls.append(Claimed(call, server_id, trunk, await speaking(session, call), pace.start()))
    if calls:
        await session.execute(next_start(trunk_id, pace.next))
    more = len(waiting) == LARGEST_BATCH or pace.ahead
    return Taken(calls, pace.ahead if waiting and more and len(calls) < room else None)


async def _first(session: WriteSession, trunk_id: str, most: int) -> list[Any]:
    return list(await session.execute(first_waiting(trunk_id, most))) if most > 0 else []


async def _may_be_dialed(session: WriteSession, call: Any, at: datetime) -> bool:
    """R6 is asked again, in the claim's own transaction; what may not be dialed any more ends here."""
    if (await session.execute(trunk_to_dial(call.organization_id, call.phone_number_id))).first():
        return True
    gone = EndReason.NUMBER_NO_LONGER_AVAILABLE
    await session.execute(not_dialed(call.id, FINAL[gone], gone, at))
    note_end(session, gone)
    return False


async def speaking(session: ReadSession, call: Any) -> dict[str, Any]:
    """What the engine hands to the agent that speaks."""
    agent = {"conversationId": call.id, "initialContext": call.initial_context, "config": call.agent_config}
    if call.agent_version_id is None:
        return agent
    version = (await session.execute(AgentVersion.by_id([call.agent_version_id]))).one()
    return agent | {"agentVersionId": version.id, "agentName": version.agent_name, "config": version.config}
