"""Looking at a database, whose address stands in a file.

A table is one to be read if headers of it are understood, it has one column as primary key and one
with the time of the last change. A sample of its rows is looked at.
"""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from country_adapters.kit.errors import HeadersNotFound, RegisterUnreadable
from country_adapters.kit.sources.sql_table import Address, anchored
from country_adapters.kit.suggest.looks import FEWEST, SAMPLE, Look, understood

CHANGED = re.compile(
    r"(updated|changed|modified|last_?modified|last_?change|maj|date_?(modif\w*|maj|update))(_?(at|on|le))?",
    re.IGNORECASE,
)


def look_at_database(file: Path, environment: str) -> list[Look]:
    """The tables of the database whose address is in a file.

    Args:
        file: The file; a relative SQLite path counts from its folder.
        environment: The variable that is declared beside it.

    Raises:
        RegisterUnreadable: The database does not answer.
        HeadersNotFound: No table has columns that are understood.
    """
    address = Address(environment=environment, file=file.name)
    url = anchored(address.url(file.parent), file.parent)
    try:
        engine = sa.create_engine(url)
        tables = sa.MetaData()
        tables.reflect(engine, views=False)
        found = [
            look
            for table in tables.sorted_tables
            if (look := _look(engine, table, address)) is not None
        ]
    except SQLAlchemyError:
        raise RegisterUnreadable(expected="a database", got="an error of it") from None
    if not found:
        raise HeadersNotFound(expected="a table with columns that are understood", got=file.name)
    return found


def _look(engine: sa.Engine, table: sa.Table, address: Address) -> Look | None:
    names = list(map(str, table.columns.keys()))
    changed = [name for name in names if CHANGED.fullmatch(name)]
    key = list(map(str, table.primary_key.columns.keys()))
    if not changed or len(key) != 1 or understood(names) < FEWEST:
        return None
    source: dict[str, object] = {
        "kind": "sql",
        "table": str(table.name),
        "changed_at": changed[0],
        "id": key[0],
        "address": address.model_dump(),
    }
    headers = tuple(name for name in names if name not in (changed[0], key[0]))
    plain = [sa.type_coerce(table.c[name], sa.types.NullType()).label(name) for name in headers]
    columns = plain if engine.dialect.name == "sqlite" else [table.c[name] for name in headers]
    with engine.connect() as connection:
        rows = tuple(tuple(row) for row in connection.execute(sa.select(*columns).limit(SAMPLE)))
    return Look(str(table.name), source, headers, rows)
