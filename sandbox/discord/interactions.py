"""Interactions: what a person set off, and how the bot may answer it."""

import secrets
from collections.abc import Mapping

from sandbox.discord import messages
from sandbox.discord.attachment import Attachment
from sandbox.discord.bodies import AnswerBody, ChoicesResponse, MessageResponse
from sandbox.discord.errors import DiscordError, Refusal, invalid
from sandbox.discord.events import InteractionCreated, InteractionMoved
from sandbox.discord.modals import ModalResponse, modal_json
from sandbox.discord.model import (
    JSON,
    Channel,
    Choice,
    Interaction,
    InteractionKind,
    InteractionState,
    Message,
    MessageFlag,
    Upload,
    User,
)
from sandbox.discord.state import State

ANSWER_SECONDS = 3
TOKEN_SECONDS = 15 * 60
_FOLLOW_UPS_OF_USER_INSTALLS = 5
_NOTHING = AnswerBody()


def context_of(state: State, channel: Channel) -> int:
    """Return Discord's interaction context: 0 server, 1 the bot's DM, 2 another private channel."""
    if channel.guild:
        return 0
    return 1 if state.bot in channel.recipients else 2


def owners_of(state: State, channel: Channel, user: User) -> dict[str, int]:
    """Return who brought the app here by type of install: "0" server (0 in the bot's DM), "1" user."""
    owners = {}
    if channel.guild and state.in_guild(channel.guild):
        owners["0"] = channel.guild.id
    elif state.bot in channel.recipients and state.shares_guild(user):
        owners["0"] = 0
    if user.id in state.user_installs:
        owners["1"] = user.id
    return owners


def begin(
    state: State,
    kind: InteractionKind,
    user: User,
    channel: Channel,
    data: JSON,
    *,
    owners: Mapping[str, int],
    uploads: list[Attachment] | None = None,
    message: Message | None = None,
    target: Message | None = None,
    shown: Interaction | None = None,
) -> Interaction:
    """Send an interaction to the bot, which has three seconds to answer."""
    interaction = Interaction(
        id=state.new_id(),
        token=secrets.token_urlsafe(48),
        kind=kind,
        user=user,
        channel=channel,
        data=data,
        created_at=state.clock(),
        owners=owners,
        uploads=uploads or [],
        message=message,
        target=target,
        shown=shown,
    )
    state.interactions[interaction.token] = interaction

    def expire() -> None:
        if interaction.state == "waiting":
            _move(state, interaction, "failed")

    state.clock.ring_after(ANSWER_SECONDS, expire)
    state.events.publish(InteractionCreated(interaction))
    return interaction


def unanswered(state: State, interaction_id: int, token: str) -> Interaction:
    """Return the interaction that a callback is for: 10062 too late or unknown, 40060 the second time."""
    interaction = state.interactions.get(token)
    if interaction is None or interaction.id != interaction_id or interaction.state == "failed":
        raise DiscordError(Refusal.UNKNOWN_INTERACTION)
    if interaction.acknowledged_at is not None:
        raise DiscordError(Refusal.ALREADY_ACKNOWLEDGED)
    return interaction


def suggest(state: State, interaction: Interaction, response: ChoicesResponse) -> None:
    """Answer an autocomplete (type 8)."""
    if interaction.kind != "autocomplete":
        raise _wrong_type()
    interaction.choices = [Choice(choice.name, choice.value) for choice in response.data.choices]
    _acknowledge(state, interaction, "answered")


def open_modal(state: State, interaction: Interaction, response: ModalResponse) -> None:
    """Answer a command or a button with a form (type 9)."""
    if interaction.kind not in ("command", "component"):
        raise _wrong_type()
    interaction.modal = modal_json(response.data)
    _acknowledge(state, interaction, "answered")


def respond(
    state: State, interaction: Interaction, response: MessageResponse, files: Mapping[int, Upload]
) -> Message | None:
    """Answer with a message (4), a loading one (5), nothing yet (6), or a changed message (7)."""
    body = response.data or _NOTHING
    if interaction.kind == "autocomplete" or (response.type in (6, 7) and interaction.message is None):
        raise _wrong_type()
    if response.type == 4:
        interaction.answer = _post(state, interaction, body, files)
    elif response.type == 5:
        loading = messages.Draft(flags=MessageFlag.LOADING)
        interaction.answer = _put(state, interaction, loading, MessageFlag(body.flags or 0))
    else:
        interaction.answer = interaction.message
    if response.type == 7 and interaction.message:
        _must_stand(state, interaction.message)
        messages.edit(state, interaction.message, body, files)
    _acknowledge(state, interaction, "deferred" if response.type in (5, 6) else "answered")
    return interaction.answer


def by_webhook(state: State, application_id: int, token: str) -> Interaction:
    """Return the interaction that a webhook route is for: 10015 not answered yet, 50027 dead or unknown."""
    if application_id != state.application.id:
        raise DiscordError(Refusal.UNKNOWN_WEBHOOK)
    interaction = state.interactions.get(token)
    if interaction is None or state.clock() - interaction.created_at > TOKEN_SECONDS:
        raise DiscordError(Refusal.INVALID_WEBHOOK_TOKEN)
    if interaction.acknowledged_at is None:
        raise DiscordError(Refusal.UNKNOWN_WEBHOOK)
    return interaction


def follow_up(
    state: State, interaction: Interaction, body: AnswerBody, files: Mapping[int, Upload]
) -> Message:
    """Post a further message; the first one after type 5 takes the place of a loading message."""
    if interaction.answer and interaction.answer.loading and _stands(state, interaction.answer):
        return edit(state, interaction, interaction.answer, body, files)
    if interaction.user_install_only:
        if interaction.follow_ups >= _FOLLOW_UPS_OF_USER_INSTALLS:
            raise DiscordError(Refusal.TOO_MANY_FOLLOW_UPS)
        interaction.follow_ups += 1
    message = _post(state, interaction, body, files)
    _answer(state, interaction)
    return message


def message_of(state: State, interaction: Interaction, name: str) -> Message:
    """Return the message of this interaction that a route names by "@original" or its id: else 10008."""
    if name == "@original":
        message = interaction.answer
    else:
        message = state.messages.get(interaction.channel.id, {}).get(int(name) if name.isdecimal() else 0)
    if message is None or (message.interaction is not interaction and message is not interaction.answer):
        raise DiscordError(Refusal.UNKNOWN_MESSAGE)
    _must_stand(state, message)
    return message


def edit(
    state: State, interaction: Interaction, message: Message, body: AnswerBody, files: Mapping[int, Upload]
) -> Message:
    """Change one of the interaction's messages, which answers a deferred interaction."""
    messages.edit(state, message, body, files)
    if message is interaction.answer:
        _answer(state, interaction)
    return message


def _post(state: State, interaction: Interaction, body: AnswerBody, files: Mapping[int, Upload]) -> Message:
    draft = messages.draft_of(body, files, interaction.channel.file_limit)
    return _put(state, interaction, draft, MessageFlag(body.flags or 0))


def _put(state: State, interaction: Interaction, draft: messages.Draft, flags: MessageFlag) -> Message:
    if interaction.channel.id not in state.channels:
        raise DiscordError(Refusal.UNKNOWN_CHANNEL)
    return messages.post(
        state,
        interaction.channel,
        state.bot,
        draft,
        interaction=interaction,
        ephemeral_for=interaction.user if MessageFlag.EPHEMERAL in flags else None,
    )


def _must_stand(state: State, message: Message) -> None:
    if not _stands(state, message):
        raise DiscordError(Refusal.UNKNOWN_MESSAGE)


def _stands(state: State, message: Message) -> bool:
    return message.id in state.messages.get(message.channel.id, {})


def _answer(state: State, interaction: Interaction) -> None:
    if interaction.state == "deferred":
        _move(state, interaction, "answered")


def _acknowledge(state: State, interaction: Interaction, to: InteractionState) -> None:
    interaction.acknowledged_at = state.clock()
    _move(state, interaction, to)


def _move(state: State, interaction: Interaction, to: InteractionState) -> None:
    interaction.state = to
    interaction.moved()
    state.events.publish(InteractionMoved(interaction))


def _wrong_type() -> DiscordError:
    return invalid(["type"], "INTERACTION_RESPONSE_TYPE_INVALID", "This interaction takes no such answer.")
