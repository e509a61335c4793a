"""A seal under each event, which the database cannot put there.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event", sa.Column("seal", sa.Text(), nullable=False, server_default=""))
    op.alter_column("event", "seal", server_default=None)
    op.execute("DROP FUNCTION IF EXISTS append_event(text)")
