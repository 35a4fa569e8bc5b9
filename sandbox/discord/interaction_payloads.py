"""An interaction as the gateway sends it."""

from sandbox.discord.interactions import context_of
from sandbox.discord.model import JSON, Interaction
from sandbox.discord.payloads import attachment_json, bots_message_json, message_json
from sandbox.discord.permissions import EXTERNAL_APP, permissions_in
from sandbox.discord.place_payloads import channel_json, kind_number, member_json, user_json
from sandbox.discord.state import State
from sandbox.discord.things import named_things


def interaction_json(state: State, interaction: Interaction) -> JSON:
    """Return the data of INTERACTION_CREATE."""
    channel = interaction.channel
    installed = channel.guild is not None and state.in_guild(channel.guild)
    app_permissions = permissions_in(channel, state.bot) if installed else EXTERNAL_APP
    theirs = str(int(permissions_in(channel, interaction.user)))
    result: JSON = {
        "id": str(interaction.id),
        "application_id": str(state.application.id),
        "type": kind_number(interaction),
        "data": _data(state, interaction),
        "channel": channel_json(channel) | {"permissions": theirs},
        "channel_id": str(channel.id),
        "token": interaction.token,
        "version": 1,
        "app_permissions": str(int(app_permissions)),
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {kind: str(owner) for kind, owner in interaction.owners.items()},
        "context": context_of(state, channel),
        "attachment_size_limit": channel.file_limit,
    }
    if interaction.message:
        result["message"] = bots_message_json(state, interaction.message)
    if channel.guild is None:
        return result | {"user": user_json(interaction.user)}
    member = member_json(channel.guild.members[interaction.user.id])
    return result | {
        "guild_id": str(channel.guild.id),
        "guild": {"id": str(channel.guild.id), "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "member": member | {"user": user_json(interaction.user), "permissions": theirs},
    }


def _data(state: State, interaction: Interaction) -> JSON:
    resolved = named_things(state, interaction)
    if interaction.uploads:
        resolved["attachments"] = {str(file.id): attachment_json(state, file) for file in interaction.uploads}
    if target := interaction.target:
        resolved["messages"] = {str(target.id): message_json(state, target, with_referenced=False)}
    return interaction.data | ({"resolved": resolved} if resolved else {})
