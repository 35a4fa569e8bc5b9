"""Forwards: messages that show another one as it was."""

import dataclasses
from collections.abc import Sequence

from sandbox.discord.attachment import Attachment
from sandbox.discord.files import keep
from sandbox.discord.messages import Draft
from sandbox.discord.model import Channel, Message, MessageFlag, Reference, Upload
from sandbox.discord.options import ClientRefused
from sandbox.discord.state import State


def forward_of(state: State, message: Message, channel: Channel) -> Draft:
    """Return what forwards a message to a channel: the forward of a forward shows the first one."""
    if message.ephemeral_for or "poll" in message.extra:
        raise ClientRefused("this message cannot be forwarded")
    first = message.snapshot or message
    snapshot = dataclasses.replace(
        first,
        attachments=_copies(state, channel, first.attachments),
        component_files=_copies(state, channel, first.component_files),
        reference=None,
        interaction=None,
        reactions={},
    )
    return Draft(
        flags=MessageFlag.HAS_SNAPSHOT,
        reference=Reference(message.id, message.channel, message, forward=True),
        snapshot=snapshot,
    )


def _copies(state: State, channel: Channel, files: Sequence[Attachment]) -> list[Attachment]:
    return [
        keep(state, channel, Upload(file.filename, file.data, file.content_type, file.description))
        for file in files
    ]
