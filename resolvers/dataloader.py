"""Batch the loads of one event-loop iteration into one read session, and cache results for the request."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from models import Reach
from storage import ReadSession

# Called with a session, the principal's reach, keys, and arguments; returns one result for each key, in their order.
BatchLoadFunction = Callable[..., Awaitable[Sequence[object]]]
# A load function with the arguments that all of its keys share.
LoaderKey = tuple[BatchLoadFunction, tuple[Hashable, ...]]


@dataclass(eq=False)
class PendingBatch:
    """The keys to load after this iteration of the event loop; `done` is set once their results are in `results`.

    `results` is the request's cache; until the keys are loaded, it holds this batch in place of their results. Loading
    is cancelled when no `waiters` are left.
    """

    done: asyncio.Future[None]
    results: dict[LoaderKey, dict[Hashable, object]]
    keys: dict[LoaderKey, dict[Hashable, None]] = field(default_factory=dict)
    waiters: int = 0
    task: asyncio.Task[None] | None = None

    def release_waiter(self) -> None:
        self.waiters -= 1
        if self.waiters == 0 and not self.done.done():
            self.evict()
            if self.task:
                self.task.cancel()

    def evict(self) -> None:
        """Remove the batch's keys from the cache, so that later loads of them start a new batch."""
        for loader_key, keys in self.keys.items():
            for key in [key for key in keys if self.results[loader_key].get(key) is self]:
                del self.results[loader_key][key]


@dataclass(frozen=True)
class FailedLoad:
    """Stands in the cache for a key whose load failed."""

    error: Exception


class DataLoader:
    """The loads of one request. `counter` counts the "batches" loaded, and the "keys" in them."""

    def __init__(
        self, open_session: Callable[[], AbstractAsyncContextManager[ReadSession]], reach: Reach, counter: Counter[str]
    ) -> None:
        self._open_session = open_session
        self._reach = reach
        self._counter = counter
        self._results: dict[LoaderKey, dict[Hashable, object]] = {}
        self._pending: PendingBatch | None = None

    async def load_many(self, loader_key: LoaderKey, keys: Sequence[Hashable]) -> list[object]:
        """Return one result for each key, None for a key that is None. Raises the exception of a load that failed."""
        results = self._results.setdefault(loader_key, {})
        missing = [key for key in keys if key is not None and key not in results]
        if missing:
            batch = self._pending_batch()
            batch.keys.setdefault(loader_key, {}).update(dict.fromkeys(missing))
            results.update(dict.fromkeys(missing, batch))
        await _wait_for({each for key in keys if isinstance(each := results.get(key), PendingBatch)})
        found = [None if key is None else results[key] for key in keys]
        for each in found:
            if isinstance(each, FailedLoad):
                raise each.error
        return found

    def clear_all(self) -> None:
        """Empty the cache. Running loads still resolve the calls that wait for them."""
        self._results, self._pending = {}, None

    def _pending_batch(self) -> PendingBatch:
        if self._pending is None:
            loop = asyncio.get_running_loop()
            self._pending = PendingBatch(loop.create_future(), self._results)
            loop.call_soon(self._dispatch, self._pending)
        return self._pending

    def _dispatch(self, batch: PendingBatch) -> None:
        if self._pending is batch:
            self._pending = None
        if batch.waiters:
            batch.task = asyncio.get_running_loop().create_task(self._load_batch(batch))

    async def _load_batch(self, batch: PendingBatch) -> None:
        """Load all keys of a batch in one session, and so from one snapshot."""
        try:
            async with self._open_session() as session:
                for loader_key, keys in batch.keys.items():
                    batch.results[loader_key].update(await self._run_load_function(session, loader_key, list(keys)))
        except Exception as error:  # noqa: BLE001 - raised in each `load_many`
            for loader_key, keys in batch.keys.items():
                unread = [key for key in keys if batch.results[loader_key].get(key) is batch]
                batch.results[loader_key].update(dict.fromkeys(unread, FailedLoad(error)))
        finally:
            batch.done.set_result(None)

    async def _run_load_function(
        self, session: ReadSession, loader_key: LoaderKey, keys: list[Hashable]
    ) -> Mapping[Hashable, object]:
        load_function, arguments = loader_key
        self._counter["batches"] += 1
        self._counter["keys"] += len(keys)
        try:
            return dict(zip(keys, await load_function(session, self._reach, keys, *arguments), strict=True))
        except Exception as error:  # noqa: BLE001 - likewise
            return dict.fromkeys(keys, FailedLoad(error))


async def _wait_for(batches: set[PendingBatch]) -> None:
    for batch in batches:
        batch.waiters += 1
    try:
        for batch in batches:
            await asyncio.shield(batch.done)
    finally:
        for batch in batches:
            batch.release_waiter()
