"""What every resolver is handed: the database, the caller, the operator's settings, and the request's dataloaders."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import strawberry

from models import Database, Refused, WriteSession, acting
from models.sealed import Seal
from resolvers.caller import Caller
from resolvers.feed import Feed
from resolvers.loading import Batch, Loads

Mutation = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Deployment:
    """What the operator of this installation decided."""

    seal: Seal
    allowed_regions: frozenset[str] = frozenset()
    most_queued: int = 0
    loads: Counter[str] = field(default_factory=Counter)  # how many batches, and how many keys in them


@dataclass
class Context:
    database: Database
    caller: Caller
    deployment: Deployment
    feed: Feed
    refused: list[str] = field(default_factory=list)  # the codes of userErrors, for the log

    def __post_init__(self) -> None:
        self._loads = Loads(self.database, self.caller.reach, self.deployment.loads)

    async def load(self, batch: Batch, key: Any, *arguments: Any) -> Any:
        """One answer of a batch: what is asked for in one tick of the loop is one call, one session, one statement."""
        return (await self._loads.all((batch, arguments), [key]))[0]

    def load_all(self, batch: Batch, keys: list[Any], *arguments: Any) -> Awaitable[list[Any]]:
        """An answer a key, None for a key that is None."""
        return self._loads.all((batch, arguments), keys)

    def forget(self) -> None:
        """What was loaded before a change may not hold any more."""
        self._loads.forget()

    async def carry_out(self, mutation: Mutation, sent: dict[str, Any], *, audited: bool) -> dict[str, Any]:
        """A mutation is one transaction, committed here and nowhere else. A refusal undoes all of it."""
        self.forget()

        async def work(session: WriteSession) -> dict[str, Any]:
            async with acting(session, self.caller.api_key.id if audited else None):
                return await mutation(Transaction(session, self.caller, self.deployment), **sent)

        try:
            return await self.database.write(work)
        except Refused as refused:
            return {"user_errors": [refused.refusal]}


@dataclass(frozen=True)
class Transaction:
    """What a mutation is handed: the one write session that is committed when it returns."""

    session: WriteSession
    caller: Caller
    deployment: Deployment

    async def acting(self, organization_id: str | None) -> str:
        return await self.caller.acting(self.session, organization_id)


Info = strawberry.Info[Context, None]
