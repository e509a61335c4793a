"""What was said, found and waived keeps the record's order, also within one instant.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEGUN_BY = {
    "note": "event.verb = 'note.written' AND event.payload ->> 'id' = note.id",
    "finding": "event.verb = 'finding.opened' AND event.subject_id = finding.id",
    "waiver": "event.verb = 'waiver.granted' AND waiver.id = 'waiver-' || event.sequence",
}
"""The event that each row began with."""


def upgrade() -> None:
    for table, begun_by in BEGUN_BY.items():
        op.add_column(table, sa.Column("sequence", sa.BigInteger(), nullable=True))
        op.execute(f"UPDATE {table} SET sequence = event.sequence FROM event WHERE {begun_by}")
        op.alter_column(table, "sequence", nullable=False)
