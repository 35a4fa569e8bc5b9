"""Database files as the first version of the bot left them."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from storage import migrations


def first_version(path: Path) -> None:
    """Make a file with the first version's tables, and its folder."""
    path.parent.mkdir(exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()


def insert(connection: sqlite3.Connection, table: str, **values: object) -> None:
    """Write a row past our own code, which knows the newer tables only."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*values.values()])
