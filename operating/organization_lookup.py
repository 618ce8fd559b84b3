"""Find an organization by its id or slug, as an operator types it."""

import sqlalchemy as sa

from models import ErrorCode, Organization, Refused
from storage import ReadSession

MAX_SHOWN = 10


async def find_organization_id(session: ReadSession, id_or_slug: str) -> str:
    """Return the organization's id. Raises `Refused`, whose message lists organizations."""
    columns = Organization.columns()
    matching = sa.select(columns.id).where(sa.or_(columns.id == id_or_slug, columns.slug == id_or_slug))
    if organization_id := await session.scalar(matching):
        return str(organization_id)
    oldest = sa.select(columns.id, columns.slug).order_by(columns.created_at, columns.id).limit(MAX_SHOWN)
    examples = [f"{row.slug} ({row.id})" for row in await session.execute(oldest)]
    raise Refused(
        ErrorCode.ORGANIZATION_NOT_FOUND,
        f"No organization has the id or slug {id_or_slug}. "
        + (
            f"The oldest are {', '.join(examples)}."
            if examples
            else "There is none: create one with create-organization."
        ),
    )
