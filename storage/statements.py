"""Statements in SQLAlchemy's words, compiled once and run straight on the driver.

To build and compile a statement takes many times as long as to run it, and SQLAlchemy's own way from a
compiled one to its rows several times.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Boolean, ColumnElement, SelectBase, UpdateBase, bindparam, false, or_
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect(paramstyle="named")

Row: TypeAlias = dict[str, Any]
BEYOND = chr(0x10FFFF)  # added to a text, it comes after all texts that begin with it


class Statement:
    """One statement, to be run again and again in the work that a `Database` is given.

    What it leaves open with `bindparam` is named when it runs. An error of the driver shows the statement,
    and never the values: they hold prompts and tokens.
    """

    def __init__(self, expression: SelectBase | UpdateBase) -> None:
        compiled = expression.compile(dialect=_DIALECT)
        assert isinstance(compiled, sqlite.base.SQLiteCompiler)
        self._sql = str(compiled)
        self._constants = {
            name: bind.effective_value for bind, name in compiled.bind_names.items() if not bind.required
        }
        types = {str(name): column.type for name, column in expression.exported_columns.items()}
        self._names = tuple(types)
        self._booleans = [name for name, each in types.items() if isinstance(each, Boolean)]

    def rows(self, connection: sqlite3.Connection, /, **values: Any) -> list[Row]:
        """Run it and give all rows, by the names of their columns."""
        return [self._named(row) for row in self._run(connection, values)]

    def row(self, connection: sqlite3.Connection, /, **values: Any) -> Row | None:
        """Run it and give the first row, if there is any."""
        rows = self._run(connection, values)
        return self._named(rows[0]) if rows else None

    def column(self, connection: sqlite3.Connection, /, **values: Any) -> list[Any]:
        """Run it and give the first column."""
        return [row[0] for row in self._run(connection, values)]

    def value(self, connection: sqlite3.Connection, /, **values: Any) -> Any:
        """Run it and give the first column of the first row; None where there is no row."""
        rows = self._run(connection, values)
        return rows[0][0] if rows else None

    def run(self, connection: sqlite3.Connection, /, **values: Any) -> None:
        """Run it for what it changes."""
        self._run(connection, values)

    def _run(self, connection: sqlite3.Connection, values: Row) -> list[tuple[Any, ...]]:
        try:
            return connection.execute(self._sql, {**self._constants, **values}).fetchall()
        except sqlite3.Error as error:
            error.add_note(self._sql)
            raise

    def _named(self, row: tuple[Any, ...]) -> Row:
        named = dict(zip(self._names, row, strict=True))
        for name in self._booleans:  # SQLite keeps them as numbers
            named[name] = None if named[name] is None else bool(named[name])
        return named


def among(column: ColumnElement[Any], values: Iterable[object]) -> ColumnElement[bool]:
    """Whether a column has one of these values; SQLAlchemy's own `in_` is not complete until it runs."""
    return or_(false(), *(column == value for value in values))


def given(names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    """Values of columns that are named when the statement runs."""
    return {name: bindparam(name) for name in names}
