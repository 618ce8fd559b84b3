"""Organizations: looking one up, and creating one (R1, R2)."""

import re
from typing import Any

import sqlalchemy as sa

from calling import form
from models import DEEPEST, ErrorCode, Organization, Refused, WriteSession, lineage
from resolvers.caller import organization_not_found
from resolvers.context import Info, Transaction

LONGEST_SLUG = 63
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


async def organization(info: Info, id: str) -> Any:
    """Its own, an ancestor, or one below with CHILD_ORGANIZATIONS_MANAGE; of the rest none exists."""
    caller = info.context.caller
    above = sa.select(lineage([caller.organization_id]).c.ancestor_id)
    visible = sa.or_(Organization.columns().id.in_(above), caller.reach.holds(Organization, [id]))
    async with info.context.database.read() as session:
        return (await session.execute(Organization.by_id([id]).where(visible))).first()


async def create_organization(
    transaction: Transaction, *, name: str, slug: str, parent_id: str | None = None
) -> dict[str, Any]:
    try:
        parent = await transaction.acting(parent_id)
    except Refused:
        raise organization_not_found("parentId") from None
    return {"organization": await add_organization(transaction.session, name, slug, parent)}


async def add_organization(session: WriteSession, name: str, slug: str, parent_id: str | None) -> Organization:
    """A new root where `parent_id` is None: only the operator's command line makes one."""
    depth = await _depth_below(session, parent_id)
    form.name(name, "name")
    await _refuse_slug(session, slug)
    organization = Organization(name=name, slug=slug, parent_id=parent_id, depth=depth)
    session.add(organization)
    await session.flush()
    return organization


async def _depth_below(session: WriteSession, parent_id: str | None) -> int:
    if parent_id is None:
        return 1
    depth = 1 + int(await session.scalar(sa.select(Organization.columns().depth).filter_by(id=parent_id)) or 0)
    if depth > DEEPEST:
        raise Refused(
            ErrorCode.LIMIT_EXCEEDED,
            f"Organizations nest at most {DEEPEST} deep, and this parent is at that depth. Choose one higher up.",
            "parentId",
        )
    return depth


async def _refuse_slug(session: WriteSession, slug: str) -> None:
    if len(slug) > LONGEST_SLUG or not _SLUG.fullmatch(slug):
        raise form.invalid(
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
