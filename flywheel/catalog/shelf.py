"""Where projections put what they say: the database's tables, or a memory that holds the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import DeclarativeBase, Session

Row = TypeVar("Row", bound=DeclarativeBase)
Key = tuple[object, ...]


class Shelf(Protocol):
    """What a projection may do."""

    def add(self, row: DeclarativeBase) -> None:
        """Put a row that is new in its place."""

    def put(self, row: DeclarativeBase) -> None:
        """Put a row in its place, instead of one with the same key."""

    def get(self, kind: type[Row], *key: object) -> Row | None:
        """Take the row of this key, to be read or changed."""

    def find(self, kind: type[Row], **equal: object) -> Sequence[Row]:
        """Take the rows whose columns hold these values, to be read or changed."""

    def remove(self, kind: type[Row], **equal: object) -> None:
        """Take the rows whose columns hold these values away."""


def get_one(shelf: Shelf, kind: type[Row], *key: object) -> Row:
    """Take a row that earlier events have put there."""
    row = shelf.get(kind, *key)
    if row is None:
        raise LookupError(f"{kind.__tablename__} has no row {', '.join(map(str, key))}")
    return row


@dataclass(frozen=True)
class Tables:
    """The rows of the database, within one transaction."""

    session: Session

    def add(self, row: DeclarativeBase) -> None:
        """Put a row that is new in its place."""
        self.session.add(row)

    def put(self, row: DeclarativeBase) -> None:
        """Put a row in its place, instead of one with the same key."""
        self.session.merge(row)

    def get(self, kind: type[Row], *key: object) -> Row | None:
        """Take the row of this key."""
        self.session.flush()
        return self.session.get(kind, key)

    def find(self, kind: type[Row], **equal: object) -> Sequence[Row]:
        """Take the rows whose columns hold these values."""
        return self.session.scalars(select(kind).filter_by(**equal)).all()

    def remove(self, kind: type[Row], **equal: object) -> None:
        """Take the rows whose columns hold these values away."""
        self.session.execute(delete(kind).filter_by(**equal))


@dataclass
class Memory:
    """Rows that are held in memory, over others that it leaves as they are."""

    below: Mapping[str, Mapping[Key, DeclarativeBase]] = field(default_factory=dict)
    _own: dict[str, dict[Key, DeclarativeBase | None]] = field(default_factory=dict)

    def add(self, row: DeclarativeBase) -> None:
        """Put a row that is new in its place."""
        self.put(row)

    def put(self, row: DeclarativeBase) -> None:
        """Put a row in its place, instead of one with the same key."""
        self._own.setdefault(row.__tablename__, {})[_key_of(row)] = row

    def get(self, kind: type[Row], *key: object) -> Row | None:
        """Take the row of this key; one from below is copied first."""
        own = self._own.setdefault(kind.__tablename__, {})
        if key not in own:
            found = self.below.get(kind.__tablename__, {}).get(key)
            if found is None:
                return None
            own[key] = _copy_of(found)
        return own[key]  # type: ignore[return-value]  # each table holds rows of its own kind

    def find(self, kind: type[Row], **equal: object) -> Sequence[Row]:
        """Take the rows whose columns hold these values."""
        names = tuple(equal.items())
        keys = [key for key, row in self.rows(kind) if all(getattr(row, name) == value for name, value in names)]
        return [row for row in (self.get(kind, *key) for key in keys) if row is not None]

    def remove(self, kind: type[Row], **equal: object) -> None:
        """Take the rows whose columns hold these values away."""
        own = self._own.setdefault(kind.__tablename__, {})
        own.update(dict.fromkeys(_key_of(row) for row in self.find(kind, **equal)))

    def rows(self, kind: type[Row]) -> Iterator[tuple[Key, Row]]:
        """Give every row with its key, to be read."""
        own = self._own.get(kind.__tablename__, {})
        for key, row in self.below.get(kind.__tablename__, {}).items():
            if key not in own:
                yield key, row  # type: ignore[misc]  # each table holds rows of its own kind
        for key, mine in own.items():
            if mine is not None:
                yield key, mine  # type: ignore[misc]

    def settled(self) -> Mapping[str, Mapping[Key, DeclarativeBase]]:
        """Give all rows as one layer, for others to stand on; what it was put over stays as it was."""
        layers: dict[str, Mapping[Key, DeclarativeBase]] = dict(self.below)
        for name, own in self._own.items():
            merged = {**self.below.get(name, {}), **own}
            layers[name] = {key: row for key, row in merged.items() if row is not None}
        return layers


def values_of(row: DeclarativeBase) -> dict[str, Any]:
    """Read a row's columns by name."""
    return {column.name: getattr(row, column.name) for column in table_of(type(row)).columns}


def table_of(kind: type[DeclarativeBase]) -> Table:
    """Give the table whose rows these are."""
    table = kind.__table__
    assert isinstance(table, Table)
    return table


def _key_of(row: DeclarativeBase) -> Key:
    return tuple(getattr(row, column.name) for column in table_of(type(row)).primary_key)


def _copy_of(row: DeclarativeBase) -> DeclarativeBase:
    return type(row)(**values_of(row))
