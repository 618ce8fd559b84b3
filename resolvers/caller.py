"""Who is asking: a valid API key, its organization and its scopes."""

import hmac
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models import ApiKey, ErrorCode, Organization, Reach, ReadSession, Refused, Scope, now
from models.secret_key import digest, key_id_of
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


BY_ID = once(ApiKey.by_id, "identifiers")


def organization_not_found(*field: str) -> Refused:
    return Refused(
        ErrorCode.ORGANIZATION_NOT_FOUND,
        "No such organization among those that this API key may act for: its own and, with the scope"
        " CHILD_ORGANIZATIONS_MANAGE, those below it.",
        *field,
    )


async def authenticate(session: ReadSession, secret: str) -> Caller | None:
    """The caller that a whole `ak_<id>.<secret>` stands for; None for what is unknown, wrong, expired or revoked."""
    key_id = key_id_of(secret)
    if key_id is None:
        return None
    (key,) = await session.rows(BY_ID(), identifiers=[key_id]) or (None,)
    if key is None or not hmac.compare_digest(key.secret_hash, digest(secret)):
        return None
    if key.revoked_at or (key.expires_at and key.expires_at <= now()):
        return None
    return Caller(key, key.organization_id, tuple(key.scopes))


async def revoked(session: ReadSession, caller: Caller) -> bool:
    """Whether its key was, since it was let in."""
    (key,) = await session.rows(BY_ID(), identifiers=[caller.api_key.id]) or (None,)
    return key is None or key.revoked_at is not None
