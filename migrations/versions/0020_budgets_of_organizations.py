"""Make budgets of points those of organizations instead of keys."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM budget")
    op.execute("ALTER TABLE budget RENAME COLUMN api_key_id TO organization_id")
