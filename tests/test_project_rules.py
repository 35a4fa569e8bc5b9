"""The project's own rules: what is listed is there, what is there is listed, and nothing grows too long."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.client import COGS
from bot.images import COUNT_LIMIT, SOURCES_LIMIT
from bot.prices import DEFAULT_PRICES
from bot.settings import SECRETS, Settings
from sandbox.apis.troubles import RUXA, XHUO
from sandbox.discord.gateway_troubles import GATEWAY
from sandbox.discord.troubles import TROUBLES
from sandbox.troubles import Trouble
from tests.local_world import LocalWorld

ROOT = Path(__file__).parent.parent
LONGEST = 250  # lines of a file
# Joined here, so that this file does not hold them itself: the project works with any package index.
FORBIDDEN = ["pypi" + ".org", "python" + "hosted", "index" + "-url", "index" + "_url", "find" + "-links"]


def files() -> list[Path]:
    """List what belongs to the project: all that git knows, or would if it were added now."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def rows(heading: str) -> list[list[str]]:
    """Give the cells of the README's tables under a heading, without the tables' heads."""
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in found if not set(row[0]) <= set("-: ")]


def quoted(cell: str) -> list[str]:
    """Give what stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def test_every_cog_is_loaded() -> None:
    """The list of cogs names each file of the folder once."""
    there = [f"cogs.{path.stem}" for path in sorted((ROOT / "cogs").glob("*.py")) if path.stem != "__init__"]
    assert sorted(COGS) == there


def test_no_file_is_too_long() -> None:
    """A file of the product with more than 250 lines wants to be two."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in files()
        if path.suffix in {".py", ".js", ".css", ".html"} and not path.is_relative_to(ROOT / "tests")
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert len(lengths) > 50


def test_no_package_index_is_named() -> None:
    """Where packages come from is the machine's business: no index stands in any file."""
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in files()
        for word in FORBIDDEN
        if word in path.read_text("utf-8", "replace").casefold()
    ]
    assert found == []


def test_every_package_of_tests_mirrors_the_code() -> None:
    """A folder of tests is named after the folder that it tests, or is one of the known others."""
    others = {"journeys", "browser", "reliability", "__pycache__"}
    for folder in (ROOT / "tests").rglob("*/"):
        name = folder.relative_to(ROOT / "tests")
        if name.parts and not others & set(name.parts):
            assert (ROOT / name).is_dir(), f"tests/{name} tests nothing"


@pytest.mark.parametrize("table", [XHUO, RUXA, TROUBLES, GATEWAY], ids=["xhuo", "ruxa", "discord", "gateway"])
def test_troubles_have_short_names_and_words(table: Mapping[str, Trouble]) -> None:
    """A name is made of words with hyphens; the words are one phrase, no two alike, that fits on the page."""
    for name, trouble in table.items():
        assert re.fullmatch(r"[a-z0-9_]+(-[a-z0-9_]+)*", name), name
        assert len(name) <= 40, name
        assert 0 < len(trouble.words) <= 80, name
        assert not trouble.words.endswith("."), name
    assert len({trouble.words for trouble in table.values()}) == len(table)


def test_make_help_lists_every_target() -> None:
    """Each target that is a command has a line in the help, and the help names no other."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert sorted(line.split()[1] for line in told.splitlines()) == sorted(phony[1].split())
    assert all(len(line.split()) > 2 for line in told.splitlines())


def test_the_makefile_is_in_the_readme() -> None:
    """What the README tells people to type exists."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    readme = (ROOT / "README.md").read_text("utf-8")
    typed = set(re.findall(r"(?:^ *|`)make ([a-z-]+)", readme, re.MULTILINE))
    assert {"demo", "install", "test"} <= typed <= targets


async def test_the_readme_lists_the_commands(world: LocalWorld) -> None:
    """Its tables name each registered command, those of the Apps menu too, and each option, and no other."""
    world.changes["operator_guild_id"] = world.places.hq.id
    async with world.bot():
        commands = world.grace.commands(world.images)  # who sees those of moderators too
        message = world.ada.say(world.images, "hello")
        names = {f"/{command.name}" for command in commands}
        names |= {f"Apps → {command.name}" for command in world.ada.menu_commands(message)}
        options = {option.name for command in commands for option in command.options}
    listed = {name for row in rows("Commands") for name in quoted(row[0])}
    assert {name for name in listed if name.startswith(("/", "Apps"))} == names
    images = {f"image{number}" for number in range(1, SOURCES_LIMIT + 1)}
    assert {name for name in listed if not name.startswith(("/", "Apps"))} | images == options
    assert COUNT_LIMIT == 4  # the README says "one to four"


def test_the_readme_lists_the_prices() -> None:
    """Its table has the default price of each model and size."""
    head, *lines = rows("Credits")
    listed = {
        (quoted(row[0])[0], size): int(price)
        for row in lines
        for size, price in zip(head[1:], row[1:], strict=True)
        if price.isdecimal()
    }
    assert listed == DEFAULT_PRICES


def test_the_readme_names_settings_that_exist() -> None:
    """A word in capitals with an underscore, in backticks, is a setting."""
    readme = (ROOT / "README.md").read_text("utf-8")
    named = {word for word in quoted(readme) if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", word)}
    known = {name.upper() for name in Settings.model_fields} | {f"{name.upper()}_FILE" for name in SECRETS}
    assert named - known - {"NAME_FILE"} == set()


@pytest.mark.parametrize(
    "document", [str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))]
)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    """A relative link names a file that is there."""
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#]+)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_the_help_of_the_bot_names_its_commands() -> None:
    """`python -m bot --help` works without any setting."""
    told = subprocess.run(
        [sys.executable, "-m", "bot", "--help"], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )
    assert {"run", "doctor"} <= set(told.stdout.split())
