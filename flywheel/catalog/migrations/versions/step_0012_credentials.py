"""Invitations, recovery codes and sessions; when each person's secret came.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ENROLLED = """
UPDATE person SET enrolled_at = (SELECT max(event.happened_at) FROM event WHERE event.verb = 'person.enrolled'
AND event.subject_id = person.person)
"""
TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("person", sa.Column("enrolled_at", TIME, nullable=True))
    op.add_column("signoff", sa.Column("enrolled_at", TIME, nullable=True))
    op.execute(ENROLLED)
    op.create_table(
        "invitation",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("until_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_invitation")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "digest", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "person_session",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("until_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_person_session")),
    )
    op.create_index(op.f("ix_person_session_person"), "person_session", ["person"], unique=False)
