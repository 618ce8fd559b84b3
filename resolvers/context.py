"""What every resolver is handed: the database, the caller, the operator's settings, and the request's dataloaders."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.dataloader import DataLoader

from models import Database, Refused, WriteSession
from models.sealed import Seal
from resolvers.caller import Caller
from resolvers.feed import Feed

Batch = Callable[..., Awaitable[list[Any]]]
Mutation = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Deployment:
    """What the operator of this installation decided."""

    seal: Seal
    allowed_regions: frozenset[str] = frozenset()


@dataclass
class Context:
    database: Database
    caller: Caller
    deployment: Deployment
    feed: Feed
    _loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    def load(self, batch: Batch, key: Any, *arguments: Any) -> Awaitable[Any]:
        """One answer of a batch: what is asked for in one tick of the loop is one call, one session, one statement."""
        identity = (batch, arguments)
        if identity not in self._loaders:
            self._loaders[identity] = DataLoader(self._in_one_session(batch, arguments))
        return self._loaders[identity].load(key)

    def _in_one_session(self, batch: Batch, arguments: tuple[Any, ...]) -> Callable[[list[Any]], Awaitable[list[Any]]]:
        async def load(keys: list[Any]) -> list[Any]:
            async with self.database.read() as session:
                return await batch(session, self.caller.reach, keys, *arguments)

        return load

    def forget(self) -> None:
        """What was loaded before a change may not hold any more."""
        self._loaders.clear()

    async def carry_out(self, mutation: Mutation, sent: dict[str, Any]) -> dict[str, Any]:
        """A mutation is one transaction, committed here and nowhere else. A refusal undoes all of it."""
        self.forget()
        try:
            async with self.database.write() as session:
                return await mutation(Transaction(session, self.caller, self.deployment), **sent)
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
