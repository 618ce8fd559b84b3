"""Authenticate an API key's secret, and check its scopes and which organizations it may act for (R2, R15)."""

import hmac
from collections import OrderedDict
from dataclasses import dataclass, field

import sqlalchemy as sa

from models import ApiKey, ErrorCode, Organization, Reach, Refused, Scope, now
from models.api_key_secret import hash_secret, parse_key_id
from models.rows import KeyRow
from resolvers.key_batching import BatchedKeyLookup, find_keys
from resolvers.top_level_error import TopLevelError
from storage import Database, ReadSession
from storage.session import LOOKUP_TIMEOUT_SECONDS
from storage.table_revisions import UNCHANGED


@dataclass(frozen=True)
class Principal:
    """The API key that a request is authenticated by, with its organization and scopes."""

    api_key: KeyRow = field(repr=False)
    organization_id: str
    scopes: tuple[Scope, ...]

    @property
    def reach(self) -> Reach:
        """The organizations that the key may act for: its own and, with the scope for that, those below it."""
        return Reach(self.organization_id, includes_descendants=Scope.CHILD_ORGANIZATIONS_MANAGE in self.scopes)

    def require_scope(self, any_of: tuple[Scope, ...]) -> None:
        """Raise TopLevelError (FORBIDDEN) if the key holds none of the scopes. Called before any row is read (R15)."""
        if any_of and not any(scope in self.scopes for scope in any_of):
            raise TopLevelError(
                "FORBIDDEN",
                f"This needs the scope {' or '.join(scope.name for scope in any_of)}, which the API key does not"
                " hold. Use a key that holds it, or have one created with createApiKey.",
            )

    async def authorize_organization(self, session: ReadSession, organization_id: str | None) -> str:
        """Return the acting organization: `organization_id` or, if that is None, the key's own (R2).

        Raises Refused (ORGANIZATION_NOT_FOUND) if the key may not act for it.
        """
        if organization_id is None or organization_id == self.organization_id:
            return self.organization_id
        in_reach = self.reach.contains_rows(Organization, [organization_id])
        if await session.scalar(sa.select(Organization.columns().id).where(in_reach)) is None:
            raise organization_not_found("organizationId")
        return organization_id


# The cache holds the most recently used keys, until any key changes.
MAX_CACHED_KEYS = 1000


def organization_not_found(*field: str) -> Refused:
    return Refused(
        ErrorCode.ORGANIZATION_NOT_FOUND,
        "No such organization among those that this API key may act for: its own and, with the scope"
        " CHILD_ORGANIZATIONS_MANAGE, those below it.",
        *field,
    )


class Authenticator:
    """Finds the principal of a secret.

    On SQLite keys are cached until the table of keys changes; on PostgreSQL each request reads its key.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batched_lookup = BatchedKeyLookup(database)
        self._cache: OrderedDict[str, tuple[int, Principal]] = OrderedDict()

    async def authenticate(self, secret: str, *, batched: bool = False) -> Principal | None:
        """Return the principal of a secret `ak_<id>.<secret>`; None if it is unknown, wrong, expired or revoked.

        `batched`: look the key up together with the keys of other requests, so that many lookups are cheap.
        Raises DatabaseUnavailable.
        """
        key_id = parse_key_id(secret)
        principal = None if key_id is None else await self._find_principal(key_id, batched=batched)
        if principal is None or not hmac.compare_digest(principal.api_key.secret_hash, hash_secret(secret)):
            return None
        key = principal.api_key
        return None if key.revoked_at or (key.expires_at and key.expires_at <= now()) else principal

    async def _find_principal(self, key_id: str, *, batched: bool) -> Principal | None:
        """Return the principal of a key's id, from the cache or the database.

        The table's revision is read before the key, so that a cached key is never older than its revision.
        """
        tables = self._database.cached_revisions()
        revision = None if tables is None else tables.get(ApiKey.__tablename__, UNCHANGED)
        cached_revision, cached = self._cache.get(key_id, (None, None))
        if cached is not None and cached_revision == revision:
            self._cache.move_to_end(key_id)
            return cached
        key = await (self._batched_lookup.find(key_id) if batched else self._read_key(key_id))
        principal = None if key is None else Principal(key, key.organization_id, tuple(key.scopes))
        if principal and revision is not None:
            self._remember(key_id, revision, principal)
        return principal

    async def _read_key(self, key_id: str) -> KeyRow | None:
        async with self._database.read(LOOKUP_TIMEOUT_SECONDS) as session:
            (key,) = await find_keys(session, [key_id]) or (None,)
        return key

    def _remember(self, key_id: str, revision: int, principal: Principal) -> None:
        self._cache[key_id] = revision, principal
        self._cache.move_to_end(key_id)
        if len(self._cache) > MAX_CACHED_KEYS:
            self._cache.popitem(last=False)


async def is_revoked(session: ReadSession, principal: Principal) -> bool:
    """Whether the principal's key was revoked or deleted after it was authenticated."""
    (key,) = await find_keys(session, [principal.api_key.id]) or (None,)
    return key is None or key.revoked_at is not None
