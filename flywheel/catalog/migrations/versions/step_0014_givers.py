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

FROM_ADMIN = """
UPDATE role_grant SET given_by = said.actor, is_founding = said.is_founding FROM (
  SELECT DISTINCT ON (event.subject_id, place.key, role.value) event.subject_id AS person, place.key AS project,
    role.value AS role, event.actor, coalesce((event.payload ->> 'is_founding')::boolean, false) AS is_founding
  FROM event, jsonb_each(event.payload::jsonb -> 'roles') AS place, jsonb_array_elements_text(place.value) AS role
  WHERE event.verb = 'role.granted' ORDER BY event.subject_id, place.key, role.value, event.sequence DESC
) AS said WHERE source = 'admin' AND role_grant.person = said.person AND role_grant.project = said.project
  AND role_grant.role = said.role
"""
FROM_CHARTER = """
UPDATE role_grant SET given_by = (SELECT event.actor FROM event WHERE event.verb = 'charter.submitted'
AND event.subject_id = role_grant.project ORDER BY event.sequence DESC LIMIT 1) WHERE source = 'charter'
"""


def upgrade() -> None:
    op.add_column("role_grant", sa.Column("given_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("role_grant", sa.Column("is_founding", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(FROM_ADMIN)
    op.execute(FROM_CHARTER)
    op.alter_column("role_grant", "given_by", server_default=None)
    op.alter_column("role_grant", "is_founding", server_default=None)
    op.drop_constraint("pk_role_grant", "role_grant", type_="primary")
    op.create_primary_key("pk_role_grant", "role_grant", ["person", "project", "role", "source", "given_by"])
