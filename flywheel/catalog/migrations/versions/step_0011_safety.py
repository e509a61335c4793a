"""Endpoints say from which of their generations on a server may still answer.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FILLED = """
UPDATE endpoint SET safe_from = greatest(1, (SELECT count(*) FROM event WHERE event.subject_id = endpoint.name
AND event.verb IN ('release.made', 'endpoint.restored', 'endpoint.fell_back', 'endpoint.limited', 'endpoint.stopped')
AND event.sequence <= (SELECT max(safe.sequence) FROM event AS safe WHERE safe.subject_id = endpoint.name
AND safe.verb IN ('endpoint.fell_back', 'endpoint.limited', 'endpoint.stopped'))))
"""


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("safe_from", sa.BigInteger(), nullable=True))
    op.execute(FILLED)
    op.alter_column("endpoint", "safe_from", nullable=False)
