"""Suppressions are in the audit, and contacts whose time zone nobody knows wait once their campaign has a default."""

from migrations.audit_triggers import create_audit_trigger
from migrations.constraints import add_enum_values
from migrations.json_sql import json_datetime, json_object
from migrations.triggers import create_after_trigger

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# As in calling/contact_admission.py.
TIME_ZONE_UNKNOWN = (
    "The number says nothing of its time zone. Send the contact''s timeZone, or give the campaign a defaultTimeZone."
)


def suppression(row: str) -> str:
    return json_object(e164=f"{row}.e164", until=json_datetime(f"{row}.until"), source=f"{row}.source")


def upgrade() -> None:
    add_enum_values("audit_event", "action", "AuditAction", "SUPPRESSION_ADDED", "SUPPRESSION_REMOVED")
    create_audit_trigger(
        "suppression_added",
        "INSERT ON suppression",
        "SUPPRESSION_ADDED",
        before="NULL",
        after=suppression("NEW"),
        condition="TRUE",
    )
    create_audit_trigger(
        "suppression_extended",
        "UPDATE OF until, source ON suppression",
        "SUPPRESSION_ADDED",
        before=suppression("OLD"),
        after=suppression("NEW"),
        condition="NEW.until IS NOT OLD.until OR NEW.source IS NOT OLD.source",
    )
    create_audit_trigger(
        "suppression_removed",
        "DELETE ON suppression",
        "SUPPRESSION_REMOVED",
        before=suppression("OLD"),
        after="NULL",
        condition="TRUE",
    )
    _follow_default_time_zone()


def _follow_default_time_zone() -> None:
    refused = f"'REFUSED', refusal_code = 'TIME_ZONE_UNKNOWN', refusal_message = '{TIME_ZONE_UNKNOWN}'"
    is_open = "NEW.ended_at IS NULL AND"
    create_after_trigger(
        "contacts_get_a_time_zone",
        "UPDATE OF default_time_zone ON campaign",
        "UPDATE contact SET status = 'PENDING', refusal_code = NULL, refusal_message = NULL"
        " WHERE campaign_id = NEW.id AND status = 'REFUSED' AND refusal_code = 'TIME_ZONE_UNKNOWN'",
        f"{is_open} OLD.default_time_zone IS NULL AND NEW.default_time_zone IS NOT NULL",
    )
    create_after_trigger(
        "contacts_lose_their_time_zone",
        "UPDATE OF default_time_zone ON campaign",
        f"UPDATE contact SET status = {refused} WHERE campaign_id = NEW.id AND status = 'PENDING' AND zone_key = ''",
        f"{is_open} OLD.default_time_zone IS NOT NULL AND NEW.default_time_zone IS NULL",
    )
