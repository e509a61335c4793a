"""What all tables share: names of constraints and the PostgreSQL type of each Python type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import BigInteger, MetaData, Numeric, Text
from sqlalchemy.dialects.postgresql import JSON, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Json
from flywheel.domain.events import Event

Document = dict[str, Json]
"""A JSON object kept as the text it was written as: `jsonb` would turn 1e16 into another number and break digests."""


class Base(DeclarativeBase):
    """The root of the tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {
        str: Text(),
        int: BigInteger(),
        datetime: TIMESTAMP(timezone=True),
        Decimal: Numeric(),
        Document: JSON(),
        list[Json]: JSON(),
    }


Projection = Callable[[Shelf, Event, Any], None]
"""Carries one event, and what it says, into the tables that show it; the same code runs when it happens and on a
rebuild. What each takes is the class that `flywheel.domain.payloads.table` names for its verb."""
