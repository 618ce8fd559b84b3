"""What changed, noted by the database itself: whoever writes, those who follow hear of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = "INSERT INTO change (kind, subject_id, organization_id, shared) SELECT 'PHONE_NUMBER', id, organization_id"
# event on a table: what to note. `shared`: organizations below the owner may have seen the number, or see it now.
NOTED = {
    "AFTER INSERT ON phone_number": f"{NUMBER}, shareable FROM phone_number WHERE id = NEW.id",
    "AFTER UPDATE ON phone_number": f"{NUMBER}, shareable OR OLD.shareable FROM phone_number WHERE id = NEW.id",
    "AFTER DELETE ON phone_number": "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " VALUES ('PHONE_NUMBER', OLD.id, OLD.organization_id, OLD.shareable)",
    "AFTER UPDATE OF name, outbound_address ON trunk": f"{NUMBER}, shareable FROM phone_number WHERE trunk_id = NEW.id",
    "AFTER UPDATE OF published_at ON agent_version": f"{NUMBER}, 0 FROM phone_number WHERE"
    " inbound_agent_version_id IN (SELECT id FROM agent_version WHERE agent_id = NEW.agent_id)"
    " OR outbound_agent_version_id IN (SELECT id FROM agent_version WHERE agent_id = NEW.agent_id)",
    "AFTER INSERT ON conversation": "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " VALUES ('CONVERSATION', NEW.id, NEW.organization_id, 0)",
    "AFTER UPDATE ON conversation": "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " VALUES ('CONVERSATION', NEW.id, NEW.organization_id, 0)",
    "AFTER UPDATE OF revoked_at ON api_key": "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " VALUES ('API_KEY', NEW.id, NEW.organization_id, 0)",
}


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
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
    for event, note in NOTED.items():
        words = event.split()
        op.execute(f"CREATE TRIGGER note_{words[-1]}_{words[1].lower()} {event} BEGIN {note}; END")
    op.execute(
        "CREATE TRIGGER change_keeps_the_last AFTER INSERT ON change WHEN NEW.id % 1000 = 0"
        " BEGIN DELETE FROM change WHERE id <= NEW.id - 10000; END"
    )
