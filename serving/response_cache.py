"""Cache query responses until a table that they were read from changes.

An entry belongs to one API key in one state. It is compared with the revisions of its tables before each use, so a
response is never older than a write that was acknowledged before the request arrived.
"""

from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import cast

import orjson
from starlette.datastructures import State
from starlette.responses import Response

from execution.prepared_operation import PreparedOperation
from serving.request_context import RequestContext
from serving.request_parsing import GraphQLRequest
from serving.responses import record_codes
from storage.session import TableRevisions
from storage.statement import UNKNOWN_TABLES
from storage.table_revisions import UNCHANGED, recording_tables

# Document, operationName, variables, the API key's row, media type.
CacheKey = tuple[str, str | None, bytes, str, str]
# The response, and whether it may be cached.
Executed = tuple[Response, bool]
# Bytes of an entry in addition to its body and key: Python objects, headers, revisions.
ENTRY_OVERHEAD_BYTES = 2500
# The largest fraction of the cache that one entry may take.
MAX_ENTRY_FRACTION = 1 / 16


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """The parts of a response, of types that the garbage collector does not traverse: there are thousands of them."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    codes: tuple[str, ...]
    revisions: TableRevisions
    size: int

    def is_current(self, now: TableRevisions) -> bool:
        return all(now.get(table, UNCHANGED) == number for table, number in self.revisions.items())

    def response(self) -> Response:
        """Build a new Response: the middleware adds headers to each."""
        response = Response(status_code=self.status)
        response.body, response.raw_headers = self.body, list(self.headers)
        return response


@dataclass(frozen=True)
class CacheableRequest:
    """Everything that a response depends on, apart from the database."""

    prepared: PreparedOperation
    request: GraphQLRequest
    context: RequestContext
    media_type: str

    def cache_key(self) -> CacheKey | None:
        """Return the key of the cache, including the API key's whole row; None if the response cannot be cached."""
        if self.prepared.errors or not self.prepared.is_query:
            return None
        try:
            variables = orjson.dumps(self.request.variables, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:  # nested too deeply for orjson
            return None
        row = cast("Iterable[object]", self.context.principal.api_key)  # statements return rows as sequences of columns
        api_key = repr(tuple(row))
        return self.request.query, self.request.name, variables, api_key, self.media_type


class ResponseCache:
    """An LRU cache of responses. `max_bytes` includes documents and variables; 0: nothing is cached."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.bytes_used = 0
        self.counts: Counter[str] = Counter()  # responses "stored", and each "hit"
        self._entries: OrderedDict[CacheKey, CachedResponse] = OrderedDict()

    async def get_or_execute(
        self, request: CacheableRequest, state: State, execute: Callable[[], Awaitable[Executed]]
    ) -> Response:
        """Return the cached response if it is current; else execute, and cache the response if that is allowed."""
        key = request.cache_key() if self._max_bytes else None
        before = await request.context.database.read_revisions() if key else None
        if key is None or before is None:
            return (await execute())[0]
        if (entry := self._entries.get(key)) and entry.is_current(before):
            self._entries.move_to_end(key)
            self.counts["hit"] += 1
            record_codes(state, entry.codes)
            return entry.response()
        with recording_tables() as tables:
            response, cacheable = await execute()
        after = await request.context.database.read_revisions() if cacheable and not tables & UNKNOWN_TABLES else None
        if after is None:
            return response
        size = ENTRY_OVERHEAD_BYTES + len(response.body) + sum(len(each) for each in key if each is not None)
        revisions = {table: before.get(table, UNCHANGED) for table in tables}
        entry = _to_cached_response(response, tuple(getattr(state, "codes", ())), revisions, size)
        if entry.is_current(after):
            self._store(key, entry)
        return response

    def _store(self, key: CacheKey, entry: CachedResponse) -> None:
        if replaced := self._entries.pop(key, None):
            self.bytes_used -= replaced.size
        if entry.size > self._max_bytes * MAX_ENTRY_FRACTION:
            return
        self._entries[key] = entry
        self.counts["stored"] += 1
        self.bytes_used += entry.size
        while self.bytes_used > self._max_bytes:
            self.bytes_used -= self._entries.popitem(last=False)[1].size


def _to_cached_response(
    response: Response, codes: tuple[str, ...], revisions: TableRevisions, size: int
) -> CachedResponse:
    """Copy the response with a body of its exact length: orjson's keeps a buffer of several kilobytes."""
    body = bytes(memoryview(response.body))
    return CachedResponse(response.status_code, tuple(response.raw_headers), body, codes, revisions, size)
