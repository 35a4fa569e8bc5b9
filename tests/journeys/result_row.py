"""The row of buttons below a result, and what comes of pressing them."""

import time
from dataclasses import dataclass, field

from bot.client import Services
from bot.services.spool import Spool
from sandbox.discord.components import flat
from sandbox.discord.model import JSON, Channel, Interaction, Message
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from storage.records import JobRecord
from tests.housekeepers import housekeeper
from tests.local_world import LocalWorld, upload

PLACES = ("images", "thread", "dm", "sketches", "private")
RICH = {"default_allowance": "100/day", "direct_allowance": "100/day"}


def row(message: Message) -> dict[str, str]:
    """The ids of the buttons below a message, by what they do."""
    ids = [str(each["custom_id"]) for each in flat(message.components) if each["type"] == 2]
    return {id_.split(":")[0]: id_ for id_ in ids}


def job_id(message: Message) -> str:
    """Whose result a message is."""
    return row(message)["edit"].split(":")[1]


def price(message: Message, action: str) -> int:
    """What stands on a button, which is also in its id."""
    price = row(message)[action].split(":")[2]
    [label] = [
        each["label"] for each in flat(message.components) if each.get("custom_id") == row(message)[action]
    ]
    assert label.split(" · ")[1] == (f"{price} credit" if price == "1" else f"{price} credits")
    return int(price)


def press(person: Person, message: Message, action: str) -> Interaction:
    """Somebody presses one of the buttons."""
    return person.press(message, row(message)[action])


async def form(interaction: Interaction) -> dict[str, JSON]:
    """The fields of the form that the bot has opened, by their names."""
    await interaction.answered()
    assert interaction.modal is not None
    return {each["custom_id"]: each for each in flat(interaction.modal["components"]) if "custom_id" in each}


def chosen(field: JSON) -> list[str]:
    """What is chosen in a field at first."""
    return [option["value"] for option in field["options"] if option["default"]]


async def newest(services: Services, person: Person) -> JobRecord:
    """What somebody has asked for last."""
    return (await services.store.recent(person.user.id, skip=0, limit=1))[0]


async def pass_days(world: LocalWorld, services: Services, days: float) -> None:
    """Tidy up as if so many days had passed."""

    def clock() -> float:
        return time.time() + days * 24 * 3600

    keeper = housekeeper(services.store, Spool(world.folder / "spool"), clock)
    await keeper.purge_pictures()
    await keeper.forget_words()


@dataclass
class Spot:
    """A place where Ada asks, and where somebody presses: Linus, if he is there too."""

    world: LocalWorld
    place: str
    known: set[int] = field(default_factory=set)  # the results that stand here already

    def __post_init__(self) -> None:
        if self.place == "thread":
            self.thread = self.world.discord.add_thread(self.world.images, "boats")
        self.ada = self.world.ada
        alone = self.place in {"dm", "private"}
        self.presser = self.ada if alone else self.world.linus

    @property
    def private(self) -> bool:
        """Whether Ada asks in private."""
        return self.place == "private"

    @property
    def channel(self) -> Channel:
        """Where that is."""
        match self.place:
            case "dm":
                return self.ada.dm()
            case "sketches":
                return self.world.places.sketches
            case "thread":
                return self.thread
            case _:
                return self.world.images

    async def ask(self, command: str = "generate", **options: OptionValue) -> Message:
        """Ada asks for something; gives the result."""
        pictures = {"image1": upload()} if command == "edit" else {}
        values: dict[str, OptionValue] = {"prompt": "a boat", "private": self.private, **pictures, **options}
        self.ada.slash(self.channel, command, **values)
        return await self.next(self.ada)

    async def next(self, person: Person | None = None) -> Message:
        """The next result here, as soon as it stands with its buttons."""
        message = await (person or self.presser).until(
            self.channel, lambda each: each.id not in self.known and "edit" in row(each)
        )
        self.known.add(message.id)
        return message
