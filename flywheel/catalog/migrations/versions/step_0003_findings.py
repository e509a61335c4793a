"""Findings on versions and notes about anything.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    said = ("project", "version", "kind", "severity", "title", "detail", "owner", "state", "opened_by", "decided_by")
    op.create_table(
        "finding",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*said, "reason")),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("accepted_until_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_version", "finding", ["version"], unique=False)
    words = ("project", "subject_kind", "subject_id", "locator", "kind", "author", "text", "reply_to", "resolved_by")
    op.create_table(
        "note",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in words),
        sa.Column("written_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_subject", "note", ["subject_kind", "subject_id"], unique=False)
