"""R20 against an independent model: what the rule says, read as one elimination after another."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calling.number_pool import Called, choose_from_pool

# Number, area code, time zone, country; by hand.
PLACES = {
    "+12125550100": ("212", "America/New_York", "US"),
    "+12125550101": ("212", "America/New_York", "US"),
    "+17185550100": ("718", "America/New_York", "US"),
    "+12065550100": ("206", "America/Los_Angeles", "US"),
    "+14165550100": ("416", "America/Toronto", "CA"),
    "+442071838750": ("20", "Europe/London", "GB"),
    "+442071838751": ("20", "Europe/London", "GB"),
    "+441132450000": ("113", "Europe/London", "GB"),
}
START = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def pools(draw: st.DrawFn) -> list[Any]:
    numbers = draw(st.lists(st.sampled_from(sorted(PLACES)), unique=True, max_size=6))
    return [
        SimpleNamespace(
            id=f"num_{draw(st.integers(0, 9))}_{e164}",
            e164=e164,
            owned=draw(st.booleans()),
            outbound_capable=draw(st.sampled_from([True, True, True, False])),
            calls_per_day=draw(st.integers(1, 4)),
            recent_calls=draw(st.integers(0, 4)),
            max_concurrent_calls=draw(st.none() | st.integers(1, 2)),
            live_calls=draw(st.integers(0, 2)),
            created_at=START + timedelta(days=draw(st.integers(0, 2))),
        )
        for e164 in numbers
    ]


def expected_choice(pool: list[Any], to: str, last: str | None) -> str | None:
    free = [
        each
        for each in pool
        if each.outbound_capable
        and each.recent_calls < each.calls_per_day
        and (each.max_concurrent_calls is None or each.live_calls < each.max_concurrent_calls)
    ]
    area, zone, country = PLACES[to]
    narrower: list[Callable[[Any], bool]] = [
        lambda each: each.e164 == last,
        lambda each: PLACES[each.e164][0] == area and PLACES[each.e164][2] == country,
        lambda each: PLACES[each.e164][1] == zone,
        lambda each: PLACES[each.e164][2] == country,
    ]
    for holds in narrower:
        free = [each for each in free if holds(each)] or free
    measures: list[Callable[[Any], Any]] = [
        lambda each: each.recent_calls / each.calls_per_day,
        lambda each: each.created_at,
        lambda each: each.id,
    ]
    for measure in measures:
        least = min(map(measure, free), default=None)
        free = [each for each in free if measure(each) == least]
    return free[0].e164 if free else None


@given(pools(), st.sampled_from(sorted(PLACES)), st.none() | st.sampled_from(sorted(PLACES)))
def test_r20_the_choice_is_what_the_rule_says(pool: list[Any], to: str, last: str | None) -> None:
    choice = choose_from_pool(pool, Called(to, (PLACES[to][1],), last))
    assert choice.agent_number == expected_choice(pool, to, last)
    assert sorted(each.e164 for each in choice.candidates) == sorted(each.e164 for each in pool)
    chosen = [each.e164 for each in choice.candidates if each.verdict.name == "CHOSEN"]
    assert chosen == [each for each in [choice.agent_number] if each]
    assert all(each.reason for each in choice.candidates)
    # The calls of a borrowed number are everybody's, and not told.
    borrowed = {each.e164 for each in pool if not each.owned}
    told = [each.reason for each in choice.candidates if each.e164 in borrowed and each.verdict.name == "PASSED_OVER"]
    assert not any(" calls in 24 hours, of" in each or ": " in each for each in told)


@given(pools(), st.sampled_from(sorted(PLACES)))
def test_r20_calls_that_were_queued_since_count(pool: list[Any], to: str) -> None:
    """What is queued after the pool was read counts as if it had been there before."""
    called = Called(to, (PLACES[to][1],))
    first = choose_from_pool(pool, called)
    chosen = next((each for each in pool if each.e164 == first.agent_number), None)
    if chosen is None:
        return
    later = choose_from_pool(pool, called, {chosen.id: 1})
    chosen.recent_calls += 1
    chosen.live_calls += 1
    assert later == choose_from_pool(pool, called)
