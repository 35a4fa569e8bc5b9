"""Looks for secrets in all that leaves the bot: logs, messages and the rows of its database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.discord.events import Event, MessageCreated, MessageEdited
from tests.debug_log import DebugLog, debug_log
from tests.local_world import LocalWorld

ITS_PLACE = ("jobs", "interaction_token")  # in the bot's own file, the one for a secret that opens something


@dataclass
class SecretWatch:
    """What a world's bot has logged, said and written down."""

    world: LocalWorld
    log: DebugLog
    said: set[str] = field(default_factory=set)

    def __call__(self, event: Event) -> None:
        """Note all of a message, each time it changes."""
        if isinstance(event, MessageCreated | MessageEdited):
            files = [*event.message.attachments, *event.message.component_files]
            about = [(file.filename, file.description) for file in files]
            self.said.add(repr((event.message.content, event.message.components, about)))

    def planted(self) -> dict[str, str]:
        """The secrets by what they are: keys, tokens, and what stands in the addresses that APIs got."""
        discord, apis = self.world.discord, (self.world.api, self.world.ruxa)
        secrets = {
            discord.application.token: "Discord token",
            **{api.key: f"key of {api.name}" for api in apis},
        }
        secrets |= dict.fromkeys(discord.state.interactions, "interaction token")
        return secrets | dict.fromkeys(self._in_addresses(), "secret address")

    def leaks(self) -> list[str]:
        """Where one of the secrets stands that should not."""
        planted = self.planted()
        return [
            f"{planted[secret]} in {where}: {_around(words, secret)}"
            for where, words in self._all()
            for secret in planted
            if secret in words
        ]

    def strays(self) -> list[object]:
        """The jobs that hold another token than that of the interaction which they came from."""
        interactions = self.world.discord.state.interactions
        rows = [row for table, row in self._rows() if table == "jobs" and row["interaction_token"]]
        own = {str(row["id"]): interactions.get(str(row["interaction_token"])) for row in rows}
        return [row["id"] for row in rows if (its := own[str(row["id"])]) and its.id != row["request_id"]]

    def _in_addresses(self) -> Iterator[str]:
        """Our own addresses are …/callbacks/<api>/<secret> and …/inputs/<secret>/<file>."""
        urls = [call.callback_url for call in self.world.api.calls if call.callback_url]
        urls += [call.callback_url for call in self.world.ruxa.calls if call.callback_url]
        for api in (self.world.api, self.world.ruxa):
            urls += [url for url, _ in api.callbacks.sent]
            yield from (url.split("/")[-2] for url in api.inputs_asked if "/inputs/" in url)
        yield from (url.rpartition("/")[2] for url in urls)

    def _all(self) -> Iterator[tuple[str, str]]:
        yield "the log", self.log.console.getvalue()
        yield "the log as JSON", self.log.json.getvalue()
        for file in self.world.folder.glob("*.log"):
            yield file.name, file.read_text("utf-8")
        yield "what was said", "\n".join(self.said)
        for table, row in self._rows():
            yield table, "\n".join(str(row[name]) for name in row if (table, name) != ITS_PLACE)

    def _rows(self) -> Iterator[tuple[str, dict[str, object]]]:
        for path in self.world.folder.rglob("*.sqlite3*"):
            if path.name == "bot.sqlite3":
                yield from _rows_of(path)
            elif path.suffix == ".sqlite3" or ".before-" in path.name:  # a copy is no place for tokens
                yield from ((f"{table} of {path.name}", row) for table, row in _rows_of(path))


def _rows_of(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            found = database.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in found.description]
            yield from ((table, dict(zip(names, row, strict=True))) for row in found)


def _around(words: str, secret: str) -> str:
    at = words.index(secret)
    return words[max(0, at - 120) : at + len(secret) + 40]


@contextmanager
def secrets_watched(world: LocalWorld) -> Iterator[SecretWatch]:
    """Let every bot of this world log at DEBUG, and look for secrets at the end."""
    world.changes["log_level"] = "DEBUG"
    with debug_log([world.discord.application.token, world.api.key, world.ruxa.key]) as log:
        watch = SecretWatch(world, log)
        unsubscribe = world.discord.state.events.subscribe(watch)
        try:
            yield watch
        finally:
            unsubscribe()
    assert watch.leaks() == []
    assert watch.strays() == []
