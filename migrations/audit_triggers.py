"""Create triggers that write audit events (from 0018 on; the first are in 0004 and 0011)."""

from migrations.triggers import create_after_trigger, on_postgres

# Ids have the form of all others: milliseconds, a counter for the order within one, and random digits.
ON_SQLITE = {
    "id": "printf('aud_%012x%06x%s', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),"
    " (SELECT COALESCE(MAX(rowid), 0) FROM audit_event) % 16777216, lower(hex(randomblob(4))))",
    "acting": "(SELECT api_key_id FROM acting)",
    "moment": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
}
ON_POSTGRES = {
    "id": "'aud_' || lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')"
    " || lpad(to_hex(nextval('audit_event_order') % 256), 2, '0') || right(gen_random_uuid()::text, 12)",
    "acting": "NULLIF(current_setting('dialtree.acting', TRUE), '')",
    "moment": "clock_timestamp()",
}


def create_audit_trigger(
    name: str, event: str, action: str, *, before: str, after: str, condition: str, owner: str = "organization_id"
) -> None:
    """Create a trigger that writes an audit event of the row's organization after each row that the condition selects.

    `before` and `after` are SQL, of OLD and NEW. `owner`: the column of the organization.
    """
    sql, row = ON_POSTGRES if on_postgres() else ON_SQLITE, "OLD" if event.startswith("DELETE") else "NEW"
    statement = (
        "INSERT INTO audit_event (id, organization_id, action, api_key_id, subject_id, before, after, created_at)"
        f" VALUES ({sql['id']}, {row}.{owner}, '{action}', {sql['acting']}, {row}.id,"
        f" {before}, {after}, {sql['moment']})"
    )
    create_after_trigger(f"audit_{name}", event, statement, condition)
