"""List, create and revoke API keys; a key can grant and revoke no more than it holds itself (R15)."""

from datetime import datetime
from typing import Unpack

import sqlalchemy as sa

from calling import validation
from models import ApiKey, ErrorCode, Refused, Scope, new_id, now
from models.api_key_secret import generate_secret, hash_secret
from models.projection import Projection
from models.rows import KeyRow
from resolvers.authentication import Principal
from resolvers.context import Info, Payload, Transaction
from resolvers.keyset_pagination import Page, PageArguments, newest_first
from resolvers.root_connections import RootList, load_root_connection
from storage import WriteSession
from storage.statement import query


async def viewer(info: Info) -> Principal:
    return info.context.principal


async def api_keys(
    info: Info, projection: Projection, organization_id: str | None = None, **page_arguments: Unpack[PageArguments]
) -> Page:
    root_list = RootList("api_keys", ApiKey.owned_by, newest_first(ApiKey))
    return await load_root_connection(info, organization_id, root_list, page_arguments, projection)


async def create_api_key(
    transaction: Transaction,
    *,
    name: str,
    scopes: list[Scope],
    organization_id: str | None = None,
    expires_at: datetime | None = None,
) -> Payload:
    owner = await transaction.authorize_organization(organization_id)
    validation.check_name(name, "name")
    if expires_at is not None and expires_at <= now():
        raise validation.invalid_input(
            "expiresAt is not in the future. Send a later time, or none for a key that never expires.", "expiresAt"
        )
    if missing := _scopes_not_held(transaction.principal, scopes):
        raise Refused(
            ErrorCode.SCOPE_NOT_HELD,
            f"This API key does not hold {', '.join(missing)}, so it cannot hand that on."
            " Leave it out, or use a key that does.",
            "scopes",
        )
    if earlier := _earlier_expiry(transaction.principal, expires_at):
        raise validation.invalid_input(
            f"This API key expires at {earlier.isoformat()}, so it cannot create one that works for longer."
            " Send an expiresAt up to then, or use a key that does not expire.",
            "expiresAt",
        )
    await transaction.require_quota(ApiKey, owner)
    key, secret = issue_key(transaction.session, owner, name, scopes, expires_at)
    await transaction.session.flush()
    return {"api_key": key, "secret": secret}


def _scopes_not_held(principal: Principal, scopes: list[Scope]) -> list[str]:
    return [scope.name for scope in Scope if scope in scopes and scope not in principal.scopes]


def _earlier_expiry(principal: Principal, expires_at: datetime | None) -> datetime | None:
    """Return when the principal's key expires, if that is before another expiry (None: never)."""
    own = principal.api_key.expires_at
    return own if own is not None and (expires_at is None or expires_at > own) else None


def issue_key(
    session: WriteSession, organization_id: str, name: str, scopes: list[Scope], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Create a key, and return it with its secret, which is not stored and cannot be shown again."""
    key_id = new_id("key")
    secret = generate_secret(key_id)
    held = [scope for scope in Scope if scope in scopes]
    key = ApiKey(
        id=key_id,
        organization_id=organization_id,
        name=name,
        scopes=held,
        secret_hash=hash_secret(secret),
        expires_at=expires_at,
    )
    session.add(key)
    return key, secret


def issue_admin_key(session: WriteSession, organization_id: str) -> str:
    """Create a key that holds every scope, and return its secret."""
    return issue_key(session, organization_id, "admin", list(Scope))[1]


async def revoke_api_key(transaction: Transaction, *, api_key_id: str) -> Payload:
    """Revoke a key: the next request with it is UNAUTHENTICATED. A key that is revoked already keeps its time.

    A key can revoke only keys that hold no scope that it lacks, and expire no later: so a key without every scope
    cannot revoke an admin key.
    """
    session = transaction.session
    in_reach = transaction.principal.reach.contains_rows(ApiKey, [api_key_id])
    key = (await session.execute(query(sa.select(ApiKey.__table__)).where(in_reach))).first()
    _require_revocable(transaction.principal, key)
    await session.execute(ApiKey.revoke(api_key_id, now()))
    return {"api_key": (await session.execute(ApiKey.by_id([api_key_id]))).one()}


def _require_revocable(principal: Principal, key: KeyRow | None) -> None:
    if key is None:
        raise Refused(
            ErrorCode.API_KEY_NOT_FOUND,
            "No such API key in an organization that this one may act for. List them with apiKeys.",
            "apiKeyId",
        )
    if missing := _scopes_not_held(principal, key.scopes):
        raise Refused(
            ErrorCode.SCOPE_NOT_HELD,
            f"That API key holds {', '.join(missing)}, which this one does not, so it cannot revoke it."
            " Use a key that holds them, or ask your operator.",
            "apiKeyId",
        )
    if _earlier_expiry(principal, key.expires_at):
        raise validation.invalid_input(
            "That API key works for longer than this one, which expires before, so it cannot revoke it. Use a key that"
            " does not expire, or ask your operator.",
            "apiKeyId",
        )
