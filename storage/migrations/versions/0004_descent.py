"""Jobs know where their pictures come from; a message may ask for them, and buttons below results do."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add what an edit needs to know, and count the inputs of the jobs that there are."""
    op.execute("ALTER TABLE jobs RENAME COLUMN interaction_id TO request_id")
    op.add_column("jobs", sa.Column("inputs", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE jobs SET inputs = (SELECT count(*) FROM pictures WHERE job_id = jobs.id AND kind = 'source')"
    )
    op.add_column("jobs", sa.Column("parent_id", sa.String(25)))
    op.add_column("jobs", sa.Column("source_message_id", sa.BigInteger()))
    op.add_column("jobs", sa.Column("chosen", sa.String(32)))
    op.add_column("jobs", sa.Column("press", sa.String(48)))
    op.add_column("jobs", sa.Column("reply_to", sa.BigInteger()))
    op.create_index("ix_jobs_parent_id", "jobs", ["parent_id"])
    op.create_index(
        "ix_jobs_user_id_press", "jobs", ["user_id", "press"], sqlite_where=sa.text("press IS NOT NULL")
    )
