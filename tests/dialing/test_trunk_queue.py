"""Dial the queue of a shared trunk in order: the owner's calls, then one of each borrower in turn."""

import asyncio
from collections import Counter
from typing import Any

from dialing.claims import MAX_CLAIMED_CALLS, claim_calls
from models import now
from models.server import insert_server
from storage import Database, WriteSession
from tests.conftest import Install
from tests.dialing.conftest import MakeOrganization
from tests.installation import Client, Number
from tests.telephony.sipp import free_port


def queue_calls(client: Client, number: Number, calls: int, to: str) -> None:
    for _ in range(calls):
        client.create_queued(to=to, agentNumber=number.e164, agentConfig={})


def dialed_callees(owner: Client) -> list[str]:
    """Return the callees in the order dialed; each organization calls one of its own."""
    return [to for (to,) in owner.installation.rows("SELECT user_number FROM conversation ORDER BY dialed_at, id")]


def test_the_owner_is_dialed_first_and_borrowers_take_turns(dialing: MakeOrganization) -> None:
    """One call at a time makes each turn visible; all are queued before the first ends. The callees are busy."""
    port = free_port()
    line = dialing(sandbox_carrier=f"127.0.0.1:{port}")
    number = line.number(port, shareable=True, maxConcurrentCalls=1)
    flood, modest, late = (line.owner.child() for _ in range(3))
    first = line.queue_call(number, to="+12065550102")
    line.until(first, "RINGING")
    for client, calls, to in (
        (flood, 6, "+12125550101"),
        (modest, 2, "+12135550101"),
        (late, 1, "+12145550101"),
        (line.owner, 2, "+12065550101"),
    ):
        queue_calls(client, number, calls, to)
    line.hang_up(first)
    while line.owner.installation.rows("SELECT 1 FROM conversation WHERE ended_at IS NULL"):
        pass
    turns = ["12125550101", "12135550101", "12145550101", "12125550101", "12135550101", *["12125550101"] * 4]
    assert dialed_callees(line.owner)[1:] == [f"+{to}" for to in ["12065550101", "12065550101", *turns]]


def test_many_at_once_are_shared_out_in_rounds(install: Install) -> None:
    """A batch with fewer calls than there are borrowers: the next one begins where it ended."""
    owner = install().root()
    number = owner.number(trunk=owner.trunk(callsPerSecond=1000, maxConcurrentCalls=1000), shareable=True)
    borrowers = [owner.child() for _ in range(MAX_CLAIMED_CALLS + 2)]
    for client in borrowers[:2]:
        queue_calls(client, number, MAX_CLAIMED_CALLS, "+12065550101")
    for client in borrowers[2:]:
        queue_calls(client, number, 1, "+12065550101")
    queue_calls(owner, number, 3, "+12065550101")
    (trunk,) = (trunk for (trunk,) in owner.installation.rows("SELECT trunk_id FROM phone_number"))
    first, second = asyncio.run(claim_batches(owner, trunk, 2))
    assert first[:3] == [owner.organization_id] * 3
    assert max(Counter(first[3:]).values()) == 1
    served = {*first, *second}
    assert {each.organization_id for each in borrowers} <= served
    assert max(Counter(first + second)[each.organization_id] for each in borrowers[2:]) == 1


async def claim_batches(owner: Client, trunk_id: str, times: int) -> list[list[str]]:
    """Return the organizations whose calls are claimed, batch by batch; the rate lets all of a batch start."""
    database = Database(owner.installation.settings.database_url)

    async def begin(session: WriteSession) -> None:
        await session.execute(insert_server("srv_test", now()))

    async def claim(session: WriteSession) -> Any:
        return await claim_calls(session, "srv_test", trunk_id)

    try:
        await database.write(begin)
        return [
            [each.call.organization_id for each in (await database.write_locking(claim)).calls] for _ in range(times)
        ]
    finally:
        await database.close()
