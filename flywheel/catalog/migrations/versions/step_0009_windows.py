"""Windows of traffic are kept by who answered them, with their state, and with what came after they were judged.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = ["project", "version", "served_by", "window_start_at", "window_end_at"]
NEW: dict[str, tuple[sa.Text | sa.BigInteger | postgresql.JSON, str]] = {
    "version": (sa.Text(), "''"),
    "served_by": (sa.Text(), "'model'"),
    "state": (sa.Text(), "CASE WHEN signals::text = '{}' THEN 'good' ELSE 'bad' END"),
    "late_rows": (sa.BigInteger(), "0"),
    "words": (sa.Text(), "''"),
    "columns": (postgresql.JSON(), "'{}'"),
}
"""Windows that were judged before say of whom they were by nothing but the time."""


def upgrade() -> None:
    for name, (kind, value) in NEW.items():
        op.add_column("health", sa.Column(name, kind, nullable=True))
        op.execute(f"UPDATE health SET {name} = {value}")
        op.alter_column("health", name, nullable=False)
    op.drop_constraint("pk_health", "health", type_="primary")
    op.create_primary_key("pk_health", "health", KEY)
