"""What moderators have set for their servers."""

import sqlite3
from dataclasses import asdict, replace

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.changes import last, note
from storage.database import Database
from storage.errors import NothingToChange, Outdated
from storage.server_records import Action, Change, Channels, NewChange, ServerSettings
from storage.server_tables import server_channels, server_moderators, server_settings
from storage.statements import Statement, given

_VALUES = given(["log_channel_id", "channels", "member_running"])
_SET = Statement(
    upsert(server_settings)
    .values(guild_id=bindparam("guild_id"), **_VALUES)
    .on_conflict_do_update(index_elements=["guild_id"], set_=_VALUES)
)
_SETTINGS = Statement(
    select(
        server_settings.c.log_channel_id, server_settings.c.channels, server_settings.c.member_running
    ).where(server_settings.c.guild_id == bindparam("guild_id"))
)
_RUNNING = Statement(
    select(server_settings.c.guild_id, server_settings.c.member_running).where(
        server_settings.c.member_running.is_not(None)
    )
)
_LISTS = {
    "channel_ids": (server_channels, "channel_id"),
    "moderator_role_ids": (server_moderators, "role_id"),
}
_LISTED = {
    name: Statement(
        select(table.c[column]).where(table.c.guild_id == bindparam("guild_id")).order_by(table.c[column])
    )
    for name, (table, column) in _LISTS.items()
}
_CLEAR = {
    name: Statement(delete(table).where(table.c.guild_id == bindparam("guild_id")))
    for name, (table, _) in _LISTS.items()
}
_ADD = {
    name: Statement(insert(table).values(**{"guild_id": bindparam("guild_id"), column: bindparam("listed")}))
    for name, (table, column) in _LISTS.items()
}


class SettingsStore:
    """Every statement about servers' settings; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, guild_id: int) -> ServerSettings:
        """What moderators have set, or what holds where they have not."""
        return await self._database.read(settings_of, guild_id)

    async def running(self) -> dict[int, int]:
        """How many jobs of a member run at once, by server, where that was set."""
        rows = await self._database.read(_RUNNING.rows)
        return {row["guild_id"]: row["member_running"] for row in rows}

    async def change(self, change: NewChange, settings: ServerSettings) -> Change:
        """Set all of them.

        Raises `Outdated` where `settings.version` is not the present one, and `NothingToChange` where they
        are as before.
        """
        return await self._database.write(_change, change, settings)


def settings_of(connection: sqlite3.Connection, guild_id: int) -> ServerSettings:
    """What moderators have set for a server."""
    found = _SETTINGS.row(connection, guild_id=guild_id) or {"channels": Channels.EVERYWHERE}
    lists = {name: tuple(each.column(connection, guild_id=guild_id)) for name, each in _LISTED.items()}
    version = last(connection, guild_id, Action.SETTINGS)
    return ServerSettings(**{**found, **lists, "channels": Channels(found["channels"]), "version": version})


def _change(connection: sqlite3.Connection, change: NewChange, settings: ServerSettings) -> Change:
    before = settings_of(connection, change.guild_id)
    if before.version != settings.version:
        raise Outdated("somebody else has changed the settings")
    was, will = asdict(before), asdict(settings)
    if was == will:
        raise NothingToChange("the settings are as they were")
    values = {name: will[name] for name in ("log_channel_id", "channels", "member_running")}
    _SET.run(connection, guild_id=change.guild_id, **values)
    for name in _LISTS:
        _CLEAR[name].run(connection, guild_id=change.guild_id)
        for each in will[name]:
            _ADD[name].run(connection, guild_id=change.guild_id, listed=each)
    return note(connection, replace(change, details={k: v for k, v in will.items() if v != was[k]}))
