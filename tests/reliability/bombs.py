"""A program that meets every bomb in turn, and says after each by how much its memory has ever grown.

Run as `python -m tests.reliability.bombs FOLDER URL NAME …`: the names lie below the address, and in the
folder the files that are to be opened.
"""

import asyncio
import sys
from contextlib import nullcontext, suppress
from pathlib import Path

from yarl import URL

from bot.services.downloads import DownloadError, Downloads
from bot.services.pictures import SOURCE_BYTES, Darkroom, PictureProblem

AT_ONCE = 8  # downloads that a bot has under way
SMALL = "small.png"


def main() -> None:
    """Take the small file first: what it needs is needed anyway."""
    folder, base, *names = sys.argv[1:]
    start = 0
    for name in (SMALL, *names):
        asyncio.run(fetch(URL(base) / name, Path(folder)))
        if name == SMALL:
            asyncio.run(clean(Path(folder) / name))
            start = peak()
        say(name, start)
    for bomb in sorted(Path(folder).glob("bomb*")):
        asyncio.run(clean(bomb))
        say(bomb.name, start)


def peak() -> int:
    """Give the most memory that this program has ever had, in KiB; getrusage would count its parent's too."""
    [line] = [
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")
    ]
    return int(line.split()[1])


def say(name: str, start: int) -> None:
    """Name a bomb that was met, and the growth in MiB."""
    sys.stdout.write(f"{name}\t{(peak() - start) / 1024:.1f}\n")


async def fetch(url: URL, folder: Path) -> None:
    """Fetch one thing as often as a bot would at once; what is not small may be refused."""
    async with Downloads(frozenset({f"{url.host}:{url.port}"})) as downloads:

        async def fetch_one(into: Path) -> None:
            with nullcontext() if url.name == SMALL else suppress(DownloadError):
                await downloads.fetch(str(url), into, max_bytes=SOURCE_BYTES, deadline=2)

        await asyncio.gather(*(fetch_one(folder / f"fetched-{number}") for number in range(AT_ONCE)))


async def clean(path: Path) -> None:
    """Make a file fit for an API, twice at once as a bot would; what is not small may be refused."""
    darkroom = Darkroom()

    async def clean_one(into: Path) -> None:
        with nullcontext() if path.name == SMALL else suppress(PictureProblem):
            await darkroom.clean(path, into)

    await asyncio.gather(*(clean_one(path.with_name(f"cleaned-{number}")) for number in range(2)))


if __name__ == "__main__":
    main()
