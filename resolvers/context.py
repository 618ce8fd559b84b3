"""The context of an operation (database, principal, settings, dataloader), and of a mutation, its transaction."""

from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import strawberry

from calling.calling_hours import CallingHours, read_calling_hours
from calling.transfer_plan import TransferCapabilities
from models import Refused, record_as_actor
from models.encryption import SecretBox
from resolvers.authentication import Principal
from resolvers.change_feed import ChangeFeed
from resolvers.dataloader import BatchLoadFunction, DataLoader
from resolvers.quotas import CountedTable, Quotas, require_quota
from resolvers.storage_quota import ByteReservation, StorageExhausted, StorageQuota
from resolvers.top_level_error import TopLevelError
from storage import Database, ReadSession, WriteSession
from storage.read_usage import ReadUsage
from storage.session import StatementTooLong, WriteTimeout, rows_written
from storage.time_limit import TimeLimit

Result = TypeVar("Result")
# The result of a mutation: the values of the fields of its payload type.
Payload = dict[str, Any]
MutationResolver = Callable[..., Awaitable[Payload]]


@dataclass(frozen=True)
class Deployment:
    """The operator's settings that resolvers use, and objects that the requests of this server share."""

    secret_box: SecretBox
    storage_quota: StorageQuota
    allowed_regions: frozenset[str] = frozenset()
    max_queued: int = 0
    mixes_media: bool = False  # whether the engine can join several parties in one conversation
    quotas: Quotas = field(default_factory=Quotas)
    calling_hours: CallingHours = field(default_factory=read_calling_hours)
    campaign_share: float = 0.8  # how much of a trunk campaigns may use
    loader_counts: Counter[str] = field(
        default_factory=Counter
    )  # the number of "batches" loaded, and of the "keys" in them

    @property
    def transfer_capabilities(self) -> TransferCapabilities:
        return TransferCapabilities(self.allowed_regions, self.mixes_media)


@dataclass
class Context:
    """The context of one GraphQL operation."""

    database: Database
    principal: Principal
    deployment: Deployment
    feed: ChangeFeed
    user_error_codes: list[str] = field(default_factory=list)  # the codes of userErrors, for the log
    time_limit: TimeLimit | None = None
    rows_written: int = 0  # rows that its mutations inserted, updated or deleted

    def __post_init__(self) -> None:
        self.read_usage = ReadUsage(self.principal.organization_id)
        self._dataloader = DataLoader(self.read, self.principal.reach, self.deployment.loader_counts)

    def read(self) -> AbstractAsyncContextManager[ReadSession]:
        """Open a read session: one snapshot. Its reading time is counted for the principal's organization."""
        return self.database.read(usage=self.read_usage)

    async def load(self, load_function: BatchLoadFunction, key: Hashable, *arguments: Hashable) -> Any:
        """Load one key. All keys requested in one iteration of the event loop are loaded by one call."""
        return (await self._dataloader.load_many((load_function, arguments), [key]))[0]

    def load_many(
        self, load_function: BatchLoadFunction, keys: Sequence[Hashable], *arguments: Hashable
    ) -> Awaitable[list[Any]]:
        """Load keys: one result for each, None for a key that is None. `Any`: each load function has its own rows."""
        return self._dataloader.load_many((load_function, arguments), keys)

    def clear_loaded(self) -> None:
        """Forget loaded results, which may be outdated after a change."""
        self._dataloader.clear_all()

    async def run_mutation(
        self, resolver: MutationResolver, arguments: Mapping[str, object], *, audited: bool
    ) -> Payload:
        """Run a mutation as one transaction, and commit it. Refused rolls it back, and is returned as its `userErrors`.

        `audited`: its changes are recorded as changes by the principal's key. Raises TopLevelError (TIMEOUT).
        """
        self.clear_loaded()
        byte_reservation = ByteReservation(self.deployment.storage_quota)

        async def work(session: WriteSession) -> tuple[Payload, int]:
            byte_reservation.reset()
            async with record_as_actor(session, self.principal.api_key.id if audited else None):
                payload = await resolver(
                    Transaction(session, self.principal, self.deployment, byte_reservation), **arguments
                )
            return payload, rows_written(session)

        try:
            payload, written = await byte_reservation.run(lambda: self._commit(work))
        except (WriteTimeout, StatementTooLong):
            assert self.time_limit
            raise TopLevelError("TIMEOUT", self.time_limit.not_started_message()) from None
        except Refused as error:
            return {"user_errors": [error.refusal]}
        except StorageExhausted as error:
            refusal = self.deployment.storage_quota.refusal(error.missing_bytes)
            return error.payload | {"user_errors": [refusal]}
        self.rows_written += written
        return payload

    async def _commit(self, work: Callable[[WriteSession], Awaitable[Result]]) -> Result:
        if self.time_limit is None:
            return await self.database.write(work)
        async with self.time_limit.committing() as timeout_seconds:
            return await self.database.write(work, timeout_seconds=timeout_seconds)


@dataclass(frozen=True)
class Transaction:
    """The context of one mutation, which its resolver takes as its first argument.

    It is not the database transaction, which begins before the resolver and is committed after it, both by
    `Context.run_mutation`; `session` writes into that transaction. It is unrelated to SIP transactions (RFC 3261, 17).
    """

    session: WriteSession
    principal: Principal
    deployment: Deployment
    byte_reservation: ByteReservation

    async def authorize_organization(self, organization_id: str | None) -> str:
        """Return the acting organization; see `Principal.authorize_organization`."""
        return await self.principal.authorize_organization(self.session, organization_id)

    async def require_quota(self, table: CountedTable, organization_id: str) -> None:
        """Raise Refused (LIMIT_EXCEEDED) if the organization may not have one more row of the table."""
        await require_quota(self.session, self.deployment.quotas, table, organization_id)


Info = strawberry.Info[Context, None]
