"""Alembic's entry point: runs the steps on the connection that `migrate` gives it."""

from __future__ import annotations

from alembic import context

from flywheel.catalog.base import Base
from flywheel.catalog.projections import NOUNS  # imports every noun, so that the metadata is whole

assert NOUNS
context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
