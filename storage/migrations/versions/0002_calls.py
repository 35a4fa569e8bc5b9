"""The paid calls of a job stand in a table of their own; results may be held, or come late."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Move what a job knew of its one call into `calls`, under hashes that no secret has."""
    op.create_table(
        "calls",
        sa.Column("job_id", sa.String(25), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("callback_hash", sa.String(64), nullable=False),
        sa.Column("inputs_hash", sa.String(64), nullable=False),
        sa.Column("task_id", sa.Text()),
        sa.Column("trace_id", sa.Text()),
        sa.Column("outcome", sa.String(64)),
        sa.Column("sent_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "position", name="pk_calls"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_calls_job_id"),
        sa.UniqueConstraint("callback_hash", name="uq_calls_callback_hash"),
        sa.UniqueConstraint("inputs_hash", name="uq_calls_inputs_hash"),
        sa.CheckConstraint("images > 0", name="ck_calls_images_positive"),
    )
    op.create_index("ix_calls_state", "calls", ["state"])
    op.execute(
        """
        INSERT INTO calls
        SELECT id, 1, count, provider,
               CASE state WHEN 'submitting' THEN 'submitting' WHEN 'unknown' THEN 'unknown'
                          WHEN 'failed' THEN CASE WHEN made IS NULL THEN 'failed' ELSE 'done' END
                          ELSE 'done' END,
               'none-' || id, 'none-' || id, task_id, trace_id,
               CASE WHEN state IN ('failed', 'unknown') THEN outcome END, sent_at
        FROM jobs WHERE sent_at IS NOT NULL AND state NOT IN ('accepted', 'cancelled')
        """
    )
    op.add_column("jobs", sa.Column("asked_model", sa.String(64)))
    op.add_column("jobs", sa.Column("perhaps_billed", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("late", sa.Boolean(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE jobs SET perhaps_billed = CASE state WHEN 'unknown' THEN count ELSE coalesce(made, 0) END"
    )
    for column in ("provider", "task_id", "trace_id", "made"):
        op.drop_column("jobs", column)
