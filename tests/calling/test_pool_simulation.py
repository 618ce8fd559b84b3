"""R25: the dry run's choices for many contacts are those that the dialer makes for each, one after the other."""

from collections import Counter, deque
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calling.contact_block import ContactBlocks
from calling.number_place import place_of
from calling.number_pool import Called, choose_from_pool
from calling.pool_simulation import PoolSimulation
from tests.calling.test_number_pool import PLACES, pools

HOME = {e164: zone for e164, (_, zone, _) in PLACES.items()}
NUMBERS = ["+12125550100", "+14165550100", "+442071838750", "+441132450000", "+447911123456", "+493012345678"]


@st.composite
def contacts(draw: st.DrawFn) -> list[Called]:
    return [
        Called(e164, (HOME[e164],), draw(st.none() | st.sampled_from(sorted(PLACES))))
        for e164 in draw(st.lists(st.sampled_from(sorted(PLACES)), max_size=12))
    ]


def choose_one_by_one(pool: list[Any], called: list[Called], at_once: int) -> list[str | None]:
    """Choose as the dialer does, whose calls end in the order in which they began, when there is need of them."""
    used, live, chosen = Counter[str](), deque[str](), list[str | None]()
    by_e164 = {each.e164: each for each in pool}
    for contact in called:
        if len(live) >= at_once:
            live.popleft()
        choice = choose_from_pool(_with_use(pool, used, live), contact).agent_number
        while choice is None and live:
            live.popleft()
            choice = choose_from_pool(_with_use(pool, used, live), contact).agent_number
        if choice:
            used[by_e164[choice].id] += 1
            live.append(by_e164[choice].id)
        chosen.append(choice)
    return chosen


def _with_use(pool: list[Any], used: Counter[str], live: deque[str]) -> list[Any]:
    now = Counter(live)
    return [
        SimpleNamespace(
            **vars(each)
            | {"recent_calls": each.recent_calls + used[each.id], "live_calls": each.live_calls + now[each.id]}
        )
        for each in pool
    ]


@given(pools(), contacts(), st.integers(1, 4))
def test_r25_a_pool_is_simulated_as_it_is_used(pool: list[Any], called: list[Called], at_once: int) -> None:
    simulation = PoolSimulation(pool, at_once)
    places = [simulation.choose(simulation.line_of(each)) for each in called]
    foretold = [None if place is None else simulation.numbers[place].e164 for place in places]
    assert foretold == choose_one_by_one(pool, called, at_once)


@given(st.lists(st.sampled_from(NUMBERS), unique=True), st.data())
def test_r25_numbers_of_a_block_match_the_same_numbers_of_a_pool(pool: list[str], data: st.DataObject) -> None:
    blocks = ContactBlocks(pool)
    prefix = data.draw(
        st.sampled_from(["+1212", "+1416", "+1204", "+1787", "+4420", "+44113", "+44791", "+44148", "+4930"])
    )
    digits = 12 if not prefix.startswith("+44") else 13
    one, other = (
        prefix + data.draw(st.text("0123456789", min_size=digits - len(prefix), max_size=digits - len(prefix)))
        for _ in range(2)
    )
    if blocks.block_of(one) != blocks.block_of(other):
        return
    for number in map(place_of, pool):
        assert _matches(place_of(one), number) == _matches(place_of(other), number)


def _matches(contact: Any, number: Any) -> tuple[bool, bool]:
    return contact.area_code in {number.area_code} - {None}, contact.country == number.country
