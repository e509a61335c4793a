"""Seals under answers and messages, which the database cannot put there.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.orm import Session

from flywheel.catalog.migrations.forward import downgrade
from flywheel.catalog.outbox import OutboxRow, seal_row

__all__ = ["downgrade", "upgrade"]

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM idempotency")  # nothing proves an answer of before: whoever asks again is judged again
    op.add_column("idempotency", sa.Column("seal", sa.Text(), nullable=False))
    for name in ("seal", "state_seal"):
        op.add_column("outbox", sa.Column(name, sa.Text(), nullable=False, server_default=""))
        op.alter_column("outbox", name, server_default=None)
    with Session(op.get_bind()) as session:
        for row in session.scalars(sa.select(OutboxRow)):  # as the code of today reads them
            seal_row(context.config.attributes["sealer"], row)
        session.flush()
