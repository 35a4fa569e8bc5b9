"""What one person sees on the chat page, as flat values that can be compared and sent one by one."""

from typing import TYPE_CHECKING, Any

from sandbox.discord.commands import CommandDefinition, OptionType
from sandbox.discord.model import JSON, Channel, ChannelType, Guild, Message, User
from sandbox.discord.offers import SLASH
from sandbox.discord.page_services import switches
from sandbox.discord.payloads import message_json
from sandbox.discord.people import Person
from sandbox.discord.permissions import Permission, permissions_in
from sandbox.discord.state import State

if TYPE_CHECKING:
    from sandbox.discord.server import DiscordWorld

_LINK_SECONDS = 12 * 60 * 60
_KINDS = {ChannelType.PUBLIC_THREAD: "thread", ChannelType.DM: "dm"}


def people(state: State) -> list[User]:
    """Return the people one can be: everybody who is in a server, the bot's operator last."""
    members = {user_id for guild in state.guilds.values() for user_id in guild.members}
    everybody = [user for user in state.users.values() if user.id in members - {state.bot.id}]
    return sorted(everybody, key=lambda user: user is state.application.owner)


class PageView:
    """One browser's view of the world; files keep their links in it, so that pictures stay loaded."""

    def __init__(self, world: "DiscordWorld", person: Person) -> None:
        self._world = world
        self._state = world.state
        self._person = person
        self._links: dict[tuple[str, int], str] = {}

    def now(self) -> dict[str, object]:
        """Return everything that is to be seen; a message's key is "message:CHANNEL:ID"."""
        direct = [
            channel for channel in self._state.channels.values() if self._person.user in channel.recipients
        ]
        places = [
            _place("dm", "dm", "Direct messages", "You and one other", direct) | {"roles": []},
            *(
                _place(str(guild.id), "guild", guild.name, self._note(guild), self._channels(guild))
                | {"roles": [{"id": str(role.id), "name": role.name} for role in guild.roles]}
                for guild in self._state.guilds.values()
                if self._person.user.id in guild.members
            ),
        ]
        channels: list[Channel] = [channel for place in places for channel in place["channels"]]
        commands = {channel.id: self._person.commands(channel) for channel in channels}
        apps = {channel.id: self._apps(channel) for channel in channels}
        messages = {
            f"message:{channel.id}:{message.id}": self._message(message)
            for channel in channels
            for message in self._person.sees(channel)
        }
        bot = self._state.bot
        return {
            "me": str(self._person.user.id),
            "users": [self._user(user) for user in (bot, *people(self._state))],
            "bot": {"id": str(bot.id), "name": bot.name, "bot": True, "online": self._world.bot_online},
            "services": switches(self._world.services),
            "places": [
                place
                | {
                    "channels": [
                        self._channel(channel)
                        | {
                            "commands": [_key(command) for command in commands[channel.id]],
                            "apps": [_key(command) for command in apps[channel.id]],
                        }
                        for channel in place["channels"]
                    ]
                }
                for place in places
            ],
            "commands": {
                _key(command): command.model_dump(mode="json", exclude_none=True)
                for offered in (*commands.values(), *apps.values())
                for command in offered
            },
            **messages,
        }

    def _user(self, user: User) -> JSON:
        guilds = [guild for guild in self._state.guilds.values() if self._state.in_guild(guild)]
        roles = [
            role.name for guild in guilds if user.id in guild.members for role in guild.members[user.id].roles
        ]
        usual = "Owner" if any(user is guild.owner for guild in guilds) else "Member"
        return {
            "id": str(user.id),
            "name": user.name,
            "bot": user.bot,
            "note": roles[0] if roles else usual,
        }

    def _note(self, guild: Guild) -> str:
        bot = self._state.bot.name
        if self._state.in_guild(guild):
            return f"{bot} is a member here"
        carried = self._person.user.id in self._state.user_installs
        return f"You bring {bot} along" if carried else f"{bot} is not here"

    def _channels(self, guild: Guild) -> list[Channel]:
        visible = [
            channel
            for channel in self._state.channels.values()
            if channel.guild is guild
            and Permission.VIEW_CHANNEL in permissions_in(channel, self._person.user)
        ]
        return sorted(visible, key=lambda channel: ((channel.parent or channel).id, channel.id))

    def _apps(self, channel: Channel) -> list[CommandDefinition]:
        """Return what the Apps menu offers on the channel's messages: the same on each that all can see."""
        for message in self._person.sees(channel):
            if message.ephemeral_for is None:
                return self._person.menu_commands(message)
        return []

    def _channel(self, channel: Channel) -> JSON:
        others = [user.name for user in channel.recipients if user is not self._person.user]
        return {
            "id": str(channel.id),
            "guild": str(channel.guild.id) if channel.guild else "@me",
            "kind": _KINDS.get(channel.type, "text"),
            "name": channel.name or ", ".join(others),
            "topic": self._topic(channel),
        }

    def _topic(self, channel: Channel) -> str:
        bot = self._state.bot
        is_member = channel.guild is not None and self._state.in_guild(channel.guild)
        if is_member and Permission.SEND_MESSAGES not in permissions_in(channel, bot):
            return f"{bot.name} may not write here"
        return "Archived" if channel.archived else ""

    def _message(self, message: Message) -> JSON:
        """Return Discord's message object and what a client knows beyond it."""
        steady: JSON = self._steady(message_json(self._state, message))
        return steady | {
            "ephemeral": message.ephemeral_for is not None,
            "loading": message.loading,
            "pinged": self._person.user.id in message.pinged,
            "used": _used(message),
        }

    def _steady(self, value: Any) -> Any:
        """Give each file the link it was first shown with, for half a day, without the server's address."""
        if isinstance(value, list):
            return [self._steady(item) for item in value]
        if not isinstance(value, dict):
            return value
        result = {key: self._steady(item) for key, item in value.items()}
        if "proxy_url" in result and "id" in result:
            period = int(self._state.clock()) // _LINK_SECONDS
            fresh = str(result.pop("proxy_url")).removeprefix(self._state.url)
            result["url"] = self._links.setdefault((result["id"], period), fresh)
        return result


def _place(place_id: str, kind: str, name: str, note: str, channels: list[Channel]) -> dict[str, Any]:
    return {"id": place_id, "kind": kind, "name": name, "note": note, "channels": channels}


def _key(command: CommandDefinition) -> str:
    """Return a name for an entry of the list; subcommands share their command's id."""
    return f"{command.id} {command.name}"


def _used(message: Message) -> JSON | None:
    """Return who used which command, for its original answer."""
    interaction = message.interaction
    if interaction is None or interaction.kind != "command" or interaction.answer not in (None, message):
        return None
    options = interaction.data.get("options", [])
    below = [option["name"] for option in options if option["type"] == OptionType.SUB_COMMAND]
    name = " ".join([interaction.data["name"], *below])
    is_slash = interaction.data["type"] == SLASH
    return {"name": f"/{name}" if is_slash else name, "user": str(interaction.user.id)}
