"""Look up and create organizations (R1, R2)."""

import re

import sqlalchemy as sa

from calling import validation
from calling.campaign_settings import MAX_CALLS
from models import MAX_DEPTH, ErrorCode, Organization, Refused, self_and_ancestors
from models.rows import OrganizationRow
from resolvers.authentication import organization_not_found
from resolvers.context import Info, Payload, Transaction
from resolvers.loaders import LOADERS
from storage import WriteSession

MAX_SLUG_LENGTH = 63
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


async def organization(info: Info, id: str) -> OrganizationRow | None:
    """Look up the key's organization, an ancestor or, with CHILD_ORGANIZATIONS_MANAGE, a descendant; else None."""
    principal = info.context.principal
    above = sa.select(self_and_ancestors([principal.organization_id]).c.ancestor_id)
    visible = sa.or_(Organization.columns().id.in_(above), principal.reach.contains_rows(Organization, [id]))
    async with info.context.read() as session:
        return (await session.execute(Organization.by_id([id]).where(visible))).first()


async def create_organization(
    transaction: Transaction, *, name: str, slug: str, parent_id: str | None = None
) -> Payload:
    try:
        parent = await transaction.authorize_organization(parent_id)
    except Refused:
        raise organization_not_found("parentId") from None
    return {"organization": await add_organization(transaction.session, name, slug, parent)}


async def set_call_budget(
    transaction: Transaction, *, organization_id: str, max_concurrent_calls: int | None = None
) -> Payload:
    """Set the most calls at once of an organization below the key's own, and of all below it; None: any (R19)."""
    owner = await transaction.authorize_organization(organization_id)
    if owner == transaction.principal.organization_id:
        raise organization_below_required()
    if max_concurrent_calls is not None:
        validation.check_whole_number(max_concurrent_calls, 1, MAX_CALLS, "maxConcurrentCalls")
    found = sa.select(Organization).where(Organization.columns().id == owner)
    organization: Organization = (await transaction.session.execute(found)).scalar_one()
    organization.call_budget = max_concurrent_calls
    await transaction.session.flush()
    return {"organization": organization}


def organization_below_required() -> Refused:
    """Refuse a call budget of the key's own organization: one above it sets it."""
    return Refused(
        ErrorCode.ORGANIZATION_NOT_FOUND,
        "No such organization among those below the API key's own. List them with organization { children };"
        " the budget of its own is set by one above it.",
        "organizationId",
    )


async def call_budget(root: OrganizationRow, info: Info) -> int | None:
    """Return the organization's own budget; None for one that the key may not act for, too."""
    row: OrganizationRow | None = await info.context.load(LOADERS["call_budget"], root.id)
    return row.call_budget if row else None


async def call_budget_used(root: OrganizationRow, info: Info) -> int:
    """Return the calls at once of the organization and all below; 0 for one that the key may not act for."""
    row = await info.context.load(LOADERS["call_budget"], root.id)
    return int(row.used) if row else 0


async def add_organization(session: WriteSession, name: str, slug: str, parent_id: str | None) -> Organization:
    """Create an organization; a root (only on the operator's command line) if `parent_id` is None."""
    depth = await _depth_below(session, parent_id)
    validation.check_name(name, "name")
    await _require_free_slug(session, slug)
    organization = Organization(name=name, slug=slug, parent_id=parent_id, depth=depth)
    session.add(organization)
    await session.flush()
    return organization


async def _depth_below(session: WriteSession, parent_id: str | None) -> int:
    if parent_id is None:
        return 1
    depth = 1 + int(await session.scalar(sa.select(Organization.columns().depth).filter_by(id=parent_id)) or 0)
    if depth > MAX_DEPTH:
        raise Refused(
            ErrorCode.LIMIT_EXCEEDED,
            f"Organizations nest at most {MAX_DEPTH} deep, and this parent is at that depth. Choose one higher up.",
            "parentId",
        )
    return depth


async def _require_free_slug(session: WriteSession, slug: str) -> None:
    if len(slug) > MAX_SLUG_LENGTH or not _SLUG.fullmatch(slug):
        raise validation.invalid_input(
            "A slug is lower-case letters and digits, in parts joined by single dashes, at most 63 characters,"
            " such as harbor-clinics.",
            "slug",
        )
    if await session.scalar(sa.select(Organization.columns().id).where(Organization.columns().slug == slug)):
        raise Refused(
            ErrorCode.SLUG_TAKEN,
            f"The slug {slug} is taken, maybe by an organization elsewhere. Choose another.",
            "slug",
        )
