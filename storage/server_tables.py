"""The tables of what moderators and the operator decide for servers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from storage.tables import metadata

# What a member, a role, or everybody else (0) may spend in a server.
rules = Table(
    "rules",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), primary_key=True),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("credits", Integer, nullable=False),
    Column("period", String(8), nullable=False),
    CheckConstraint("credits >= 0", name="credits_not_negative"),
)

# When the running period of a member, or of everybody (0), was last started anew.
resets = Table(
    "resets",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
)

# Who may make no images in a server; without `until` for good.
blocks = Table(
    "blocks",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("until", Double),
    Column("by", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("reason", Text),
)

server_settings = Table(
    "server_settings",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("log_channel_id", BigInteger),
    Column("channels", String(12), nullable=False),
    Column("member_running", Integer),
)

# The channels that `server_settings.channels` speaks of.
server_channels = Table(
    "server_channels",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
)

server_moderators = Table(
    "server_moderators",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("role_id", BigInteger, primary_key=True, autoincrement=False),
)

# The servers whose ceiling is not the default one.
server_ceilings = Table(
    "server_ceilings",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("credits", Integer, nullable=False),
    CheckConstraint("credits >= 0", name="credits_not_negative"),
)

# Who changed what, for whom and why. Append-only (triggers), but for whose it was: members can be forgotten.
changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("guild_id", BigInteger, nullable=False, index=True),
    Column("actor_id", BigInteger, nullable=False),
    Column("action", String(16), nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("details", Text, nullable=False),
    Column("reason", Text),
    Column("job_id", ForeignKey("jobs.id")),
    Index("ix_changes_guild_id_subject_id", "guild_id", "subject_id"),
    Index("uq_changes_refunded_job", "job_id", unique=True, sqlite_where=text("action = 'refund'")),
)

# What the operator has switched, such as `paused`.
operator_state = Table(
    "operator_state",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("at", Double, nullable=False),
)

# How many percent of its ceiling a server has used in a period, told once each.
ceiling_notices = Table(
    "ceiling_notices",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("period_start", Double, primary_key=True),
    Column("percent", Integer, primary_key=True, autoincrement=False),
    Column("period_end", Double, nullable=False),
    Column("ceiling", Integer, nullable=False),
    Column("told", Boolean, nullable=False),
    Index("ix_ceiling_notices_told", "told", sqlite_where=text("NOT told")),
)
