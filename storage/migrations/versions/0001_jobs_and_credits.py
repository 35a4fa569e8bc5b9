"""Jobs, their pictures, budgets and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables, and the triggers that keep the ledger append-only."""
    op.create_table(
        "budgets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(80), nullable=False),
        sa.Column("period_start", sa.Double(), nullable=False),
        sa.Column("period_end", sa.Double(), nullable=False),
        sa.Column("ceiling", sa.Integer(), nullable=False),
        sa.Column("of_operator", sa.Boolean(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budgets"),
        sa.UniqueConstraint(
            "holder", "period_start", "period_end", name="uq_budgets_holder_period_start_period_end"
        ),
        sa.CheckConstraint("spent >= 0", name="ck_budgets_spent_not_negative"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(25), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(8), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("resolution", sa.String(8), nullable=False),
        sa.Column("aspect_ratio", sa.String(8)),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("spoiler", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("interaction_token", sa.Text()),
        sa.Column("token_expires_at", sa.Double(), nullable=False),
        sa.Column("progress_message_id", sa.BigInteger()),
        sa.Column("file_limit", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("task_id", sa.Text()),
        sa.Column("trace_id", sa.Text()),
        sa.Column("made", sa.Integer()),
        sa.Column("result_message_id", sa.BigInteger()),
        sa.Column("outcome", sa.String(64)),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("accepted_at", sa.Double(), nullable=False),
        sa.Column("sent_at", sa.Double()),
        sa.Column("answered_at", sa.Double()),
        sa.Column("ready_at", sa.Double()),
        sa.Column("ended_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("interaction_id", name="uq_jobs_interaction_id"),
        sa.CheckConstraint("price >= 0 AND count > 0", name="ck_jobs_price_and_count"),
    )
    op.create_index("ix_jobs_state_accepted_at", "jobs", ["state", "accepted_at"])
    op.create_index("ix_jobs_user_id_accepted_at", "jobs", ["user_id", "accepted_at"])
    op.create_index("ix_jobs_model_resolution_answered_at", "jobs", ["model", "resolution", "answered_at"])
    op.create_table(
        "pictures",
        sa.Column("job_id", sa.String(25), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("path", sa.Text()),
        sa.Column("media_type", sa.String(16)),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("size", sa.Integer()),
        sa.PrimaryKeyConstraint("job_id", "kind", "position", name="pk_pictures"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_pictures_job_id"),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("job_id", sa.String(25), nullable=False),
        sa.Column("budget_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.UniqueConstraint("job_id", "budget_id", "kind", name="uq_ledger_job_id_budget_id_kind"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_ledger_job_id"),
        sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name="fk_ledger_budget_id"),
        sa.CheckConstraint("kind IN ('reserve', 'settle', 'refund')", name="ck_ledger_kind"),
        sa.CheckConstraint("credits > 0", name="ck_ledger_credits_positive"),
    )
    op.create_index("ix_ledger_budget_id", "ledger", ["budget_id"])
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_no_{verb.lower()} BEFORE {verb} ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
