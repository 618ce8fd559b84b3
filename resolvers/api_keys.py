"""API keys: who am I, listing, creating, revoking."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from calling import form
from models import ApiKey, ErrorCode, Refused, Scope, WriteSession, new_id, now
from models.along import Wanted
from models.secret_key import digest, new_secret
from resolvers.caller import Caller
from resolvers.context import Info, Transaction
from resolvers.lists import own_list
from resolvers.pages import newest_first
from resolvers.paging import Page


async def viewer(info: Info) -> Caller:
    return info.context.caller


async def api_keys(info: Info, wanted: Wanted, organization_id: str | None = None, **window: Any) -> Page:
    return await own_list(
        info, organization_id, ApiKey.of, newest_first(ApiKey), window, kept="api_keys", wanted=wanted
    )


async def create_api_key(
    transaction: Transaction,
    *,
    name: str,
    scopes: list[Scope],
    organization_id: str | None = None,
    expires_at: datetime | None = None,
) -> dict[str, Any]:
    owner = await transaction.acting(organization_id)
    form.name(name, "name")
    if expires_at is not None and expires_at <= now():
        raise form.invalid(
            "expiresAt is not in the future. Send a later time, or none for a key that never expires.", "expiresAt"
        )
    if unheld := [scope.name for scope in Scope if scope in scopes and scope not in transaction.caller.scopes]:
        raise Refused(
            ErrorCode.SCOPE_NOT_HELD,
            f"This API key does not hold {', '.join(unheld)}, so it cannot hand that on."
            " Leave it out, or use a key that does.",
            "scopes",
        )
    key, secret = issue_key(transaction.session, owner, name, scopes, expires_at)
    await transaction.session.flush()
    return {"api_key": key, "secret": secret}


def issue_key(
    session: WriteSession, owner: str, name: str, scopes: list[Scope], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key and its secret, which nothing can show a second time."""
    key_id = new_id("key")
    secret = new_secret(key_id)
    held = [scope for scope in Scope if scope in scopes]
    key = ApiKey(
        id=key_id, organization_id=owner, name=name, scopes=held, secret_hash=digest(secret), expires_at=expires_at
    )
    session.add(key)
    return key, secret


def issue_admin_key(session: WriteSession, owner: str) -> str:
    """The secret of a new key that holds every scope."""
    return issue_key(session, owner, "admin", list(Scope))[1]


async def revoke_api_key(transaction: Transaction, *, api_key_id: str) -> dict[str, Any]:
    """At once: the next request with the key is UNAUTHENTICATED. A key that is revoked already keeps its time."""
    session = transaction.session
    within = transaction.caller.reach.holds(ApiKey, [api_key_id])
    if await session.scalar(sa.select(ApiKey.columns().id).where(within)) is None:
        raise Refused(
            ErrorCode.API_KEY_NOT_FOUND,
            "No such API key in an organization that this one may act for. List them with apiKeys.",
            "apiKeyId",
        )
    await session.execute(ApiKey.revocation(api_key_id, now()))
    return {"api_key": (await session.execute(ApiKey.by_id([api_key_id]))).one()}
