"""How long an operation may take; a query ends sooner where nobody waits for its answer any more."""

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect, HTTPConnection
from strawberry.types.execution import ExecutionResult

from execution.prepared import Prepared
from serving.accepting import BadRequest
from serving.arriving import Arriving, connection_of


class Patience:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def execute(self, prepared: Prepared, context: Any, connection: HTTPConnection) -> ExecutionResult:
        """Raises BadRequest where it takes too long, ClientDisconnect where the client left."""
        arriving = connection_of(connection) if prepared.is_query else None
        deadline = asyncio.timeout(self._seconds)
        try:
            async with deadline:
                if arriving:
                    arriving.stop_when_gone(deadline)
                return await prepared.execute(context)
        except TimeoutError:
            raise self._ended(arriving) from None
        finally:
            if arriving:
                arriving.done(deadline)

    def _ended(self, arriving: Arriving | None) -> Exception:
        if arriving and arriving.transport.is_closing():
            return ClientDisconnect()
        return BadRequest(
            503,
            f"The operation took longer than {self._seconds:g} s and was stopped. Ask for less at once; whether a"
            " mutation was carried out, a query tells, or sending it again under its idempotencyKey.",
            {"Retry-After": "1"},
            code="TIMEOUT",
        )
