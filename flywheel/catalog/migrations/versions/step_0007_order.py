"""What is listed by age keeps the record's order, also within one instant.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BEGUN_BY = {
    ("dataset", "sequence"): "event.verb = 'dataset.recorded' AND event.subject_id = dataset.id",
    ("incident", "sequence"): "event.verb = 'incident.opened' AND event.subject_id = incident.id",
    ("signoff_request", "sequence"): "event.verb = 'signoff.requested' AND event.subject_id = signoff_request.version",
    ("stage_run", "begun_sequence"): (
        "event.verb = 'stage.begun' AND event.subject_id = stage_run.project"
        " AND event.payload ->> 'stage' = stage_run.stage"
        " AND event.payload ->> 'cycle' = stage_run.cycle::text"
        " AND event.payload ->> 'attempt' = stage_run.attempt::text"
    ),
}
"""The events that each row began with; of several the last one counts."""


def upgrade() -> None:
    for (table, column), begun_by in BEGUN_BY.items():
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
        op.execute(f"UPDATE {table} SET {column} = (SELECT max(event.sequence) FROM event WHERE {begun_by})")
        op.alter_column(table, column, nullable=False)
    op.drop_index("ix_incident_project", "incident")
    op.create_index("ix_incident_project", "incident", ["project", "sequence"])
