"""Test what every engine does, on the wire: sipp is the carrier, and From is read from its own log."""

import asyncio
import os
import re

import pytest

from telephony.engine import Ending, OutcomeUnknown, Progress, TransferEvent, TransferNotBegun
from telephony.version import USER_AGENT
from tests.telephony.conftest import StartSipp
from tests.telephony.digest import digest_response
from tests.telephony.observed_engine import AGENT_NUMBER, ObservedEngine
from tests.telephony.sipp import Sipp

pytestmark = pytest.mark.asyncio(loop_scope="module")

BORROWED = "+15551234567"
THIRD_PARTY = "+12065550142"

# Simultaneous calls: at full size, and as many as a machine can place that runs other tests meanwhile.
AT_ONCE = 200 if os.environ.get("DIALTREE_TORTURE") == "1" else 40

REFUSALS = (403, 404, 408, 410, 480, 484, 486, 487, 488, 500, 503, 600, 603, 604, 607, 608)


def shows_the_agent_number(carrier: Sipp, number: str = AGENT_NUMBER) -> bool:
    """Check every INVITE that reached the carrier, retransmitted and authorized ones too."""
    shown = {(invite.from_number, invite.asserted_number) for invite in carrier.messages("INVITE") if invite.received}
    assert shown == {(number, number)}
    return True


async def answered(engine: ObservedEngine, carrier: Sipp, **fields: object) -> str:
    """Place a call that the carrier answers, and return its reference."""
    call = engine.new_call(carrier.port, **fields)
    await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.ANSWERED)
    return call.reference


async def refused(engine: ObservedEngine, carrier: Sipp, **fields: object) -> tuple[Ending | None, int | None]:
    """Place a call that is not answered, and return its ending and SIP status."""
    call = engine.new_call(carrier.port, **fields)
    await engine.port.place_call(call)
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert Progress.ANSWERED not in engine.progress_of(call.reference)
    return ended.ending, ended.sip_status


async def test_an_answered_call_shows_the_agent_number(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    reference = await answered(engine, carrier, agent_number=BORROWED)
    await engine.port.hang_up(reference)
    assert (await engine.wait_for_call(reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert [each for each in engine.progress_of(reference) if each is not Progress.RINGING] == [
        Progress.ANSWERED,
        Progress.ENDED,
    ]
    assert carrier.passed()
    assert shows_the_agent_number(carrier, BORROWED)
    (invite,) = carrier.messages("INVITE")
    assert re.match(r"INVITE sip:\+12065550199@", invite.start)
    assert {message.header("User-Agent") for message in carrier.messages() if message.received} == {USER_AGENT}


async def test_two_numbers_on_one_carrier_are_never_mixed_up(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer", calls=2)
    numbers = {"+12065550111": "+12065550181", "+12065550112": "+12065550182"}
    calls = [answered(engine, carrier, agent_number=agent, to=to) for agent, to in numbers.items()]
    for reference in await asyncio.gather(*calls):
        await engine.port.hang_up(reference)
    assert carrier.passed()
    shown = {invite.from_number: invite for invite in carrier.messages("INVITE")}
    assert shown.keys() == numbers.keys()
    assert all(f"sip:{numbers[str(number)]}@" in invite.start for number, invite in shown.items())


async def test_credentials_are_given_to_a_server_that_asks(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("challenge_401")
    await engine.port.hang_up(await answered(engine, carrier, username="caller", password="secret"))
    assert carrier.passed()
    assert shows_the_agent_number(carrier)
    assert len(carrier.messages("INVITE")) == 2


async def test_credentials_are_given_to_a_proxy_that_asks(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("challenge_407")
    await engine.port.hang_up(await answered(engine, carrier, username="caller", password="secret"))
    assert carrier.passed()
    assert shows_the_agent_number(carrier)
    sent = dict(re.findall(r'(\w+)="?([^",]+)"?', str(carrier.messages("INVITE")[-1].header("Proxy-Authorization"))))
    assert sent["response"] == digest_response(sent | {"username": "caller"}, "secret")


async def test_wrong_credentials_are_refused(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("challenge_401")
    assert await refused(engine, carrier, username="caller", password="wrong") == (Ending.REFUSED, 403)
    assert carrier.passed()


async def test_a_carrier_that_takes_no_credentials_is_asked_no_third_time(
    engine: ObservedEngine, sipp: StartSipp
) -> None:
    carrier = sipp("challenge_again")
    assert await refused(engine, carrier, username="caller", password="secret") == (Ending.REFUSED, 407)
    assert carrier.passed()
    assert len(carrier.messages("INVITE")) == 2


@pytest.mark.parametrize("status", REFUSALS)
async def test_a_refusal_keeps_its_status(engine: ObservedEngine, sipp: StartSipp, status: int) -> None:
    carrier = sipp("refuse", status=f"{status} No")
    assert await refused(engine, carrier) == (Ending.REFUSED, status)
    assert carrier.passed()


async def test_nobody_answers_in_time(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("ring")
    assert await refused(engine, carrier, ring_seconds=1) == (Ending.UNANSWERED, None)
    assert carrier.passed()
    assert len(carrier.messages("CANCEL")) == 1


async def test_a_carrier_that_only_tries_was_not_silent(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("try")
    assert await refused(engine, carrier, ring_seconds=1) == (Ending.UNANSWERED, None)
    assert carrier.passed()


async def test_a_call_is_cancelled_before_it_is_answered(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("ring")
    call = engine.new_call(carrier.port)
    await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.RINGING)
    await engine.port.hang_up(call.reference)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.CANCELLED
    assert carrier.passed()


async def test_the_other_side_hangs_up(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("hang_up")
    reference = await answered(engine, carrier)
    assert (await engine.wait_for_call(reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()


async def test_a_call_is_ended_when_it_has_lasted_long_enough(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    reference = await answered(engine, carrier, max_seconds=1)
    assert (await engine.wait_for_call(reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()


async def test_a_snapshot_tells_how_a_call_stands(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    assert await engine.port.snapshot("cnv_unheard_of") is None
    reference = await answered(engine, carrier)
    standing = await engine.port.snapshot(reference)
    assert standing
    assert standing.progress is Progress.ANSWERED
    await engine.port.hang_up(reference)
    ended = await engine.wait_for_call(reference, Progress.ENDED)
    assert await engine.port.snapshot(reference) == ended
    await engine.port.hang_up(reference)


async def test_a_call_is_not_placed_twice(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    call = engine.new_call(carrier.port)
    await engine.port.place_call(call)
    with pytest.raises(OutcomeUnknown):
        await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.ANSWERED)
    await engine.port.hang_up(call.reference)
    with pytest.raises(OutcomeUnknown):
        await engine.port.place_call(call)
    assert carrier.passed()
    assert len(carrier.messages("INVITE")) == 1


async def test_the_remote_party_is_transferred(engine: ObservedEngine, sipp: StartSipp) -> None:
    transfer = engine.new_transfer()
    carrier = sipp("refer_accepted")
    reference = await answered(engine, carrier)
    await engine.port.transfer(reference, transfer, THIRD_PARTY)
    await engine.wait_for_transfer(transfer, Progress.ANSWERED)
    assert (await engine.wait_for_call(reference, Progress.ENDED)).ending is Ending.TRANSFERRED
    assert carrier.passed()
    (refer,) = carrier.messages("REFER")
    assert THIRD_PARTY in str(refer.header("Refer-To"))


@pytest.mark.parametrize(("scenario", "status"), [("refer_refused", 603), ("refer_failed", 486)])
async def test_a_remote_party_whose_transfer_fails_stays(
    engine: ObservedEngine, sipp: StartSipp, scenario: str, status: int
) -> None:
    transfer = engine.new_transfer()
    carrier = sipp(scenario)
    reference = await answered(engine, carrier)
    await engine.port.transfer(reference, transfer, "sip:desk@example.com")
    assert (await engine.wait_for_transfer(transfer, Progress.ENDED)).sip_status == status
    standing = await engine.port.snapshot(reference)
    assert standing
    assert standing.progress is Progress.ANSWERED
    await engine.port.hang_up(reference)
    assert carrier.passed()
    assert "sip:desk@example.com" in str(carrier.messages("REFER")[0].header("Refer-To"))


async def test_a_transfer_without_an_outcome_ends_as_408_and_the_remote_party_stays(
    engine: ObservedEngine, sipp: StartSipp
) -> None:
    transfer = engine.new_transfer()
    carrier = sipp("refer_unanswered")
    reference = await answered(engine, carrier, ring_seconds=8)
    await engine.port.transfer(reference, transfer, THIRD_PARTY)
    assert (await engine.wait_for_transfer(transfer, Progress.ENDED)).sip_status == 408
    standing = await engine.port.snapshot(reference)
    assert standing
    assert standing.progress is Progress.ANSWERED
    await engine.port.hang_up(reference)
    assert carrier.passed()


async def test_only_an_answered_call_is_transferred(engine: ObservedEngine, sipp: StartSipp) -> None:
    transfer = engine.new_transfer()
    carrier = sipp("ring")
    call = engine.new_call(carrier.port)
    with pytest.raises(TransferNotBegun):
        await engine.port.transfer(call.reference, transfer, THIRD_PARTY)
    await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.RINGING)
    with pytest.raises(TransferNotBegun):
        await engine.port.transfer(call.reference, transfer, THIRD_PARTY)
    await engine.port.hang_up(call.reference)
    assert carrier.passed()


async def test_a_third_party_is_dialed_from_the_agent_number(engine: ObservedEngine, sipp: StartSipp) -> None:
    transfer = engine.new_transfer()
    carrier, other = sipp("answer"), sipp("answer")
    reference = await answered(engine, carrier)
    await engine.port.add_party(reference, transfer, engine.new_call(other.port, reference=reference, to=THIRD_PARTY))
    await engine.wait_for_transfer(transfer, Progress.ANSWERED)
    await engine.port.hang_up(reference, transfer)
    await engine.wait_for_transfer(transfer, Progress.ENDED)
    assert other.passed()
    assert shows_the_agent_number(other)
    standing = await engine.port.snapshot(reference)
    assert standing
    assert standing.progress is Progress.ANSWERED
    await engine.port.hang_up(reference)
    assert carrier.passed()


async def test_a_third_party_who_is_busy_leaves_the_caller_where_they_were(
    engine: ObservedEngine, sipp: StartSipp
) -> None:
    transfer = engine.new_transfer()
    carrier, other = sipp("answer"), sipp("refuse", status="486 Busy Here")
    reference = await answered(engine, carrier)
    await engine.port.add_party(reference, transfer, engine.new_call(other.port, reference=reference, to=THIRD_PARTY))
    assert (await engine.wait_for_transfer(transfer, Progress.ENDED)).sip_status == 486
    standing = await engine.port.snapshot(reference)
    assert standing
    assert standing.progress is Progress.ANSWERED
    await engine.port.hang_up(reference)
    assert carrier.passed()
    assert other.passed()


async def test_the_agent_is_detached_and_the_two_parties_continue(engine: ObservedEngine, sipp: StartSipp) -> None:
    transfer = engine.new_transfer()
    carrier, other = sipp("answer"), sipp("hang_up_later")
    reference = await answered(engine, carrier)
    await engine.port.add_party(reference, transfer, engine.new_call(other.port, reference=reference, to=THIRD_PARTY))
    await engine.wait_for_transfer(transfer, Progress.ANSWERED)
    await engine.port.detach_agent(reference, transfer)
    assert (await engine.wait_for_call(reference, Progress.ENDED)).ending is Ending.TRANSFERRED
    assert not [*carrier.messages("BYE"), *other.messages("BYE")]
    assert not [event for event in engine.events if event == TransferEvent(reference, transfer, Progress.ENDED)]
    await engine.wait_for_transfer(transfer, Progress.ENDED)
    assert other.passed()
    assert carrier.passed()


async def test_a_third_party_hangs_up_with_the_call(engine: ObservedEngine, sipp: StartSipp) -> None:
    transfer = engine.new_transfer()
    carrier, other = sipp("answer"), sipp("answer")
    reference = await answered(engine, carrier)
    await engine.port.add_party(reference, transfer, engine.new_call(other.port, reference=reference, to=THIRD_PARTY))
    await engine.wait_for_transfer(transfer, Progress.ANSWERED)
    await engine.port.hang_up(reference)
    await engine.wait_for_transfer(transfer, Progress.ENDED)
    assert carrier.passed()
    assert other.passed()


@pytest.mark.torture
async def test_many_calls_at_once(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer", calls=AT_ONCE)
    numbers = [f"+1206555{number:04}" for number in range(AT_ONCE)]
    calls = [answered(engine, carrier, agent_number=number) for number in numbers]
    references = await asyncio.gather(*calls)
    await asyncio.gather(*(engine.port.hang_up(reference) for reference in references))
    assert carrier.passed()
    invites = {str(invite.header("Call-ID")): invite for invite in carrier.messages("INVITE")}
    assert sorted(str(invite.from_number) for invite in invites.values()) == numbers
    assert all(invite.from_number == invite.asserted_number for invite in invites.values())
