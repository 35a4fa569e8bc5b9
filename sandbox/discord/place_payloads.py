"""Accounts, servers and channels as JSON objects of Discord's API."""

from datetime import UTC, datetime

from sandbox.discord.model import (
    JSON,
    Channel,
    ChannelType,
    Guild,
    Interaction,
    Member,
    Role,
    User,
)
from sandbox.discord.state import Application, State

_KIND_NUMBERS = {"command": 2, "component": 3, "autocomplete": 4, "modal": 5}


def kind_number(interaction: Interaction) -> int:
    """Return Discord's number for an interaction's type."""
    return _KIND_NUMBERS[interaction.kind]


def user_json(user: User) -> JSON:
    """Return a user object."""
    return {
        "id": str(user.id),
        "username": user.name.lower().replace(" ", "_"),
        "global_name": None if user.bot else user.name,
        "discriminator": "0",
        "avatar": None,
        "bot": user.bot,
        "public_flags": 0,
    }


def application_json(application: Application) -> JSON:
    """Return the application object, with the flags of the intents granted to an unverified bot."""
    granted = (application.message_content << 19) | (application.members << 15)
    return {
        "id": str(application.id),
        "name": application.bot.name,
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "",
        "flags": granted,
        "owner": user_json(application.owner),
        "team": _team_json(application.team),
        "summary": "",
        "integration_types_config": {"0": {}, "1": {}},
    }


def _team_json(team: list[User]) -> JSON | None:
    if not team:
        return None
    members = [
        {"user": user_json(user), "team_id": str(team[0].id), "membership_state": 2, "role": "developer"}
        for user in team
    ]
    return {
        "id": str(team[0].id),
        "name": "Team",
        "icon": None,
        "owner_user_id": str(team[0].id),
        "members": members,
    }


def member_json(member: Member) -> JSON:
    """Return a member object without its user."""
    return {
        "roles": [str(role.id) for role in member.roles],
        "joined_at": timestamp(member.joined_at),
        "nick": None,
        "avatar": None,
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
    }


def channel_json(channel: Channel) -> JSON:
    """Return a channel object."""
    base: JSON = {"id": str(channel.id), "type": int(channel.type), "last_message_id": None}
    if channel.guild is None:
        return base | {"recipients": [user_json(user) for user in channel.recipients]}
    base |= {"guild_id": str(channel.guild.id), "name": channel.name, "rate_limit_per_user": 0}
    if channel.type in (ChannelType.VOICE, ChannelType.STAGE_VOICE):
        base |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
    if channel.parent is None:
        return base | {"position": 0, "parent_id": None, "topic": None, "nsfw": False} | _overwrites(channel)
    return base | {
        "parent_id": str(channel.parent.id),
        "owner_id": str(channel.guild.owner.id),
        "message_count": 0,
        "member_count": 1,
        "thread_metadata": {
            "archived": channel.archived,
            "auto_archive_duration": 1440,
            "archive_timestamp": timestamp(0),
            "locked": channel.archived,
        },
    }


def guild_json(state: State, guild: Guild) -> JSON:
    """Return a server object as the gateway sends it, with channels, threads and the bot's own member."""
    channels = [channel for channel in state.channels.values() if channel.guild is guild]
    bot = guild.members.get(state.bot.id)
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "owner_id": str(guild.owner.id),
        "preferred_locale": "en-US",
        "features": [],
        "premium_tier": 0,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "afk_timeout": 300,
        "roles": [role_json(role, guild) for role in (guild.everyone, *guild.roles)],
        "emojis": [],
        "stickers": [],
        "member_count": len(guild.members),
        "members": [member_json(bot) | {"user": user_json(bot.user)}] if bot else [],
        "channels": [channel_json(channel) for channel in channels if channel.parent is None],
        "threads": [channel_json(channel) for channel in channels if channel.parent and not channel.archived],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "large": False,
    }


def timestamp(seconds: float) -> str:
    """Return a time as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def role_json(role: Role, guild: Guild) -> JSON:
    """Return a role object; a role that was added later stands higher."""
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(int(role.permissions)),
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": guild.roles.index(role) + 1 if role in guild.roles else 0,
        "managed": role.managed,
        "mentionable": False,
        "flags": 0,
    }


def _overwrites(channel: Channel) -> JSON:
    return {
        "permission_overwrites": [
            {"id": str(target), "type": 1, "allow": "0", "deny": str(int(denied))}
            for target, denied in channel.overwrites.items()
        ]
    }
