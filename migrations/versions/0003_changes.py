"""Record changes of numbers and conversations by triggers, for subscriptions."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import create_after_trigger

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = "INSERT INTO change (kind, subject_id, organization_id, shared) SELECT 'PHONE_NUMBER', id, organization_id"
# event on a table: what to note. `shared`: organizations below the owner may have seen the number, or see it now.
NOTED = {
    "INSERT ON phone_number": f"{NUMBER}, shareable FROM phone_number WHERE id = NEW.id",
    "UPDATE ON phone_number": f"{NUMBER}, shareable OR OLD.shareable FROM phone_number WHERE id = NEW.id",
    "DELETE ON phone_number": "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " VALUES ('PHONE_NUMBER', OLD.id, OLD.organization_id, OLD.shareable)",
    "UPDATE OF name, outbound_address ON trunk": f"{NUMBER}, shareable FROM phone_number WHERE trunk_id = NEW.id",
    "UPDATE OF published_at ON agent_version": f"{NUMBER}, FALSE FROM phone_number WHERE"
    " inbound_agent_version_id IN (SELECT id FROM agent_version WHERE agent_id = NEW.agent_id)"
    " OR outbound_agent_version_id IN (SELECT id FROM agent_version WHERE agent_id = NEW.agent_id)",
    "INSERT ON conversation": "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " VALUES ('CONVERSATION', NEW.id, NEW.organization_id, FALSE)",
    "UPDATE ON conversation": "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " VALUES ('CONVERSATION', NEW.id, NEW.organization_id, FALSE)",
    "UPDATE OF revoked_at ON api_key": "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " VALUES ('API_KEY', NEW.id, NEW.organization_id, FALSE)",
}


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column(
            "kind",
            sa.Enum(
                "PHONE_NUMBER",
                "CONVERSATION",
                "API_KEY",
                name="ChangeKind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sqlite_autoincrement=True,
    )
    for event, statement in NOTED.items():
        words = event.split()
        create_after_trigger(f"note_{words[-1]}_{words[0].lower()}", event, statement)
    create_after_trigger(
        "change_keeps_the_last",
        "INSERT ON change",
        "DELETE FROM change WHERE id <= NEW.id - 10000",
        condition="NEW.id % 1000 = 0",
    )
