"""The names under which budgets stand."""

BOT = "bot"  # the whole bot
SERVER = "server:"  # and its id


def account_name(guild_id: int | None, user_id: int) -> str:
    """A member has one account in each server with the bot, and one for everywhere else."""
    return f"user:{user_id}" if guild_id is None else f"{accounts_prefix(guild_id)}{user_id}"


def accounts_prefix(guild_id: int) -> str:
    """What the names of all accounts in a server begin with."""
    return f"member:{guild_id}:"


def bonus_prefix(guild_id: int, user_id: int) -> str:
    """What the names of all bonuses of a member begin with; the id of the change that gave it comes then."""
    return f"bonus:{guild_id}:{user_id}:"


def server_name(guild_id: int) -> str:
    """What a server may spend in all."""
    return f"{SERVER}{guild_id}"


def renamed(name: str, user_id: int, stand_in: int) -> str:
    """The name of a member's account or bonus under another id; those of others keep theirs."""
    kind, *ids = name.split(":")
    owner = {"member": 1, "user": 0, "bonus": 1}.get(kind)
    if owner is not None and ids[owner] == str(user_id):
        ids[owner] = str(stand_in)
    return ":".join([kind, *ids])
