"""Who may moderate: every command, button, menu and form, by five kinds of people."""

import re
from dataclasses import dataclass

import pytest

from bot.presses import Choice, Press
from bot.texts import text
from cogs import quota_panels, report_image
from cogs.quota import Quota
from sandbox.discord.components import flat
from sandbox.discord.model import Channel, Message
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from sandbox.discord.permissions import Permission
from tests.journeys.forging import forged, forged_menu, forged_press, forged_submit, said
from tests.journeys.moderating import answered, changed, menu_id, set_log_channel, shown
from tests.local_world import LocalWorld

KINDS = ("member", "moderator", "administrator", "outsider", "direct")
REFUSED = {
    "member": "refused.not_moderator",
    "outsider": "refused.not_a_member",
    "direct": "refused.not_in_direct",
}
COMMANDS = (
    *("overview", "show", "set", "clear", "grant", "reset", "role", "default"),
    *("block", "unblock", "report", "log", "settings"),
)


@dataclass(frozen=True)
class Cast:
    """One of each kind, and where they try."""

    world: LocalWorld
    people: dict[str, tuple[Person, Channel]]

    def expect(self, kind: str, words: str) -> None:
        """Hold that exactly the right people are refused, for the right reason."""
        wrong = {text(key) for name, key in REFUSED.items() if name != kind} | {text("refused.not_operator")}
        if kind in REFUSED:
            assert words == text(REFUSED[kind])
        else:
            assert words not in wrong | {text(REFUSED["member"])}
            assert "Something went wrong" not in words

    def copy(self, message: Message, kind: str) -> Message:
        """The same panel where this kind of people is."""
        channel = self.people[kind][1]
        return self.world.discord.post(channel, self.world.discord.state.bot, components=message.components)


@pytest.fixture
def cast(world: LocalWorld) -> Cast:
    """Ada is a member, Linus manages another server and carries the app there; two more moderate here."""
    hq, discord = world.places.hq, world.discord
    helper, chief = discord.add_user("Helper"), discord.add_user("Chief")
    role = discord.add_role(hq, "Helpers")
    discord.join(helper, hq, roles=[role])
    discord.join(chief, hq, roles=[discord.add_role(hq, "Chiefs", "ADMINISTRATOR")])
    discord.install_for_user(world.places.linus)  # who owns the foreign server
    people = {
        "member": (world.ada, world.images),
        "moderator": (discord.person(helper), world.images),
        "administrator": (discord.person(chief), world.images),
        "outsider": (world.linus, world.places.sketches),
        "direct": (world.grace, world.grace.dm()),
    }
    return Cast(world, people)


async def name_helpers(world: LocalWorld) -> None:
    """Grace makes the helpers moderators."""
    [role] = [role for role in world.places.hq.roles if role.name == "Helpers"]
    panel = await shown(world, "settings")
    await changed(world.grace, panel, menu_id(panel, "moderators"), str(role.id))


def options(world: LocalWorld, command: str) -> dict[str, OptionValue]:
    """What has to be said with a command."""
    member: dict[str, OptionValue] = {"member": str(world.places.linus.id)}
    [role] = [role for role in world.places.hq.roles if role.name == "Helpers"]
    given: dict[str, dict[str, OptionValue]] = {
        "set": {**member, "amount": 3},
        "grant": {**member, "credits": 3},
        "role": {"role": str(role.id), "amount": 3},
        "default": {"amount": 3},
    }
    given |= dict.fromkeys(("show", "clear", "block", "unblock"), member)
    return given.get(command, {})


def test_the_table_has_every_command() -> None:
    """A new command has to be tried here."""
    assert {command.name for command in Quota.__cog_app_commands__} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
async def test_commands(world: LocalWorld, cast: Cast, command: str) -> None:
    """Each is refused to members, to whoever manages another server, and in direct messages."""
    async with world.bot():
        await name_helpers(world)
        for kind, (person, channel) in cast.people.items():
            given = options(world, command)
            if command == "role" and kind == "outsider":
                given["role"] = str(world.places.foreign.id)  # the only role there
            if command == "role" and kind == "direct":
                continue  # there are no roles
            interaction = forged(world, person, channel, f"quota {command}", **given)
            cast.expect(kind, await said(world, interaction))


PRESSED = {
    "OverviewButton": ("overview", r"q-overview:refresh"),
    "LogButton": ("overview", r"q-log:.*"),
    "SettingsButton": ("overview", r"q-settings"),
    "ReportButton": ("overview", r"q-report:30"),
    "ResetAllButton": ("reset", r"q-reset:.*"),
    "SettingMode": ("settings", r"q-set:only:.*"),
    "SettingMenu": ("settings", r"q-set:(log|moderators|running):.*"),
}
REPORTED = {
    "DeleteReported": r"rep-delete:.*",
    "RefundReported": r"rep-refund:.*",
    "BlockReported": r"rep-block:.*",
    "DismissReported": r"rep-dismiss:.*",
}


def test_the_table_has_every_button_and_menu() -> None:
    """A new one has to be tried here."""
    found = {
        name
        for module in (quota_panels, report_image)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, (Press, Choice)) and not name.startswith("_")
    } - {"Press", "Choice"}
    assert found == PRESSED.keys() | REPORTED.keys()


def ids(message: Message, pattern: str) -> list[str]:
    """The ids of the buttons and menus that are meant."""
    named = [str(each["custom_id"]) for each in flat(message.components) if "custom_id" in each]
    found = [each for each in named if re.fullmatch(pattern, each)]
    assert found
    return found


def values(world: LocalWorld, custom_id: str) -> list[str]:
    """What is chosen in a menu."""
    [role] = [role for role in world.places.hq.roles if role.name == "Helpers"]
    chosen = {"q-set:log": str(world.images.id), "q-set:moderators": str(role.id), "q-set:running": "2"}
    return [chosen[name] for name in chosen if custom_id.startswith(name)]


@pytest.mark.parametrize("name", PRESSED)
async def test_buttons_and_menus(world: LocalWorld, cast: Cast, name: str) -> None:
    """Who sees a panel that is not theirs, or an old one, is asked again who they are."""
    command, pattern = PRESSED[name]
    async with world.bot():
        await name_helpers(world)
        panel = await shown(world, command)
        for custom_id in ids(panel, pattern):
            for kind, (person, _) in cast.people.items():
                if kind in {"outsider", "direct"} and (
                    values(world, custom_id) and "running" not in custom_id
                ):
                    continue  # there is no such role or channel to choose there
                pressed = forged_press(
                    world, person, cast.copy(panel, kind), custom_id, *values(world, custom_id)
                )
                cast.expect(kind, await said(world, pressed))


@pytest.mark.parametrize("name", REPORTED)
async def test_buttons_of_a_report(world: LocalWorld, cast: Cast, name: str) -> None:
    """Everybody may report an image; only moderators may do something about it."""
    async with world.bot():
        await name_helpers(world)
        log = await set_log_channel(world)
        await world.answer(world.linus.slash(world.images, "generate", prompt="odd"), "Done", world.linus)
        await answered(world.ada.menu(await world.result(world.images), text("menu.report")))
        [report] = [each for each in world.posted(log) if each.components]
        [custom_id] = ids(report, REPORTED[name])
        for kind, (person, _) in cast.people.items():
            pressed = forged_press(world, person, cast.copy(report, kind), custom_id)
            cast.expect(kind, await said(world, pressed))
            assert (pressed.modal is not None) is (name == "BlockReported" and kind not in REFUSED)


async def test_forms(world: LocalWorld, cast: Cast) -> None:
    """A form that a moderator has opened, sent by each kind of people: whoever sends it is asked again."""
    async with world.bot():
        await name_helpers(world)
        log = await set_log_channel(world)
        await world.answer(world.linus.slash(world.images, "generate", prompt="odd"), "Done", world.linus)
        await answered(world.ada.menu(await world.result(world.images), text("menu.report")))
        [report] = [each for each in world.posted(log) if each.components]
        [custom_id] = ids(report, REPORTED["BlockReported"])
        for kind, (person, channel) in cast.people.items():
            opened = forged_press(world, world.grace, cast.copy(report, "member"), custom_id)
            await opened.answered()
            sent = forged_submit(world, person, channel, opened, duration="1d")
            cast.expect(kind, await said(world, sent))


async def test_the_menu_of_a_message(world: LocalWorld, cast: Cast) -> None:
    """*Report image* is for everybody in a server with the bot, and nowhere else."""
    async with world.bot():
        await set_log_channel(world)
        await world.answer(world.linus.slash(world.images, "generate", prompt="odd"), "Done", world.linus)
        result = await world.result(world.images)
        for kind in ("member", "moderator", "administrator"):
            told = await answered(cast.people[kind][0].menu(result, text("menu.report")))
            assert told.content == text("reported.thanks" if kind == "member" else "reported.known")
        for kind in ("outsider", "direct"):
            person, channel = cast.people[kind]
            message = world.discord.post(channel, world.discord.state.bot, "look")
            cast.expect(kind, await said(world, forged_menu(world, person, message, text("menu.report"))))
            assert text("menu.report") not in [each.name for each in person.menu_commands(message)]


async def test_rights_are_read_anew_each_time(world: LocalWorld) -> None:
    """Who is no moderator any more can do nothing with a panel that they have open."""
    async with world.bot():
        panel = await shown(world, "settings")
        [role] = [role for role in world.places.hq.roles if role.name == "Moderators"]
        role.permissions &= ~Permission.MANAGE_GUILD
        pressed = world.grace.press(panel, menu_id(panel, "only"))
        assert await said(world, pressed) == text("refused.not_moderator")


async def test_the_client_shows_them_to_moderators_alone(world: LocalWorld, cast: Cast) -> None:
    """Discord hides the commands from others, and everywhere else."""
    async with world.bot():

        def offered(person: Person, channel: Channel) -> set[str]:
            names = {command.name for command in person.commands(channel)}
            return {name for name in names if name.startswith(("quota", "operator"))}

        everything = {f"quota {command}" for command in COMMANDS}
        shown_to = {kind: offered(*where) for kind, where in cast.people.items()}
        assert {kind for kind in KINDS if shown_to[kind]} == {"administrator"}
        assert shown_to["administrator"] == everything
        assert offered(world.grace, world.images) == everything
