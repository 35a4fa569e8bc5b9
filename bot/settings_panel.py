"""The panel of `/quota settings`: each menu and button knows which settings it was shown with."""

from typing import Any

import discord

from bot.panels import Part, panel
from bot.quota_panels import navigation
from bot.texts import text
from storage.server_records import Channels, ServerSettings

SETTING = "q-set"
MOST = 25  # roles or channels that a menu holds
BY_OPERATOR = "0"  # the choice that leaves running jobs to the operator
KINDS = [  # of channels in which the bot can write
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
]
IN_THREADS = [discord.ChannelType.forum, discord.ChannelType.media]  # where it can write in threads alone


def settings_panel(
    settings: ServerSettings, guild: discord.Guild, most_running: int, note: str | None = None
) -> discord.ui.LayoutView:
    """What is set, with a menu for each; what the server has no more is not shown.

    `most_running` is how many requests of a member the operator lets run at once.
    """
    roles = [each for each in settings.moderator_role_ids if guild.get_role(each)]
    channels = [each for each in settings.channel_ids if guild.get_channel_or_thread(each)]
    running = settings.member_running and min(settings.member_running, most_running)
    log = settings.log_channel_id
    if log is not None and guild.get_channel_or_thread(log) is None:
        log = None
    parts: list[Part] = [
        discord.ui.TextDisplay(text("settings.title")),
        discord.ui.TextDisplay(text("settings.log_channel", value=_log(guild, log))),
        discord.ui.ActionRow(_channels("log", settings, [log] if log else [], 1)),
        discord.ui.TextDisplay(
            text("settings.moderators", value=_named("<@&{}>", roles))
            if roles
            else text("settings.no_moderators")
        ),
        discord.ui.ActionRow(_roles(settings, roles)),
        discord.ui.TextDisplay(text("settings.channels", value=_where(settings, channels))),
        discord.ui.ActionRow(*_modes(settings)),
    ]
    if settings.channels is not Channels.EVERYWHERE:
        parts.append(discord.ui.ActionRow(_channels("channels", settings, channels, MOST)))
    parts += [
        discord.ui.TextDisplay(text("settings.running", value=_running(running))),
        discord.ui.ActionRow(_running_menu(settings, running, most_running)),
        navigation("settings", "report"),
    ]
    if note:
        parts.append(discord.ui.TextDisplay(note))
    return panel(*parts)


def _log(guild: discord.Guild, channel_id: int | None) -> str:
    """The log channel, and whether the bot can use it."""
    channel = guild.get_channel_or_thread(channel_id) if channel_id else None
    if channel is None:
        return text("settings.no_log_channel")
    allowed = channel.permissions_for(guild.me)
    if allowed.view_channel and allowed.send_messages:
        return channel.mention
    return text("settings.log_unwritable", channel=channel.mention)


def _id(what: str, settings: ServerSettings) -> str:
    return f"{SETTING}:{what}:{settings.version}"


def _channels(
    what: str, settings: ServerSettings, chosen: list[int], most: int
) -> discord.ui.ChannelSelect[Any]:
    return discord.ui.ChannelSelect(
        custom_id=_id(what, settings),
        channel_types=KINDS if what == "log" else KINDS + IN_THREADS,
        placeholder=text("settings.log_hint" if what == "log" else "settings.channels_hint"),
        min_values=0,
        max_values=most,
        default_values=[discord.Object(each, type=discord.TextChannel) for each in chosen[:most]],
    )


def _roles(settings: ServerSettings, chosen: list[int]) -> discord.ui.RoleSelect[Any]:
    return discord.ui.RoleSelect(
        custom_id=_id("moderators", settings),
        placeholder=text("settings.moderators_hint"),
        min_values=0,
        max_values=MOST,
        default_values=[discord.Object(each, type=discord.Role) for each in chosen[:MOST]],
    )


def _modes(settings: ServerSettings) -> list[discord.ui.Button[Any]]:
    return [
        discord.ui.Button(
            label=text(f"button.{mode}"),
            custom_id=f"{SETTING}:{mode}:{settings.version}",
            style=discord.ButtonStyle.primary if mode is settings.channels else discord.ButtonStyle.secondary,
            disabled=mode is settings.channels,
        )
        for mode in Channels
    ]


def _running_menu(settings: ServerSettings, running: int | None, most: int) -> discord.ui.Select[Any]:
    own = str(running or BY_OPERATOR)
    labels = {BY_OPERATOR: text("settings.running_operator")}
    labels |= {str(each): str(each) for each in range(1, min(most, MOST - 1) + 1)}
    options = [
        discord.SelectOption(label=label, value=value, default=value == own)
        for value, label in labels.items()
    ]
    return discord.ui.Select(custom_id=_id("running", settings), options=options)


def _where(settings: ServerSettings, channels: list[int]) -> str:
    if settings.channels is Channels.EVERYWHERE:
        return text("settings.everywhere")
    listed = _named("<#{}>", channels) or text("settings.no_channels")
    return text(f"settings.{settings.channels}", list=listed)


def _running(running: int | None) -> str:
    return text("settings.running_operator") if running is None else str(running)


def _named(form: str, ids: list[int]) -> str:
    return " ".join(form.format(each) for each in ids)
