"""What the triggers of `migrations/` refuse, asked of rows that came by without them: one SELECT a rule."""

import sqlalchemy as sa

from models import ReadSession
from operating.backup import NotCopied

# Each finds the ids of rows that must not be.
BROKEN = {
    "organizations that do not stand below their parent": (
        "SELECT own.id FROM organization own LEFT JOIN organization above ON above.id = own.parent_id"
        " WHERE own.depth <> 1 + COALESCE(above.depth, 0)"
    ),
    "numbers with an unpublished version in a slot": (
        "SELECT phone_number.id FROM phone_number JOIN agent_version"
        " ON agent_version.id IN (inbound_agent_version_id, outbound_agent_version_id) WHERE published_at IS NULL"
    ),
    "conversations that show another number than theirs": (
        "SELECT conversation.id FROM conversation JOIN phone_number ON phone_number.id = phone_number_id"
        " WHERE agent_number <> e164"
    ),
    "conversations over a number that is neither their own nor from above": (
        "SELECT conversation.id FROM conversation JOIN phone_number ON phone_number.id = phone_number_id"
        " WHERE conversation.organization_id <> phone_number.organization_id AND (direction = 'INBOUND' OR NOT EXISTS"
        " (WITH RECURSIVE line (above) AS (SELECT parent_id FROM organization WHERE id = conversation.organization_id"
        " UNION ALL SELECT parent_id FROM organization JOIN line ON id = above)"
        " SELECT 1 FROM line WHERE above = phone_number.organization_id))"
    ),
    "conversations that wait though they were dialed": (
        "SELECT id FROM conversation WHERE status = 'QUEUED' AND dialed_at IS NOT NULL"
    ),
    "transfers that are over and have no end": (
        "SELECT id FROM transfer WHERE (ended_at IS NULL) <> (status IN ('REQUESTED', 'RINGING'))"
    ),
}


async def require_kept(session: ReadSession) -> None:
    """Raises NotCopied."""
    for what, broken in BROKEN.items():
        if found := (await session.execute(sa.text(f"{broken} LIMIT 1"))).first():
            raise NotCopied(f"there are {what}, such as {found.id}: mend them first. Nothing was written.")
