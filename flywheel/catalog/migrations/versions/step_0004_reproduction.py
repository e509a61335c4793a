"""Reproductions, and what each experiment was made with.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    document = postgresql.JSON(astext_type=sa.Text())
    op.add_column("experiment", sa.Column("made_with", document, nullable=False, server_default=sa.text("'{}'")))
    op.alter_column("experiment", "made_with", server_default=None)
    op.create_table(
        "reproduction",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("model_digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("badge", document, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_reproduction")),
    )
    op.create_index("ix_reproduction_version", "reproduction", ["version", "sequence"], unique=False)
