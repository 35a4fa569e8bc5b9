"""`python -m bot` with `run`, `doctor`, `backup` and `audit`.

Exit status of `run`: 0 after a signal, 2 when the operator has to mend something, 1 for everything else; of
the others: 0 when all is well, else 1.
"""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import discord

from bot import doctor
from bot.assembly import assemble
from bot.logs import set_up_logs
from bot.memory import keep_little
from bot.settings import Settings, SettingsError, load_log_settings, load_settings
from bot.upkeep import examine_books, make_backup
from storage.errors import DatabaseDamaged, DatabaseInUse, DatabaseTooNew, StorageError

MEND = 2  # the settings or the surroundings are wrong: a restart alone does not help
CRASH = 1

log = logging.getLogger("bot")


def main() -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="The Nano Banana bot.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("run", help="run the bot until it gets SIGTERM or Ctrl-C")
    commands.add_parser("doctor", help="look at all that a running bot needs, and say what to mend")
    backup = commands.add_parser("backup", help="copy the database to a new file, also while the bot runs")
    backup.add_argument("path", type=Path, help="the file to be made, on another disk if possible")
    commands.add_parser("audit", help="recompute every balance from the ledger, also while the bot runs")
    given = parser.parse_args()
    match given.command:
        case "run":
            return _run()
        case "doctor":
            return _look(lambda settings: asyncio.run(doctor.examine(settings, sys.stdout)))
        case "backup":
            return _look(lambda settings: make_backup(settings.database_path, given.path, sys.stdout))
        case _:
            return _look(lambda settings: examine_books(settings.database_path, sys.stdout))


def _look(work: Callable[[Settings], int]) -> int:
    """Do something beside a running bot, whose result is read on standard output."""
    set_up_logs("ERROR", "console")
    try:
        settings = load_settings()
        set_up_logs("ERROR", "console", settings.secrets())
        return work(settings)
    except SettingsError as error:
        for line in error.lines:
            sys.stdout.write(f"{doctor.MEND} settings: {line}\n")
        return CRASH


def _run() -> int:
    """Run the bot and turn what ends it into one clear line and an exit status."""
    keep_little()
    look = load_log_settings()
    set_up_logs(look.log_level, look.log_format)
    try:
        settings = load_settings()
        set_up_logs(settings.log_level, settings.log_format, settings.secrets())
        asyncio.run(_serve(settings))
    except StorageError as error:
        return _explain_storage(error, settings.database_path)
    except Exception as error:  # noqa: BLE001  (every end of the program is explained)
        return _explain_end(error)
    return 0


def _explain_end(error: Exception) -> int:
    """The exit status for an error, after saying what to mend."""
    match error:
        case SettingsError(lines=lines):
            for line in lines:
                log.error("%s", line)
        case discord.LoginFailure():
            log.error("Discord does not take DISCORD_TOKEN: copy it anew from the developer portal")
        case discord.PrivilegedIntentsRequired():
            where = "switch it on in the developer portal, under Bot"
            log.error("Discord does not grant Message Content: %s, or set MESSAGE_CONTENT_INTENT=auto", where)
        case aiohttp.ClientError():
            log.error("Discord cannot be reached: %s", error)
            return CRASH
        case _:
            log.error("the bot has crashed", exc_info=error)
            return CRASH
    return MEND


def _explain_storage(error: StorageError, path: Path) -> int:
    """The same for the database file."""
    match error:
        case DatabaseInUse():
            log.error("another process runs on %s: stop it first", path)
        case DatabaseTooNew():
            log.error("%s was written by a newer version of this bot: run that version", path)
        case DatabaseDamaged():
            log.error("%s is damaged: put your latest backup in its place (%s)", path, error)
        case _:
            log.error("%s cannot be used: %s", path, error)
    return MEND


async def _serve(settings: Settings) -> None:
    """Run until a signal comes or something ends by itself, which is an error."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with assemble(settings) as parts:
        connection = asyncio.create_task(parts.client.start(settings.discord_token.get_secret_value()))
        background = asyncio.create_task(parts.background)
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({connection, background, stopped}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        stopped.cancel()
        background.cancel()
        await asyncio.wait({background})  # it works with the parts that are closed next
    connection.cancel()  # it may be waiting for its turn to log in, and the client is closed
    await asyncio.gather(connection, stopped, return_exceptions=True)
    for task in (connection, background):
        if not task.cancelled():
            task.result()


if __name__ == "__main__":
    sys.exit(main())
