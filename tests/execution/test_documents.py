"""What is kept of documents fits into its room, their plans included; who was read longest ago makes way."""

from itertools import product
from typing import Any

from graphql import build_schema, execute

from execution.bounds import Bounds
from execution.documents import Document, Documents
from execution.executor import PlannedExecutor

SCHEMA = build_schema("type Query { it: Query! name: String }")
CHOOSING = "query Q($a: Boolean!, $b: Boolean!) { it { it { x: name @skip(if: $a) y: name @skip(if: $b) } } }"
CHOICES = [dict(zip("ab", chosen, strict=True)) for chosen in product([True, False], repeat=2)]


def documents(room: int) -> Documents:
    return Documents(SCHEMA, Bounds(50, 100), room)


def ran(kept: Documents, text: str, variables: Any = None) -> Document:
    document = kept.read(text)
    assert document.ast
    assert not document.errors
    execute(SCHEMA, document.ast, {}, None, variables, executor_class=PlannedExecutor, plans=document.plans)
    return document


def test_a_document_is_read_once() -> None:
    kept = documents(10_000)
    assert ran(kept, CHOOSING, CHOICES[0]) is ran(kept, CHOOSING, CHOICES[1])


def test_plans_take_room_too() -> None:
    """The texts alone would fit; a plan that is asked for again takes nothing more."""
    kept = documents(3_000)
    texts = [CHOOSING.replace("Q", f"Q{number}", 1) for number in range(20)]
    first = ran(kept, texts[0], CHOICES[0])
    for text in texts[1:5]:
        ran(kept, text, CHOICES[0])
    for _ in range(50):
        assert ran(kept, texts[0], CHOICES[0]) is first
    for text in texts[5:]:
        ran(kept, text, CHOICES[0])
    assert ran(kept, texts[-1], CHOICES[0]) is kept.read(texts[-1])
    assert sum(map(len, texts)) < 3_000
    assert kept.read(texts[0]) is not first


def test_one_document_does_not_take_the_room_of_all() -> None:
    kept = documents(4_000)
    other = ran(kept, "{ name }")
    first = ran(kept, CHOOSING, CHOICES[0])
    assert ran(kept, CHOOSING, CHOICES[1]) is first
    for choice in CHOICES:
        ran(kept, CHOOSING, choice)
    assert kept.read(CHOOSING) is not first
    assert kept.read("{ name }") is other
