"""The people, roles and channels that a person can name in an option or a menu."""

from collections.abc import Iterator, Sequence

from sandbox.discord.commands import OptionType
from sandbox.discord.model import JSON, Channel, Guild, Interaction, Role, User
from sandbox.discord.options import ClientRefused
from sandbox.discord.permissions import permissions_in
from sandbox.discord.place_payloads import channel_json, member_json, role_json, user_json
from sandbox.discord.state import State

_KINDS = {OptionType.USER: "user", OptionType.ROLE: "role"}
MENUS = {5: "user", 6: "role", 8: "channel"}
"""The kinds of things by the type of a menu."""


def thing(state: State, guild: Guild | None, kind: str, thing_id: str) -> User | Role | Channel:
    """Return what an id names for somebody in this server; refuse what is not there."""
    number = int(thing_id)
    found: User | Role | Channel | None = None
    if kind == "user":
        found = state.users.get(number)
    elif guild and kind == "role":
        found = next((role for role in (guild.everyone, *guild.roles) if role.id == number), None)
    elif guild and (channel := state.channels.get(number)) and channel.guild is guild:
        found = channel
    if found is None:
        raise ClientRefused(f"there is no such {kind}")
    return found


def check_menu(state: State, channel: Channel, menu: JSON, values: Sequence[str]) -> None:
    """Refuse values that a menu does not offer, or too few or many of them."""
    least, most = menu.get("min_values", 1), menu.get("max_values", 1)
    if not least <= len(values) <= most:
        raise ClientRefused(f"the menu takes {least} to {most}")
    if menu["type"] == 3:
        known = {option["value"] for option in menu["options"]}
        if not known.issuperset(values):
            raise ClientRefused(f"the menu does not offer {values}")
        return
    for value in values:
        found = thing(state, channel.guild, MENUS[menu["type"]], value)
        types = menu.get("channel_types")
        if types and isinstance(found, Channel) and int(found.type) not in types:
            raise ClientRefused("the menu does not offer this kind of channel")


def named_things(state: State, interaction: Interaction) -> JSON:
    """Return the objects that an interaction's data names by id."""
    guild = interaction.channel.guild
    resolved: JSON = {}
    for kind, thing_id in _named(interaction.data):
        found = thing(state, guild, kind, thing_id)
        if isinstance(found, User):
            resolved.setdefault("users", {})[thing_id] = user_json(found)
            if member := guild.members.get(found.id) if guild else None:
                theirs = str(int(permissions_in(interaction.channel, found)))
                resolved.setdefault("members", {})[thing_id] = member_json(member) | {"permissions": theirs}
        elif isinstance(found, Role) and guild:
            resolved.setdefault("roles", {})[thing_id] = role_json(found, guild)
        elif isinstance(found, Channel):
            theirs = str(int(permissions_in(found, interaction.user)))
            resolved.setdefault("channels", {})[thing_id] = channel_json(found) | {"permissions": theirs}
    return resolved


def _named(data: JSON) -> Iterator[tuple[str, str]]:
    for option in data.get("options", []):
        if kind := _KINDS.get(option["type"]):
            yield kind, option["value"]
        yield from _named(option)
    if kind := MENUS.get(data.get("component_type", 0)):
        for value in data["values"]:
            yield kind, value
