"""Count the processor seconds that one request spends reading, and limit concurrent reads per organization."""

import asyncio
from dataclasses import dataclass
from weakref import WeakValueDictionary


@dataclass(eq=False, slots=True)
class ReadUsage:
    """What one request has read: `seconds` of processor time in statements, and the points already charged for it."""

    organization_id: str
    seconds: float = 0.0
    points_paid: int = 0


class ReadLimits:
    """Limits the reads of each organization at once; further ones wait without a connection."""

    def __init__(self, max_reads: int) -> None:
        self._max_reads = max_reads
        self._semaphores: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def semaphore_of(self, reader: ReadUsage) -> asyncio.Semaphore:
        """Return the organization's semaphore, which exists while a read of it runs or waits."""
        semaphore = self._semaphores.get(reader.organization_id)
        if semaphore is None:
            semaphore = self._semaphores[reader.organization_id] = asyncio.Semaphore(self._max_reads)
        return semaphore
