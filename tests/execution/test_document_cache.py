"""Check that documents and plans stay within the cache's size, and which of them are evicted.

Documents that were used once share an eighth of the cache, so that they do not evict those that are used again.
"""

from itertools import product
from typing import Any

from graphql import build_schema, execute

from execution.document_cache import CHARACTERS_PER_SELECTION, Document, DocumentCache
from execution.document_limits import DocumentLimits
from execution.executor import PlannedExecutor

SCHEMA = build_schema("type Query { it: Query! name: String }")
CHOOSING = "query Q($a: Boolean!, $b: Boolean!) { it { it { x: name @skip(if: $a) y: name @skip(if: $b) } } }"
CHOICES = [dict(zip("ab", chosen, strict=True)) for chosen in product([True, False], repeat=2)]


def make_cache(room: int) -> DocumentCache:
    return DocumentCache(SCHEMA, DocumentLimits(50, 100), room)


def load_and_execute(kept: DocumentCache, text: str, variables: Any = None) -> Document:
    document = kept.load(text)
    run(document, variables)
    return document


def test_a_document_is_read_once() -> None:
    kept = make_cache(10_000)
    assert load_and_execute(kept, CHOOSING, CHOICES[0]) is load_and_execute(kept, CHOOSING, CHOICES[1])


def many(count: int) -> list[str]:
    return [CHOOSING.replace("Q", f"Q{number}", 1) for number in range(count)]


def test_plans_take_room_too() -> None:
    """The texts alone would fit; a cached plan is not counted again."""
    kept = make_cache(3_000)
    texts = many(20)
    first = read_twice(kept, texts[0])
    for text in texts[1:5]:
        read_twice(kept, text)
    for _ in range(50):
        assert load_and_execute(kept, texts[0], CHOICES[0]) is first
    for text in texts[5:]:
        read_twice(kept, text)
    assert load_and_execute(kept, texts[-1], CHOICES[0]) is kept.load(texts[-1])
    assert sum(map(len, texts)) < 3_000
    assert kept.load(texts[0]) is not first


def read_twice(kept: DocumentCache, text: str) -> Document:
    load_and_execute(kept, text, CHOICES[0])
    return load_and_execute(kept, text, CHOICES[0])


def test_documents_that_are_read_once_take_an_eighth_of_the_room() -> None:
    kept = make_cache(8_000)
    used = read_twice(kept, "{ name }")
    before = kept.size
    for text in many(200):
        load_and_execute(kept, text, CHOICES[0])
        assert kept.size <= before + 1_000
        assert kept.parse_cost("{ name }") == 0
    assert kept.load("{ name }") is used
    assert kept.size > before + 500


def test_documents_that_are_read_in_turn_come_to_be_kept() -> None:
    """Use more documents once than there is space for such."""
    kept = make_cache(8_000)
    for text in many(15) * 2:
        load_and_execute(kept, text, CHOICES[0])
    assert [kept.parse_cost(text) for text in many(15)] == [0] * 15


def test_the_room_holds_whatever_is_read() -> None:
    kept = make_cache(8_000)
    for text in many(100) * 3:
        load_and_execute(kept, text, CHOICES[0])
        assert kept.size <= 8_000
    assert kept.size > 7_000


# As many plans as there are choices: more than one document may have.
MANY = "query Q(" + " ".join(f"${each}: Boolean!" for each in "abcdef") + ") { it { "
MANY += " ".join(f"x{each}: name @skip(if: ${each})" for each in "abcdef") + " } }"
MANY_CHOICES = [dict(zip("abcdef", chosen, strict=True)) for chosen in product([True, False], repeat=6)]


def test_a_document_that_made_way_is_charged_to_none_of_the_same_text() -> None:
    """A subscription can use an evicted document on, while the same text is parsed again for others."""
    kept = make_cache(8_000)
    held = dropped(kept, MANY)
    for choice in MANY_CHOICES[10:31]:
        run(held, choice)
    assert kept.size == 0
    assert kept.load(MANY) is not held
    before = kept.size
    for choice in MANY_CHOICES:
        run(held, choice)
        assert kept.size == before > 0


def test_a_document_that_made_way_holds_no_more_than_one_that_is_kept() -> None:
    """The limit is a tenth of the cache, and the newest plan."""
    kept = make_cache(8_000)
    held, most = dropped(kept, MANY), 0
    for choice in MANY_CHOICES:
        run(held, choice)
        most = max(most, held.plans.selections)
    assert 1 < most <= 8_000 / 10 / CHARACTERS_PER_SELECTION + 3


def dropped(kept: DocumentCache, text: str) -> Document:
    """A document's plans can exceed a tenth of the cache."""
    document = kept.load(text)
    for choice in MANY_CHOICES[:10]:
        run(document, choice)
    assert text in kept
    for choice in MANY_CHOICES[:30]:
        run(document, choice)
    assert text not in kept
    return document


def run(document: Document, variables: Any) -> None:
    assert document.ast
    assert not document.errors
    execute(SCHEMA, document.ast, {}, None, variables, executor_class=PlannedExecutor, plans=document.plans)


def test_one_document_does_not_take_the_room_of_all() -> None:
    kept = make_cache(4_000)
    other = read_twice(kept, "{ name }")
    first = load_and_execute(kept, CHOOSING, CHOICES[0])
    assert load_and_execute(kept, CHOOSING, CHOICES[1]) is first
    for choice in CHOICES:
        load_and_execute(kept, CHOOSING, choice)
    assert kept.load(CHOOSING) is not first
    assert kept.load("{ name }") is other
