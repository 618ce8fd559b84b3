"""Answers to queries, kept until a table that they were read from changes.

A kept answer is that of one key, in the state that the key was in; it is looked at against the revisions of its tables
before each use, so it is never older than what was acknowledged before the request came.
"""

from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import State
from starlette.responses import Response

from execution.prepared import Prepared
from models.revision import UNCHANGED, noting_tables
from models.session import Revisions
from models.statement import UNKNOWN
from serving.accepting import Operation
from serving.answering import noted

Key = tuple[Any, ...]
# The response, and whether it is one to keep.
Asked = tuple[Response, bool]
# An answer may take so much of the room.
LARGEST = 1 / 16


@dataclass(frozen=True)
class Kept:
    response: Response
    codes: tuple[str, ...]
    revisions: Revisions
    size: int

    def holds(self, now: Revisions) -> bool:
        return all(now.get(table, UNCHANGED) == number for table, number in self.revisions.items())


@dataclass(frozen=True)
class Question:
    prepared: Prepared
    operation: Operation
    context: Any
    media: str

    def key(self) -> Key | None:
        """Whoever asks is told by all that is stored of its key. None: what it answers is not kept."""
        if self.prepared.errors or not self.prepared.is_query:
            return None
        try:
            variables = orjson.dumps(self.operation.variables, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:  # lists in lists in lists: read further down than they are written
            return None
        whoever = repr(tuple(self.context.caller.api_key))
        return self.operation.query, self.operation.name, variables, whoever, self.media


class KeptAnswers:
    """`room`: how many bytes they may take, documents and variables included; 0: none are kept."""

    def __init__(self, room: int) -> None:
        self._room = room
        self.taken = 0
        self.counted: Counter[str] = Counter()  # answers that were "kept", and that were "used" again
        self._kept: OrderedDict[Key, Kept] = OrderedDict()

    async def answer(self, question: Question, state: State, ask: Callable[[], Awaitable[Asked]]) -> Response:
        """What is kept, where it still holds; else what `ask` answers, which is kept where it may be."""
        key = question.key() if self._room else None
        before = await question.context.database.revisions() if key else None
        if key is None or before is None:
            return (await ask())[0]
        if (kept := self._kept.get(key)) and kept.holds(before):
            self._kept.move_to_end(key)
            self.counted["used"] += 1
            noted(state, kept.codes)
            return _again(kept.response)
        with noting_tables() as tables:
            response, may_be_kept = await ask()
        after = await question.context.database.revisions() if may_be_kept and not tables & UNKNOWN else None
        if after is None:
            return response
        size = len(response.body) + sum(len(each) for each in key if each is not None)
        revisions = {table: before.get(table, UNCHANGED) for table in tables}
        kept = Kept(_again(response), tuple(getattr(state, "codes", ())), revisions, size)
        if kept.holds(after):
            self._keep(key, kept)
        return response

    def _keep(self, key: Key, kept: Kept) -> None:
        if before := self._kept.pop(key, None):
            self.taken -= before.size
        if kept.size > self._room * LARGEST:
            return
        self._kept[key] = kept
        self.counted["kept"] += 1
        self.taken += kept.size
        while self.taken > self._room:
            self.taken -= self._kept.popitem(last=False)[1].size


def _again(response: Response) -> Response:
    """On its way out a response is given headers of its request."""
    again = copy(response)
    again.raw_headers = list(response.raw_headers)
    return again
