"""Signing grown up: renewals, feedback, conditions, delegations, withdrawals, changes of policy, broken glass.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ONE_ANSWER = ["version", "dossier_digest", "person", "answer"]
IN_FORCE = """
INSERT INTO policy_in_force (tier, digest, since_at)
SELECT DISTINCT ON (tier) tier, digest, published_at FROM policy ORDER BY tier, published_at DESC
"""


def upgrade() -> None:
    _signoff()
    _people()
    _policy()
    _add("endpoint", "conditions", postgresql.JSON(astext_type=sa.Text()), "{}")
    _add("version", "authorship", postgresql.JSON(astext_type=sa.Text()), "{}")


def _signoff() -> None:
    _add("signoff", "renewal", sa.BigInteger(), "0")
    _add("signoff", "feedback", sa.Text(), "approved")
    _add("signoff", "conditions", postgresql.JSON(astext_type=sa.Text()), "{}")
    _add("signoff", "on_behalf_of", sa.Text(), "")
    _add("signoff", "withdrawal", sa.Text(), "")
    op.add_column("signoff", sa.Column("withdrawn_sequence", sa.BigInteger(), nullable=True))
    op.drop_constraint("uq_signoff_version_dossier_digest_person_answer", "signoff", type_="unique")
    name = "uq_signoff_version_dossier_digest_person_answer_renewal"
    op.create_unique_constraint(name, "signoff", [*ONE_ANSWER, "renewal"])


def _people() -> None:
    op.create_table(
        "delegation",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("since_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_project"), "delegation", ["project"], unique=False)
    op.create_table(
        "broken_glass",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("dossier_digest", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("broken_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_broken_glass")),
        sa.UniqueConstraint("version", name=op.f("uq_broken_glass_version")),
    )


def _policy() -> None:
    op.create_table(
        "policy_in_force",
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("since_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tier", name=op.f("pk_policy_in_force")),
    )
    op.execute(IN_FORCE)
    op.create_table(
        "policy_change",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("against", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("weakenings", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("editors", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_policy_change")),
    )


def _add(table: str, name: str, kind: sa.types.TypeEngine[Any], present: str) -> None:
    """Add a column that is never null; rows that are there get the value that their events mean."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text(f"'{present}'")))
    op.alter_column(table, name, server_default=None)
