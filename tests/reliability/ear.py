"""Hears all that a bot says, and what Discord would make of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.texts import text
from sandbox.discord.components import flat
from sandbox.discord.events import Event, MessageCreated, MessageEdited
from sandbox.discord.model import Interaction, Message
from tests.local_world import LocalWorld
from tests.reliability.rendering import is_odd_line, rendered

PATIENCE = 60  # seconds that one of very many answers may take

Shape = frozenset[tuple[str, int]]


@dataclass
class Ear:
    """Hears all that the bot says: each message as it was created, and after each change."""

    world: LocalWorld
    shapes: dict[Shape, str] = field(default_factory=dict)
    pinged: set[int] = field(default_factory=set)
    odd_alts: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    messages: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, event: Event) -> None:
        """Note what a message would be rendered as, part by part."""
        if isinstance(event, MessageCreated | MessageEdited):
            if event.message.author is self.world.discord.state.bot:
                self._note(event.message)
            self.changed.set()
            self.changed = asyncio.Event()

    async def until(self, interaction: Interaction, *words: str) -> Message:
        """Wait until one of these stands in the interaction's answer."""
        async with asyncio.timeout(PATIENCE):
            while not (interaction.answer and any(each in interaction.answer.content for each in words)):
                await self.changed.wait()
        return interaction.answer

    def _note(self, message: Message) -> None:
        self.messages += 1
        self.pinged |= message.pinged
        alts = [file.description or "" for file in message.attachments]
        self.odd_alts += [alt for alt in alts if is_odd_line(alt) or not alt.startswith("AI-generated: ")]
        for part in parts(message):
            self.crashes += [part] * ("Something went wrong" in part)
            self.shapes.setdefault(frozenset(rendered(part).items()), part)


def parts(message: Message) -> Iterator[str]:
    """What is shown in one piece; of what is running each line."""
    components = (str(part["content"]) for part in flat(message.components) if "content" in part)
    for words in (message.content, *components):
        yield from words.split("\n") if words.startswith(text("usage.running")) else [words]


@asynccontextmanager
async def listening(world: LocalWorld) -> AsyncIterator[Ear]:
    """Hear the bot for a while."""
    ear = Ear(world)
    unsubscribe = world.discord.state.events.subscribe(ear)
    try:
        yield ear
    finally:
        unsubscribe()
