"""Refuse by triggers what no constraint can express, whoever writes."""

from migrations.triggers import create_refusing_trigger

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFUSED = {
    "organization_parent_never_changes": (
        "UPDATE OF id, parent_id, depth ON organization",
        "OLD.parent_id IS NOT NEW.parent_id OR OLD.id <> NEW.id OR OLD.depth <> NEW.depth",
    ),
    "organization_stands_below_its_parent": (
        "INSERT ON organization",
        "NEW.depth <> 1 + COALESCE((SELECT depth FROM organization WHERE id = NEW.parent_id), 0)",
    ),
    "agent_version_published_never_changes": (
        "UPDATE ON agent_version",
        "OLD.published_at IS NOT NULL",
    ),
    "phone_number_owner_never_changes": (
        "UPDATE OF id, organization_id, e164 ON phone_number",
        "OLD.id <> NEW.id OR OLD.organization_id <> NEW.organization_id OR OLD.e164 <> NEW.e164",
    ),
    "phone_number_slot_holds_a_published_version": (
        "UPDATE OF inbound_agent_version_id, outbound_agent_version_id ON phone_number",
        "EXISTS (SELECT 1 FROM agent_version WHERE published_at IS NULL"
        " AND id IN (NEW.inbound_agent_version_id, NEW.outbound_agent_version_id))",
    ),
    "phone_number_starts_with_published_versions": (
        "INSERT ON phone_number",
        "EXISTS (SELECT 1 FROM agent_version WHERE published_at IS NULL"
        " AND id IN (NEW.inbound_agent_version_id, NEW.outbound_agent_version_id))",
    ),
    "phone_number_with_a_live_conversation_stays": (
        "DELETE ON phone_number",
        "EXISTS (SELECT 1 FROM conversation WHERE phone_number_id = OLD.id"
        " AND status IN ('QUEUED', 'DIALING', 'RINGING', 'IN_PROGRESS'))",
    ),
    "conversation_keeps_what_it_was_created_with": (
        "UPDATE ON conversation",
        "OLD.agent_number <> NEW.agent_number OR OLD.user_number IS NOT NEW.user_number"
        " OR OLD.organization_id <> NEW.organization_id OR OLD.direction <> NEW.direction"
        " OR CAST(OLD.resolution AS TEXT) IS NOT CAST(NEW.resolution AS TEXT)"
        " OR OLD.idempotency_key IS NOT NEW.idempotency_key OR OLD.created_at <> NEW.created_at",
    ),
    "conversation_final_status_never_changes": (
        "UPDATE OF status, end_reason, ended_at ON conversation",
        "OLD.ended_at IS NOT NULL AND (OLD.status <> NEW.status OR OLD.end_reason IS NOT NEW.end_reason"
        " OR OLD.ended_at IS NOT NEW.ended_at)",
    ),
    "conversation_never_goes_back": (
        "UPDATE OF status ON conversation",
        "NEW.ended_at IS NULL AND instr('QUEUED DIALING RINGING IN_PROGRESS', OLD.status)"
        " > instr('QUEUED DIALING RINGING IN_PROGRESS', NEW.status)",
    ),
}


def upgrade() -> None:
    for name, (event, refused) in REFUSED.items():
        create_refusing_trigger(name, event, refused)
