"""Charters with the project's own code, and what each release was signed under.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = postgresql.JSON(astext_type=sa.Text())
BEGUN = """
UPDATE stage_run SET project_digest = project.project_digest FROM project WHERE project.slug = stage_run.project
"""
FILED = """
UPDATE version SET dossier_terms = (SELECT event.payload ->> 'terms' FROM event WHERE event.verb = 'dossier.filed'
AND event.subject_id = version.id ORDER BY event.sequence DESC LIMIT 1)
"""
SIGNED = """
UPDATE release SET project_digest = version.project_digest, policy_digest = version.policy_digest,
authors = version.authors FROM version WHERE version.id = release.version
"""


def upgrade() -> None:
    op.add_column("charter", sa.Column("hooks", sa.Text(), nullable=True))
    op.add_column("version", sa.Column("dossier_terms", sa.Text(), nullable=True))
    op.execute(FILED)
    _fill("stage_run", {"project_digest": sa.Text()}, BEGUN)
    _fill("release", {"project_digest": sa.Text(), "policy_digest": sa.Text(), "authors": JSON}, SIGNED)


def _fill(table: str, columns: Mapping[str, sa.Text | postgresql.JSON], statement: str) -> None:
    for name, kind in columns.items():
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.execute(statement)
    for name in columns:
        op.alter_column(table, name, nullable=False)
