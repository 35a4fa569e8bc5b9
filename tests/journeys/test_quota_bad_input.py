"""What moderators mistype: a plain sentence, and nothing was changed."""

import pytest

from bot.texts import text
from sandbox.discord.options import OptionValue
from tests.journeys.forging import registered, said
from tests.journeys.moderating import answered, done, menu_id, quota, shown
from tests.journeys.panels import words
from tests.journeys.restarts import look
from tests.local_world import LocalWorld

TABLES = ("rules", "blocks", "changes", "resets", "budgets")


def nothing_changed(world: LocalWorld) -> None:
    """Hold that no table of moderators has a row."""
    assert {table: look(world, f"SELECT * FROM {table}") for table in TABLES} == {
        table: [] for table in TABLES
    }


@pytest.mark.parametrize("command", ["set", "grant", "default", "role"])
@pytest.mark.parametrize("amount", [-1, -(2**40), 2**31, 2**53, 1_000_000_001])
async def test_amounts(world: LocalWorld, command: str, amount: int) -> None:
    """Less than nothing, and more than anybody means."""
    options: dict[str, OptionValue] = {"credits" if command == "grant" else "amount": amount}
    if command == "role":
        options["role"] = str(world.discord.add_role(world.places.hq, "Low").id)
        world.discord.add_role(world.places.hq, "High")
        world.places.hq.members[world.places.grace.id].roles.append(world.places.hq.roles[-1])
    elif command != "default":
        options["member"] = str(world.places.ada.id)
    async with world.bot():
        refusal = (await answered(quota(world, command, **options))).content
        assert refusal.endswith("Nothing was changed.")
        nothing_changed(world)
        kind = next(each for each in registered(world, f"quota {command}").options if each.name in options)
        assert kind.type in {4, 6, 8}  # fractions cannot be typed at all


@pytest.mark.parametrize("command", ["default", "role"])
async def test_a_period_of_nothing(world: LocalWorld, command: str) -> None:
    """It takes no rule away, as no amount and no period would."""
    low = world.discord.add_role(world.places.hq, "Low")
    world.discord.add_role(world.places.hq, "High")
    world.places.hq.members[world.places.grace.id].roles.append(world.places.hq.roles[-1])
    options: dict[str, OptionValue] = {"role": str(low.id)} if command == "role" else {}
    async with world.bot():
        await done(world, command, amount=3, **options)
        before = {table: look(world, f"SELECT * FROM {table}") for table in TABLES}
        refusal = await answered(quota(world, command, period="week", **options))
        assert refusal.content == text("refused.period_alone")
        assert {table: look(world, f"SELECT * FROM {table}") for table in TABLES} == before


async def test_no_credits_are_no_bonus(world: LocalWorld) -> None:
    """A bonus of nothing is a mistake."""
    async with world.bot():
        refusal = await answered(quota(world, "grant", member=world.places.ada.id, credits=0))
        assert refusal.content.endswith("Nothing was changed.")
        nothing_changed(world)


@pytest.mark.parametrize(
    "words_", ["tomorrow", "-7d", "1.5d", "2020-01-01", "2026-02-30", "99999w", "@everyone"]
)
async def test_times(world: LocalWorld, words_: str) -> None:
    """A duration that is none, a date in the past: repeated without waking anybody."""
    member = world.places.ada.id
    async with world.bot():
        for tried in (
            quota(world, "grant", member=member, credits=3, expires=words_),
            quota(world, "block", member=member, duration=words_),
        ):
            refusal = await answered(tried)
            assert refusal.content.endswith("Nothing was changed.")
            assert "@everyone" not in refusal.content
        nothing_changed(world)


@pytest.mark.parametrize("command", ["set", "grant", "block"])
async def test_a_bot_has_no_quota(world: LocalWorld, command: str) -> None:
    """Neither this bot nor any other."""
    other = world.discord.add_user("Other", bot=True)
    world.discord.join(other, world.places.hq)
    extras: dict[str, dict[str, OptionValue]] = {"set": {"amount": 3}, "grant": {"credits": 3}, "block": {}}
    async with world.bot():
        for bot in (other, world.discord.state.bot):
            refusal = await answered(quota(world, command, member=bot.id, **extras[command]))
            assert refusal.content.endswith("Nothing was changed.")
        nothing_changed(world)


async def test_whom_nobody_can_block(world: LocalWorld) -> None:
    """Oneself, and other moderators by permission or by role."""
    role = world.discord.add_role(world.places.hq, "Chiefs", "ADMINISTRATOR")
    world.places.hq.members[world.places.linus.id].roles.append(role)
    async with world.bot():
        for person in (world.places.grace, world.places.linus, world.discord.application.owner):
            refusal = await answered(quota(world, "block", member=person.id))
            assert refusal.content.endswith("Nothing was changed.")
        nothing_changed(world)


async def test_a_role_above_ones_own(world: LocalWorld) -> None:
    """Refused to moderators, allowed to the server's owner; everybody's role is not a role."""
    high = world.discord.add_role(world.places.hq, "High")
    owner = world.discord.person(world.discord.application.owner)
    async with world.bot():
        refusal = await answered(quota(world, "role", role=high.id, amount=3))
        assert refusal.content.endswith("Nothing was changed.")
        everybody = await answered(quota(world, "role", role=world.places.hq.id, amount=3))
        assert everybody.content.endswith("Nothing was changed.")
        nothing_changed(world)
        allowed = owner.slash(world.images, "quota role", role=str(high.id), amount=3)
        assert (await answered(allowed)).content.startswith("✅")


async def test_many_rules(world: LocalWorld) -> None:
    """250 role rules: the overview says how many there are and fits, and the best one is found."""
    hq = world.places.hq
    roles = [world.discord.add_role(hq, f"Role {number}") for number in range(250)]
    world.discord.add_role(hq, "Top")
    hq.members[world.places.grace.id].roles.append(hq.roles[-1])
    hq.members[world.places.ada.id].roles += roles
    async with world.bot():
        for number, role in enumerate(roles, start=1):
            await done(world, "role", role=role.id, amount=number)
        panel = words(await shown(world, "overview"))
        assert "… and 240 more" in panel
        assert len(panel) < 4000
        await world.answer(world.order(), "249 credits left")


async def test_everybody_cannot_be_made_a_moderator(world: LocalWorld) -> None:
    """The role that everybody has is refused in the settings."""
    async with world.bot():
        panel = await shown(world, "settings")
        chosen = world.grace.choose(panel, menu_id(panel, "moderators"), str(world.places.hq.id))
        assert "everybody would be a moderator" in await said(world, chosen)
        nothing_changed(world)
