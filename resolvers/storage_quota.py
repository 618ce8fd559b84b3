"""Limit how many bytes an organization stores.

Each server leases bytes from the database in blocks, and its mutations spend them in memory, so that a mutation does
not have to update the organization's counter.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models import ErrorCode, Refusal
from models.stored_bytes import BLOCK_DIVISOR, LARGEST_BLOCK, NO_LIMIT, adjust_counters, lease_bytes
from storage import Database, DatabaseUnavailable, DiskFull
from storage.session import StatementTooLong, WriteTimeout

Result = TypeVar("Result")
log = structlog.get_logger()

# The most organizations for which a server holds leased bytes; beyond that, it returns the older half.
MAX_ALLOWANCES = 1000


class StorageExhausted(Exception):
    """Raised in a transaction that stores more bytes than were leased: it is rolled back, and retried with more.

    `payload` is the mutation's result beside the refusal, if no more can be leased.
    """

    def __init__(self, organization_id: str, missing_bytes: int, payload: dict[str, object]) -> None:
        super().__init__(organization_id, missing_bytes)
        self.organization_id = organization_id
        self.missing_bytes = missing_bytes
        self.payload = payload


@dataclass(slots=True)
class Allowance:
    """The bytes that an organization can still store without another lease."""

    bytes: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while bytes are leased or returned


class StorageQuota:
    """The leased bytes of all organizations. Each may store `max_bytes`; 0 means no limit."""

    def __init__(self, database: Database, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._database = database
        self._block_size = min(LARGEST_BLOCK, (max_bytes or NO_LIMIT) // BLOCK_DIVISOR)
        self._allowances: dict[str, Allowance] = {}  # in the order of their last lease
        self._lock = Lock()  # mutations spend from the thread of SQLite's writer
        self._tasks: set[asyncio.Task[Any]] = set()

    def spend(self, organization_id: str, amount: int) -> bool:
        """Spend bytes, and return whether there were enough. A negative amount is added to the allowance."""
        with self._lock:
            allowance = self._allowances.get(organization_id)
            if amount > 0 and (allowance is None or amount > allowance.bytes):
                return False
            if allowance is None:
                allowance = self._allowances[organization_id] = Allowance()
            allowance.bytes -= amount
            return True

    def give_back(self, organization_id: str, amount: int) -> None:
        """Add bytes to the allowance. Beyond two blocks, return the excess to the database for other servers."""
        self.spend(organization_id, -amount)
        if self._allowances[organization_id].bytes > 2 * self._block_size:
            self._start_task(self._return_excess(organization_id))

    async def lease(self, organization_id: str, needed: int) -> bool:
        """Spend bytes, after leasing a block if necessary; return whether there were enough.

        A block that was leased is added to the allowance even if the caller is cancelled meanwhile.
        Raises DatabaseUnavailable.
        """
        while not self.spend(organization_id, needed):
            if not await asyncio.shield(self._start_task(self._lease_block(organization_id, needed))):
                return False
        return True

    async def _lease_block(self, organization_id: str, needed: int) -> bool:
        """Lease a block unless there are enough bytes; return False if the quota has none left."""
        allowance, most = self._allowance_of(organization_id), self.max_bytes or NO_LIMIT
        async with allowance.lock:
            missing = needed - allowance.bytes
            if missing <= 0:
                return True
            block = partial(lease_bytes, organization_id=organization_id, needed=missing, max_bytes=most)
            leased = await self._database.write_locking(block, independent=True)
            self.spend(organization_id, -leased)
        return leased > 0

    def _allowance_of(self, organization_id: str) -> Allowance:
        with self._lock:
            allowance = self._allowances[organization_id] = self._allowances.pop(organization_id, Allowance())
            is_full = len(self._allowances) > MAX_ALLOWANCES
            oldest = list(self._allowances)[: MAX_ALLOWANCES // 2] if is_full else []
        if oldest:
            self._start_task(self._return(self._pop_unlocked(oldest)))
        return allowance

    def _pop_unlocked(self, organization_ids: list[str]) -> dict[str, int]:
        """Remove allowances, and return their bytes; allowances that are being leased or returned stay."""
        with self._lock:
            removed = [each for each in organization_ids if not self._allowances[each].lock.locked()]
            return {each: self._allowances.pop(each).bytes for each in removed}

    async def _return_excess(self, organization_id: str) -> None:
        """Return all but one block if there are more than two. Leases wait until the returned bytes are available."""
        allowance = self._allowance_of(organization_id)
        async with allowance.lock:
            excess = allowance.bytes - self._block_size
            if excess > self._block_size and self.spend(organization_id, excess):
                await self._return({organization_id: excess})

    async def _return(self, amounts: dict[str, int]) -> None:
        """Subtract bytes from organizations' counters. If that fails, they count as stored until the next recount."""
        deltas = {each: -amount for each, amount in amounts.items() if amount}
        try:
            if deltas:
                await self._database.write_locking(partial(adjust_counters, amounts=deltas), independent=True)
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            log.warning("stored_bytes_not_given_back", error=type(error).__name__)

    def _start_task(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def refusal(self, needed: int) -> Refusal:
        """Build the refusal of a mutation that needs this many more bytes than are left."""
        return Refusal(
            ErrorCode.LIMIT_EXCEEDED,
            f"The organization may store {self.max_bytes:,} bytes of conversations, agent versions and contacts,"
            f" and has no room for {needed:,} more. Ask your operator to remove conversations that ended long ago"
            " (server.py prune), or to raise DIALTREE_MAX_STORED_BYTES.",
        )

    async def close(self) -> None:
        """Return all leased bytes that were not spent, in one transaction."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._return(self._pop_unlocked(list(self._allowances)))


class ByteReservation:
    """The bytes that one mutation stores, counted again each time that its transaction is retried."""

    def __init__(self, quota: StorageQuota) -> None:
        self._quota = quota
        self._organization_id = ""
        self._held = self._stored = 0
        self._lock = Lock()  # `reset` runs in the thread of SQLite's writer
        self._has_begun = self._is_withdrawn = False

    def reset(self) -> None:
        """Begin a transaction. Raises WriteTimeout if it was withdrawn, so that nothing may be stored."""
        with self._lock:
            if self._is_withdrawn:
                raise WriteTimeout
            self._has_begun = True
        self._stored = 0

    def set_bytes(self, organization_id: str, stored: int, payload: dict[str, object] | None = None) -> None:
        """Reserve the bytes that this transaction stores, at most once in it; negative bytes are given back on commit.

        Raises StorageExhausted with the payload.
        """
        if organization_id != self._organization_id:
            if self._held:
                self._quota.spend(self._organization_id, -self._held)
            self._organization_id, self._held = organization_id, 0
        missing = stored - self._held
        if missing > 0:
            if not self._quota.spend(organization_id, missing):
                raise StorageExhausted(organization_id, missing, payload or {})
            self._held = stored
        self._stored = stored

    async def run(self, transaction: Callable[[], Awaitable[Result]]) -> Result:
        """Run a transaction, retrying it after leasing more bytes if it stores more than are left.

        Raises StorageExhausted if no more can be leased. A transaction whose commit is in doubt is charged.
        """
        while True:
            self._has_begun = False
            try:
                result = await transaction()
            except StorageExhausted as error:
                await self._lease(error)
            except BaseException as error:
                if self._was_rolled_back(error):
                    self._settle(0)
                raise
            else:
                self._settle(self._stored)
                return result

    async def _lease(self, exhausted: StorageExhausted) -> None:
        """Lease the missing bytes, or raise `exhausted`. The transaction was rolled back, so that charges nothing."""
        try:
            if not await self._quota.lease(exhausted.organization_id, exhausted.missing_bytes):
                raise exhausted
        except BaseException:
            self._settle(0)
            raise
        self._held += exhausted.missing_bytes

    def _was_rolled_back(self, error: BaseException) -> bool:
        """Whether an error rules out a commit. A caller that is cancelled before the transaction began withdraws it."""
        if isinstance(error, Exception):
            return not isinstance(error, DatabaseUnavailable) or isinstance(error, DiskFull | StatementTooLong)
        with self._lock:
            self._is_withdrawn = not self._has_begun
        return self._is_withdrawn

    def _settle(self, stored: int) -> None:
        """Give back the bytes held beyond those stored."""
        surplus, self._held = self._held - stored, 0
        if surplus:
            self._quota.give_back(self._organization_id, surplus)
