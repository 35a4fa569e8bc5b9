"""Moderators divide what the operator allows: rules, bonuses, blocks, settings, and the log of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables; what is spent knows the period of its limit from now on."""
    op.add_column("budgets", sa.Column("period", sa.String(8)))
    op.create_index("ix_budgets_period_start", "budgets", ["period_start"])
    op.create_index("ix_jobs_guild_id_accepted_at", "jobs", ["guild_id", "accepted_at"])
    _of_server(
        "rules",
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.CheckConstraint("credits >= 0", name="ck_rules_credits_not_negative"),
        key=["kind", "subject_id"],
    )
    _of_server(
        "resets",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        key=["user_id"],
    )
    _of_server(
        "blocks",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Double()),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text()),
        key=["user_id"],
    )
    _of_server(
        "server_settings",
        sa.Column("log_channel_id", sa.BigInteger()),
        sa.Column("channels", sa.String(12), nullable=False),
        sa.Column("member_running", sa.Integer()),
    )
    _of_server(
        "server_channels", sa.Column("channel_id", sa.BigInteger(), nullable=False), key=["channel_id"]
    )
    _of_server("server_moderators", sa.Column("role_id", sa.BigInteger(), nullable=False), key=["role_id"])
    _of_server(
        "server_ceilings",
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.CheckConstraint("credits >= 0", name="ck_server_ceilings_credits_not_negative"),
    )
    _of_server(
        "ceiling_notices",
        sa.Column("period_start", sa.Double(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("period_end", sa.Double(), nullable=False),
        sa.Column("ceiling", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        key=["period_start", "percent"],
    )
    op.create_index("ix_ceiling_notices_told", "ceiling_notices", ["told"], sqlite_where=sa.text("NOT told"))
    op.create_table(
        "operator_state",
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_operator_state"),
    )
    _add_changes()


def _of_server(name: str, *columns: sa.schema.SchemaItem, key: list[str] | None = None) -> None:
    """A table whose rows belong to servers."""
    op.create_table(
        name,
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("guild_id", *(key or []), name=f"pk_{name}"),
    )


def _add_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("job_id", sa.String(25)),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_changes_job_id"),
    )
    op.create_index("ix_changes_guild_id", "changes", ["guild_id"])
    op.create_index("ix_changes_guild_id_subject_id", "changes", ["guild_id", "subject_id"])
    op.create_index(
        "uq_changes_refunded_job",
        "changes",
        ["job_id"],
        unique=True,
        sqlite_where=sa.text("action = 'refund'"),
    )
    for verb in ("UPDATE OF id, at, guild_id, action, details, job_id", "DELETE"):
        op.execute(
            f"CREATE TRIGGER changes_no_{verb[:6].lower()} BEFORE {verb} ON changes "
            "BEGIN SELECT RAISE(ABORT, 'the log of changes is append-only'); END"
        )
