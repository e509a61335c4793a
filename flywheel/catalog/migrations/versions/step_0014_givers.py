"""Who gave a role, and whether it is the founder's one gift.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("role_grant", sa.Column("given_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("role_grant", sa.Column("is_founding", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("role_grant", "given_by", server_default=None)
    op.alter_column("role_grant", "is_founding", server_default=None)
    op.drop_constraint("pk_role_grant", "role_grant", type_="primary")
    op.create_primary_key("pk_role_grant", "role_grant", ["person", "project", "role", "source", "given_by"])
