"""The logins at Discord's gateway are remembered over restarts; old tokens are found without a search."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table and the index."""
    op.create_table(
        "logins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_logins"),
    )
    op.create_index(
        "ix_jobs_token_expires_at",
        "jobs",
        ["token_expires_at"],
        sqlite_where=sa.text("interaction_token IS NOT NULL"),
    )
