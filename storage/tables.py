"""The tables. Times are seconds since 1970 (UTC), credits are integers, ids are Discord's."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What one holder (a member's account, a bonus, a server, the bot) has spent, by days, so that it can be
# summed up for any period, whatever rule holds then; a bonus has one row for its life. `ceiling` and `period`
# are the limit as it was when it was last drawn on. A budget of the operator limits the bill: what may have
# been billed stays spent there, also where the member gets it back.
budgets = Table(
    "budgets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("period_start", Double, nullable=False),
    Column("period_end", Double, nullable=False),
    Column("ceiling", Integer, nullable=False),
    Column("period", String(8)),
    Column("of_operator", Boolean, nullable=False),
    Column("spent", Integer, nullable=False),
    UniqueConstraint("holder", "period_start", "period_end"),
    CheckConstraint("spent >= 0", name="spent_not_negative"),
    Index("ix_budgets_period_start", "period_start"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(25), primary_key=True),
    Column("state", String(16), nullable=False),
    # who asked, and where: the id of the interaction or message that did
    Column("request_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),  # none in direct messages
    Column("channel_id", BigInteger, nullable=False),
    Column("place", String(8), nullable=False),
    # for what
    Column("prompt", Text, nullable=False),
    Column("model", String(64), nullable=False),
    Column("asked_model", String(64)),
    Column("resolution", String(8), nullable=False),
    Column("aspect_ratio", String(8)),
    Column("count", Integer, nullable=False),
    Column("spoiler", Boolean, nullable=False),
    Column("private", Boolean, nullable=False),
    # of which pictures
    Column("inputs", Integer, nullable=False, server_default="0"),
    Column("parent_id", String(25), index=True),
    Column("source_message_id", BigInteger),
    Column("chosen", String(32)),
    Column("press", String(48)),
    # at which price
    Column("price", Integer, nullable=False),
    # the way back while the interaction lives
    Column("interaction_token", Text),
    Column("token_expires_at", Double, nullable=False),
    Column("progress_message_id", BigInteger),
    Column("reply_to", BigInteger),
    Column("file_limit", Integer, nullable=False),
    # what came of it
    Column("perhaps_billed", Integer, nullable=False, server_default="0"),
    Column("late", Boolean, nullable=False, server_default="0"),
    Column("result_message_id", BigInteger),
    Column("outcome", String(64)),
    Column("told", Boolean, nullable=False),
    # when
    Column("accepted_at", Double, nullable=False),
    Column("sent_at", Double),
    Column("answered_at", Double),
    Column("ready_at", Double),
    Column("ended_at", Double),
    UniqueConstraint("request_id", name="uq_jobs_interaction_id"),  # its name when only interactions asked
    CheckConstraint("price >= 0 AND count > 0", name="price_and_count"),
    Index("ix_jobs_user_id_press", "user_id", "press", sqlite_where=text("press IS NOT NULL")),
    Index("ix_jobs_state_accepted_at", "state", "accepted_at"),
    Index("ix_jobs_user_id_accepted_at", "user_id", "accepted_at"),
    Index("ix_jobs_guild_id_accepted_at", "guild_id", "accepted_at"),
    Index("ix_jobs_model_resolution_answered_at", "model", "resolution", "answered_at"),
    Index("ix_jobs_token_expires_at", "token_expires_at", sqlite_where=text("interaction_token IS NOT NULL")),
)

# The paid calls of a job. One call makes `images` pictures, from `position` on: an API that makes several
# pictures at once gets one call, another one gets a call for each.
calls = Table(
    "calls",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("images", Integer, nullable=False),
    Column("provider", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("callback_hash", String(64), nullable=False, unique=True),
    Column("inputs_hash", String(64), nullable=False, unique=True),
    Column("task_id", Text),
    Column("trace_id", Text),
    Column("outcome", String(64)),
    Column("sent_at", Double, nullable=False),
    CheckConstraint("images > 0", name="images_positive"),
    Index("ix_calls_state", "state"),
)

# The pictures of a job: what the member gave (source) and what the API made (result).
pictures = Table(
    "pictures",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("url", Text),
    Column("path", Text),
    Column("media_type", String(16)),
    Column("width", Integer),
    Column("height", Integer),
    Column("size", Integer),
)

# Append-only (triggers refuse UPDATE and DELETE). reserve takes from a budget, refund gives back,
# settle says that a reserved credit was spent for good: for each job and budget
# reserve = settle + refund once the job has ended.
ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("budget_id", ForeignKey("budgets.id"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("credits", Integer, nullable=False),
    UniqueConstraint("job_id", "budget_id", "kind"),
    CheckConstraint("kind IN ('reserve', 'settle', 'refund')", name="kind"),
    CheckConstraint("credits > 0", name="credits_positive"),
    Index("ix_ledger_budget_id", "budget_id"),
)

# The logins of the last hour at Discord's gateway.
logins = Table(
    "logins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
)

# What members' commands take where they say nothing.
member_defaults = Table(
    "member_defaults",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("model", String(64)),
    Column("aspect_ratio", String(8)),
    Column("resolution", String(8)),
    Column("spoiler", Boolean, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("dm", Boolean, nullable=False),
)

# Members who have deleted their data in a period that still counts: under which id their accounts stand until
# it is over. The tag is a keyed hash of their own id.
stand_ins = Table(
    "stand_ins",
    metadata,
    Column("tag", String(64), primary_key=True),
    Column("stand_in", BigInteger, nullable=False),
    Column("until", Double, nullable=False),
)

# One row: the key of those hashes.
stand_in_key = Table("stand_in_key", metadata, Column("key", String(64), primary_key=True))

# The hints that a member was given in a channel.
hints = Table(
    "hints",
    metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("channel_id", BigInteger, primary_key=True),
    Column("at", Double, nullable=False),
)

# What is deleted once it is old enough is found by what is left of it.
Index("ix_jobs_ended_at", jobs.c.ended_at, sqlite_where=text("prompt != ''"))
Index("ix_pictures_job_id", pictures.c.job_id, sqlite_where=text("path IS NOT NULL OR url IS NOT NULL"))
