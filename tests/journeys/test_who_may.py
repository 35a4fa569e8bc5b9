"""Who may moderate and operate: every command, button, menu and form, by all kinds of people."""

import pytest
from discord.ui import DynamicItem

from bot.texts import text
from sandbox.discord.components import flat
from sandbox.discord.model import Channel, Interaction, Message
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from sandbox.discord.permissions import Permission
from storage.server_records import Action
from tests.journeys.forging import forged, forged_menu, forged_press, forged_submit, forged_typing, said
from tests.journeys.moderating import answered, menu_id, shown
from tests.journeys.panels import words
from tests.journeys.rights import (
    KINDS,
    MODERATORS,
    REFUSED,
    Cast,
    cast_in,
    commands_of,
    happened,
    kept,
    parts_of_the_product,
    shape,
)
from tests.journeys.scenes import Scene
from tests.journeys.test_who_may_make import EVERYBODYS_COMMANDS, EVERYBODYS_PARTS
from tests.local_world import LocalWorld

OVERVIEW, LOG = "quota.title", "log.title"

MODERATE: dict[str, Action | str] = {  # what comes of a command: a change, or what its panel says
    "overview": OVERVIEW,
    "show": "member.lines",
    "set": Action.SET,
    "clear": Action.CLEAR,
    "grant": Action.GRANT,
    "reset": Action.RESET,
    "role": Action.ROLE,
    "default": Action.DEFAULT,
    "block": Action.BLOCK,
    "unblock": Action.UNBLOCK,
    "report": "report.empty",
    "log": LOG,
    "settings": "settings.title",
}
FIRST = {"clear": "set", "unblock": "block"}  # without which there is nothing to take away
OPERATE = {
    "status": "operator.status",
    "servers": "operator.servers",
    "ceiling": Action.CEILING,
    "pause": "operator.pause",
    "resume": "operator.resume",
}

PRESSED: dict[str, tuple[str, Action | str]] = {  # the panel with it, and what comes of it
    "q-overview:#:refresh": ("overview", OVERVIEW),
    "q-report:#": ("overview", "report.empty"),
    "q-log:#:#:all:log": ("overview", LOG),
    "q-settings": ("overview", "settings.title"),
    "q-log:#:#:all:newer": ("second page", LOG),
    "q-log:#:#:all:refresh": ("second page", LOG),
    "q-log:#:#:all:older": ("second page", LOG),
    "q-overview:#:overview": ("second page", OVERVIEW),
    "q-reset:#:": ("question", Action.RESET_ALL),
    "q-set:log:#": ("settings", Action.SETTINGS),
    "q-set:moderators:#": ("settings", Action.SETTINGS),
    "q-set:channels:#": ("settings", Action.SETTINGS),
    "q-set:running:#": ("settings", Action.SETTINGS),
    "q-set:everywhere:#": ("settings", Action.SETTINGS),
    "q-set:except:#": ("settings", Action.SETTINGS),
    "q-set:only:#": ("settings with exceptions", Action.SETTINGS),
    "rep-delete:#:#:#": ("reported", Action.DELETE),
    "rep-refund:#:#:#": ("reported", Action.REFUND),
    "rep-dismiss:#:#:#": ("reported", Action.DISMISS),
}
ASKING = "rep-block:#:#:#"  # the button whose form is tried as well
FORMS = {"BlockForm", "EditForm", "WhichForm"}


@pytest.fixture
def cast(world: LocalWorld) -> Cast:
    """One of each kind."""
    return cast_in(world)


def ids(message: Message) -> list[str]:
    """The ids of all buttons and menus of a message."""
    return [str(each["custom_id"]) for each in flat(message.components) if "custom_id" in each]


def one(message: Message, meant: str) -> str:
    """The id of this shape."""
    [found] = [each for each in ids(message) if shape(each) == meant]
    return found


def options(cast: Cast, command: str, kind: str) -> dict[str, OptionValue]:
    """What has to be said with a command of moderators."""
    member: dict[str, OptionValue] = {"member": str(cast.world.places.linus.id)}
    given: dict[str, dict[str, OptionValue]] = {
        "set": {**member, "amount": 3},
        "grant": {**member, "credits": 3},
        "role": {"role": str((cast.role(kind) or cast.low).id), "amount": 3},
        "default": {"amount": 3},
    }
    given |= dict.fromkeys(("show", "clear", "reset", "block", "unblock"), member)
    return given.get(command, {})


def values(cast: Cast, meant: str, kind: str) -> list[str]:
    """What is chosen in a menu: what there is where somebody is, or nothing where there is nothing."""
    channel, role = cast.people[kind][1], cast.role(kind)
    if not meant.startswith(("q-set:log", "q-set:moderators", "q-set:channels")):
        return ["1"] if meant.startswith("q-set:running") else []
    return [] if role is None else [str(role.id if "moderators" in meant else channel.id)]


async def test_the_table_has_everybody(cast: Cast) -> None:
    """Each kind of people that this test knows is one of the cast."""
    assert cast.people.keys() == set(KINDS)


async def test_the_table_has_every_command(world: LocalWorld) -> None:
    """A new one, of slash or of the Apps menu, has to be tried here or in the table of what everybody may."""
    world.changes["operator_guild_id"] = world.places.hq.id
    async with world.bot():
        tried = {f"quota {name}" for name in MODERATE} | {f"operator {name}" for name in OPERATE}
        assert commands_of(world) == tried | EVERYBODYS_COMMANDS.keys() | {text("menu.report")}


async def test_the_table_has_every_button_menu_and_form(cast: Cast) -> None:
    """A new class of them, and one more in a panel, has to be tried here or there."""
    async with cast.world.bot() as services:
        scene = Scene(cast, services)
        panels = [await scene.panel(name) for name in dict.fromkeys(name for name, _ in PRESSED.values())]
    found = [each for panel in panels for each in ids(panel)]
    assert {shape(each) for each in found} == PRESSED.keys() | {ASKING}
    product = parts_of_the_product()
    tried = {
        name
        for name, part in product.items()
        if issubclass(part, DynamicItem)
        and any(part.__discord_ui_compiled_template__.fullmatch(each) for each in found)
    }
    assert tried.isdisjoint(EVERYBODYS_PARTS)
    assert tried | EVERYBODYS_PARTS | FORMS == product.keys()


@pytest.mark.parametrize("command", MODERATE)
async def test_commands(cast: Cast, command: str) -> None:
    """Each is refused to members, wherever the bot is no member, and in conversations."""
    async with cast.world.bot() as services:
        scene = Scene(cast, services)
        await scene.begin()

        def typed(kind: str, name: str = command) -> Interaction:
            person, channel = cast.people[kind]
            return forged(cast.world, person, channel, f"quota {name}", **options(cast, name, kind))

        for kind in REFUSED:
            await scene.refuse(kind, typed(kind))
        for kind in MODERATORS:
            if first := FIRST.get(command):
                await answered(typed("moderator", first))
            tried = typed(kind)
            told = await said(cast.world, tried)
            happened(cast.world, cast.people[kind][0], MODERATE[command], told)


@pytest.mark.parametrize("meant", PRESSED)
async def test_buttons_and_menus(cast: Cast, meant: str) -> None:
    """Who sees a panel that is not theirs, or one in another place, is asked again who they are."""
    name, done = PRESSED[meant]
    async with cast.world.bot() as services:
        scene = Scene(cast, services)
        panel = await scene.panel(name)

        def pressed(kind: str, copy: Message) -> Interaction:
            chosen = values(cast, meant, kind)
            return forged_press(cast.world, cast.people[kind][0], copy, one(copy, meant), *chosen)

        for kind in REFUSED:
            copy = cast.copy(panel, kind)
            await scene.refuse(kind, pressed(kind, copy))
            assert words(copy) == words(panel)
        for kind in MODERATORS:
            copy = cast.copy(await scene.panel(name), kind)
            told = await said(cast.world, pressed(kind, copy))
            happened(cast.world, cast.people[kind][0], done, f"{told}\n{words(copy)}")


async def test_the_form_of_a_report(cast: Cast) -> None:
    """It opens for moderators alone; who has opened it may send it, as long as they are one there."""
    world = cast.world
    async with world.bot() as services:
        scene = Scene(cast, services)
        report = await scene.panel("reported")
        opened = world.grace.press(report, one(report, ASKING))
        await opened.answered()
        for kind in REFUSED:
            person, channel = cast.people[kind]
            copy = cast.copy(report, kind)
            await scene.refuse(kind, forged_press(world, person, copy, one(copy, ASKING)))
            other = None if person.user is world.places.grace else "refused.not_your_form"
            await scene.refuse(kind, forged_submit(world, person, channel, opened, duration="1d"), other)
        for kind in MODERATORS:
            person, channel = cast.people[kind]
            copy = cast.copy(await scene.panel("reported"), kind)
            opened = forged_press(world, person, copy, one(copy, ASKING))
            await opened.answered()
            await scene.begin(moderator_role_ids=())
            sent = forged_submit(world, person, channel, opened, duration="1d")
            if kind == "helper":
                await scene.refuse("member", sent)
                await scene.begin()
                sent = forged_submit(world, person, channel, opened, duration="1d")
            told = await said(world, sent)
            happened(world, person, Action.BLOCK, told)


async def test_the_menu_of_a_message(cast: Cast) -> None:
    """*Report image* is for everybody in a server with the bot, and nowhere else."""
    world, report = cast.world, text("menu.report")
    async with world.bot() as services:
        scene = Scene(cast, services)
        await scene.panel("reported")
        result = await world.result(world.images)
        for kind in ("member", *MODERATORS):
            told = await answered(cast.people[kind][0].menu(result, report))
            assert told.content == text("reported.known")
        for kind in REFUSED.keys() - {"member"}:
            person, channel = cast.people[kind]
            message = world.discord.post(channel, world.discord.state.bot, "look")
            assert report not in [each.name for each in person.menu_commands(message)]
            await scene.refuse(kind, forged_menu(world, person, message, report))


@pytest.mark.parametrize("command", OPERATE)
async def test_commands_of_the_operator(cast: Cast, command: str) -> None:
    """For the application's owner, in the operator's server: nobody else, and nowhere else."""
    world = cast.world
    world.changes["operator_guild_id"] = world.places.hq.id
    owner = world.discord.person(world.discord.application.owner)
    other = world.discord.add_guild("Night Owls", owner=owner.user)
    owls = world.discord.add_channel(other, "owls")
    world.discord.install_bot(other)
    world.discord.join(owner.user, world.places.foreign)
    given: dict[str, OptionValue] = {"server": "Nano Banana HQ", "credits": 5} if command == "ceiling" else {}
    elsewhere = [(owner, place) for place in (owls, world.places.sketches, owner.dm())]
    async with world.bot() as services:
        if command == "resume":
            await services.operating.pause()
        before = kept(world)
        for person, channel in (*cast.people.values(), *elsewhere):
            tried = forged(world, person, channel, f"operator {command}", **given)
            assert await said(world, tried) == text("refused.not_operator")
            assert kept(world) == before
            if given:
                typed = forged_typing(world, person, channel, "operator ceiling", "server")
                await typed.answered()
                assert typed.choices == []
        told = await said(world, owner.slash(world.images, f"operator {command}", **given))
        happened(world, owner, OPERATE[command], told)


async def test_rights_are_read_anew_each_time(world: LocalWorld) -> None:
    """Who is no moderator any more can do nothing with a panel that they have open."""
    async with world.bot():
        panel = await shown(world, "settings")
        [role] = [role for role in world.places.hq.roles if role.name == "Moderators"]
        role.permissions &= ~Permission.MANAGE_GUILD
        pressed = world.grace.press(panel, menu_id(panel, "only"))
        assert await said(world, pressed) == text("refused.not_moderator")


async def test_the_client_shows_them_to_moderators_alone(cast: Cast) -> None:
    """Discord hides the commands from others, and everywhere else."""
    world = cast.world
    async with world.bot():

        def offered(person: Person, channel: Channel) -> set[str]:
            names = {command.name for command in person.commands(channel)}
            return {name for name in names if name.startswith(("quota", "operator"))}

        everything = {f"quota {command}" for command in MODERATE}
        shown_to = {kind: offered(*where) for kind, where in cast.people.items()}
        assert {kind for kind in KINDS if shown_to[kind]} == {"moderator", "chief"}
        assert shown_to["moderator"] == shown_to["chief"] == everything
