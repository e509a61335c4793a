"""Which project an event is about, and which version and window an incident.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

PROJECT = "CASE WHEN subject_kind = 'project' THEN subject_id ELSE payload ->> 'project' END"
TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("event", sa.Column("project", sa.Text(), sa.Computed(PROJECT, persisted=True), nullable=True))
    op.create_index("ix_event_project", "event", ["project", "sequence"], unique=False)
    op.add_column("incident", sa.Column("version", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("window_from", TIME, nullable=True))
    op.add_column("incident", sa.Column("window_until", TIME, nullable=True))
