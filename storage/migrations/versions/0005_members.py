"""What members have set for themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table."""
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
