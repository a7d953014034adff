"""Thousands of values with one bind parameter and one cached statement.

SQLite gets the list as JSON through json_each, PostgreSQL as an array.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, TableValuedAlias
from sqlalchemy.dialects.postgresql import ARRAY


def listed(conn: Connection, values: Iterable[str]) -> TableValuedAlias:
    """The distinct values as a table of one text column, `value`."""
    wanted = sorted(set(values))
    if conn.dialect.name == "sqlite":
        given = sa.bindparam(None, json.dumps(wanted), sa.Text)
        return sa.func.json_each(given).table_valued(sa.column("value", sa.Text), name="listed")
    array = sa.bindparam(None, wanted, ARRAY(sa.Text))
    return (
        sa.func.unnest(array)
        .table_valued(sa.column("value", sa.Text), name="listed")
        .render_derived()
    )


def one_of(
    conn: Connection, column: ColumnElement[str], values: Iterable[str]
) -> ColumnElement[Any]:
    """True where the text column has one of the values. Costs an index probe a value."""
    if conn.dialect.name == "sqlite":
        return column.in_(sa.select(listed(conn, values).c.value))
    array = sa.bindparam(None, sorted(set(values)), ARRAY(sa.Text))
    return column == sa.func.any(array)
