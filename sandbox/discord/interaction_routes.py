"""Answers to interactions, and the webhook routes that live as long as their token."""

from aiohttp import web

from sandbox.discord import interactions, messages
from sandbox.discord.access import STATE
from sandbox.discord.bodies import (
    AnswerBody,
    ChoicesResponse,
    MessageResponse,
    parse,
    read_with_files,
)
from sandbox.discord.errors import answer
from sandbox.discord.modals import ModalResponse
from sandbox.discord.model import JSON, Interaction, Message, MessageFlag
from sandbox.discord.payloads import bots_message_json
from sandbox.discord.place_payloads import kind_number
from sandbox.discord.state import State

routes = web.RouteTableDef()
_WEBHOOK = r"/webhooks/{application:\d+}/{token}"
_MESSAGE = _WEBHOOK + r"/messages/{message:@original|\d+}"
_CHOICES, _MODAL = 8, 9


@routes.post(r"/interactions/{interaction:\d+}/{token}/callback")
async def callback(request: web.Request) -> web.Response:
    """Take the first answer to an interaction."""
    payload, files = await read_with_files(request)
    state = request.app[STATE]
    interaction = interactions.unanswered(
        state, int(request.match_info["interaction"]), request.match_info["token"]
    )
    message = None
    response_type = payload.get("type") if isinstance(payload, dict) else None
    if response_type == _CHOICES:
        interactions.suggest(state, interaction, parse(ChoicesResponse, payload))
    elif response_type == _MODAL:
        interactions.open_modal(state, interaction, parse(ModalResponse, payload))
    else:
        response = parse(MessageResponse, payload)
        response_type = response.type
        message = interactions.respond(state, interaction, response, files)
    if request.query.get("with_response") not in ("1", "true"):
        return web.Response(status=204)
    return answer(_callback_json(state, interaction, response_type, message))


@routes.post(_WEBHOOK)
async def follow_up(request: web.Request) -> web.Response:
    """Post a follow-up."""
    payload, files = await read_with_files(request)
    state, interaction = _interaction(request)
    message = interactions.follow_up(state, interaction, parse(AnswerBody, payload), files)
    if request.query.get("wait") not in ("1", "true"):
        return web.Response(status=204)
    return answer(bots_message_json(state, message))


@routes.get(_MESSAGE)
async def fetch(request: web.Request) -> web.Response:
    """Return one of the interaction's messages."""
    state, interaction = _interaction(request)
    return answer(
        bots_message_json(state, interactions.message_of(state, interaction, request.match_info["message"]))
    )


@routes.patch(_MESSAGE)
async def edit(request: web.Request) -> web.Response:
    """Change one of the interaction's messages."""
    payload, files = await read_with_files(request)
    state, interaction = _interaction(request)
    message = interactions.message_of(state, interaction, request.match_info["message"])
    body = parse(AnswerBody, payload)
    return answer(bots_message_json(state, interactions.edit(state, interaction, message, body, files)))


@routes.delete(_MESSAGE)
async def delete(request: web.Request) -> web.Response:
    """Delete one of the interaction's messages."""
    state, interaction = _interaction(request)
    messages.delete(state, interactions.message_of(state, interaction, request.match_info["message"]))
    return web.Response(status=204)


def _interaction(request: web.Request) -> tuple[State, Interaction]:
    state = request.app[STATE]
    application_id = int(request.match_info["application"])
    return state, interactions.by_webhook(state, application_id, request.match_info["token"])


def _callback_json(
    state: State, interaction: Interaction, response_type: int, message: Message | None
) -> JSON:
    about: JSON = {"id": str(interaction.id), "type": kind_number(interaction)}
    if message is None:
        return {"interaction": about}
    about |= {
        "response_message_id": str(message.id),
        "response_message_loading": message.loading,
        "response_message_ephemeral": MessageFlag.EPHEMERAL in message.flags,
    }
    resource = {"type": response_type, "message": bots_message_json(state, message)}
    return {"interaction": about, "resource": resource}
