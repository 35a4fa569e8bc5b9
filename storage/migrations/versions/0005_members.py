"""What members have set for themselves, and who has asked to be forgotten; what is old is found fast."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables, the key of this database, and indexes of what is still kept."""
    op.create_table(
        "member_defaults",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.String(64)),
        sa.Column("aspect_ratio", sa.String(8)),
        sa.Column("resolution", sa.String(8)),
        sa.Column("spoiler", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("dm", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_member_defaults"),
    )
    op.create_table(
        "stand_ins",
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("stand_in", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tag", name="pk_stand_ins"),
    )
    keys = op.create_table(
        "stand_in_key",
        sa.Column("key", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_stand_in_key"),
    )
    op.bulk_insert(keys, [{"key": secrets.token_hex(32)}])
    op.create_index("ix_jobs_ended_at", "jobs", ["ended_at"], sqlite_where=sa.text("prompt != ''"))
    op.create_index(
        "ix_pictures_job_id",
        "pictures",
        ["job_id"],
        sqlite_where=sa.text("path IS NOT NULL OR url IS NOT NULL"),
    )
