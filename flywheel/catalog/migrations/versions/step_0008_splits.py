"""Candidates know which rows they were measured on and what they have seen; each look at test rows is recorded.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


RECORDED = "event.verb = 'experiment.recorded' AND event.subject_id = experiment.id"


def upgrade() -> None:
    document = postgresql.JSON(astext_type=sa.Text())
    columns = {
        "split": (document, "event.payload -> 'split'"),
        "chosen_on": (sa.Text(), "event.payload -> 'split' ->> 'chosen_on'"),
        "sequence": (sa.BigInteger(), "event.sequence"),
    }
    for name, (kind, said) in columns.items():
        op.add_column("experiment", sa.Column(name, kind, nullable=True))
        op.execute(f"UPDATE experiment SET {name} = {said} FROM event WHERE {RECORDED}")
        op.alter_column("experiment", name, nullable=False)
    op.drop_index("ix_experiment_board", "experiment")
    op.create_index("ix_experiment_board", "experiment", ["project", "chosen_on"], unique=False)
    op.create_table(
        "test_look",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("project", "model_digest", "rule", "judged_on")),
        sa.Column("figures", document, nullable=False),
        sa.Column("looked_by", sa.Text(), nullable=False),
        sa.Column("looked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_test_look")),
    )
    op.create_index("uq_test_look", "test_look", ["project", "judged_on", "model_digest"], unique=True)
