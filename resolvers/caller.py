"""Who is asking: a valid API key, its organization and its scopes."""

import hmac
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models import ApiKey, Database, ErrorCode, Organization, Reach, ReadSession, Refused, Scope, now
from models.revision import UNCHANGED
from models.secret_key import digest, key_id_of
from models.session import LOOK_UP_WITHIN
from models.statement import once
from resolvers.problem import Problem


@dataclass(frozen=True)
class Caller:
    api_key: Any = field(repr=False)
    organization_id: str
    scopes: tuple[Scope, ...]

    @property
    def reach(self) -> Reach:
        return Reach(self.organization_id, below=Scope.CHILD_ORGANIZATIONS_MANAGE in self.scopes)

    def require(self, sufficient: tuple[Scope, ...]) -> None:
        """Any of the scopes will do; FORBIDDEN names them. Decided before anything is looked up (R15)."""
        if sufficient and not any(scope in self.scopes for scope in sufficient):
            raise Problem(
                "FORBIDDEN",
                f"This needs the scope {' or '.join(scope.name for scope in sufficient)}, which the API key does not"
                " hold. Use a key that holds it, or have one created with createApiKey.",
            )

    async def acting(self, session: ReadSession, organization_id: str | None) -> str:
        """R2: the organization to act for; its own where none is named."""
        if organization_id is None or organization_id == self.organization_id:
            return self.organization_id
        within = self.reach.holds(Organization, [organization_id])
        if await session.scalar(sa.select(Organization.columns().id).where(within)) is None:
            raise organization_not_found("organizationId")
        return organization_id


# Of those that asked last, while nothing changes of any key.
MOST_KEPT = 1000
BY_ID = once(ApiKey.by_id, "identifiers")


def organization_not_found(*field: str) -> Refused:
    return Refused(
        ErrorCode.ORGANIZATION_NOT_FOUND,
        "No such organization among those that this API key may act for: its own and, with the scope"
        " CHILD_ORGANIZATIONS_MANAGE, those below it.",
        *field,
    )


class Callers:
    """Finds who asks. On SQLite a key is read once until any is changed, or its use noted; elsewhere each time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, tuple[int, Caller]] = OrderedDict()

    async def of(self, secret: str) -> Caller | None:
        """The caller that a whole `ak_<id>.<secret>` stands for; None for what is unknown, wrong, expired or revoked.

        Raises DatabaseGone.
        """
        key_id = key_id_of(secret)
        caller = None if key_id is None else await self._with_key(key_id)
        if caller is None or not hmac.compare_digest(caller.api_key.secret_hash, digest(secret)):
            return None
        key = caller.api_key
        return None if key.revoked_at or (key.expires_at and key.expires_at <= now()) else caller

    async def _with_key(self, key_id: str) -> Caller | None:
        """The revision is told before the key is read, so a key is never older than what it is kept under."""
        tables = self._database.look()
        revision = None if tables is None else tables.get(ApiKey.__tablename__, UNCHANGED)
        at, kept = self._kept.get(key_id, (None, None))
        if kept is not None and at == revision:
            self._kept.move_to_end(key_id)
            return kept
        async with self._database.read(LOOK_UP_WITHIN) as session:
            (key,) = await session.rows(BY_ID(), identifiers=[key_id]) or (None,)
        caller = key and Caller(key, key.organization_id, tuple(key.scopes))
        if caller and revision is not None:
            self._keep(key_id, revision, caller)
        return caller

    def _keep(self, key_id: str, revision: int, caller: Caller) -> None:
        self._kept[key_id] = revision, caller
        self._kept.move_to_end(key_id)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


async def revoked(session: ReadSession, caller: Caller) -> bool:
    """Whether its key was, since it was let in."""
    (key,) = await session.rows(BY_ID(), identifiers=[caller.api_key.id]) or (None,)
    return key is None or key.revoked_at is not None
