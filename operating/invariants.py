"""Check copied rows for violations that triggers would have refused."""

import sqlalchemy as sa

from operating.backup import CopyFailed
from storage import ReadSession

# The counts that are kept less those of the rows, which is nothing for each status, number and outcome.
COUNTS_THAT_DIFFER = (
    "SELECT campaign_id AS id FROM (SELECT campaign_id, kind, key, count AS number FROM contact_count"
    " UNION ALL SELECT campaign_id, 'status', status, -COUNT(*) FROM contact GROUP BY campaign_id, status"
    " UNION ALL SELECT campaign_id, 'number', last_agent_number, -COUNT(*) FROM contact"
    " WHERE last_agent_number IS NOT NULL GROUP BY campaign_id, last_agent_number"
    " UNION ALL SELECT campaign_id, 'attempts', '', -COUNT(*) FROM conversation"
    " WHERE attempt_number IS NOT NULL GROUP BY campaign_id"
    " UNION ALL SELECT campaign_id, 'outcome', attempt_outcome, -COUNT(*) FROM conversation"
    " WHERE attempt_outcome IS NOT NULL GROUP BY campaign_id, attempt_outcome)"
    " AS counted GROUP BY campaign_id, kind, key HAVING SUM(number) <> 0"
)

# Selects the ids of invalid rows, by the description of them in the error message.
INVARIANT_VIOLATIONS = {
    "organizations whose depth is not one more than their parent's": (
        "SELECT own.id FROM organization own LEFT JOIN organization above ON above.id = own.parent_id"
        " WHERE own.depth <> 1 + COALESCE(above.depth, 0)"
    ),
    "numbers with an unpublished version in a slot": (
        "SELECT phone_number.id FROM phone_number JOIN agent_version"
        " ON agent_version.id IN (inbound_agent_version_id, outbound_agent_version_id) WHERE published_at IS NULL"
    ),
    "conversations whose agent number is not that of their phone number": (
        "SELECT conversation.id FROM conversation JOIN phone_number ON phone_number.id = phone_number_id"
        " WHERE agent_number <> e164"
    ),
    "conversations over a number that belongs neither to their organization nor to one above it": (
        "SELECT conversation.id FROM conversation JOIN phone_number ON phone_number.id = phone_number_id"
        " WHERE conversation.organization_id <> phone_number.organization_id AND (direction = 'INBOUND' OR NOT EXISTS"
        " (WITH RECURSIVE line (above) AS (SELECT parent_id FROM organization WHERE id = conversation.organization_id"
        " UNION ALL SELECT parent_id FROM organization JOIN line ON id = above)"
        " SELECT 1 FROM line WHERE above = phone_number.organization_id))"
    ),
    "conversations that are queued although they were dialed": (
        "SELECT id FROM conversation WHERE status = 'QUEUED' AND dialed_at IS NOT NULL"
    ),
    "campaigns whose counts of contacts or attempts are not those of the rows": COUNTS_THAT_DIFFER,
    "transfers whose end time does not match their status": (
        "SELECT id FROM transfer WHERE (ended_at IS NULL) <> (status IN ('REQUESTED', 'RINGING'))"
    ),
}


async def find_wrong_counts(session: ReadSession) -> list[str]:
    """Return the ids of campaigns whose kept counts are not those of their rows (R24)."""
    rows = await session.execute(sa.text(COUNTS_THAT_DIFFER))
    return sorted({row.id for row in rows})


async def require_invariants(session: ReadSession) -> None:
    """Raise `CopyFailed` if a row violates a rule that a trigger enforces."""
    for what, violations in INVARIANT_VIOLATIONS.items():
        if found := (await session.execute(sa.text(f"{violations} LIMIT 1"))).first():
            raise CopyFailed(f"there are {what}, such as {found.id}: correct them first. Nothing was written.")
