"""What a member finds in the file that `/privacy export` brings."""

import json
from typing import Any

from bot.texts import text
from sandbox.discord.model import Channel
from sandbox.discord.people import Person
from tests.local_world import LocalWorld


async def exported(world: LocalWorld, person: Person | None = None, channel: Channel | None = None) -> Any:
    """What stands in the file that a member gets."""
    person = person or world.ada
    interaction = person.slash(channel or world.images, "privacy export")
    message = await person.until(
        interaction.channel, lambda each: each.interaction is interaction and bool(each.attachments)
    )
    assert message.ephemeral_for is person.user
    assert message.content == text("privacy.exported")
    [file] = message.attachments
    assert file.filename == "my-data.json"
    return json.loads(file.data)
