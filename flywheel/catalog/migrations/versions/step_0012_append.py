"""Events come in through one function, which holds each to the end of the chain.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from alembic import op

from flywheel.catalog.migrations.forward import downgrade

__all__ = ["downgrade", "upgrade"]

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND = """
CREATE FUNCTION append_event(sealed text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    said json := sealed::json;
    last_sequence bigint;
    last_hash text;
    last_at timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7201001);
    SELECT sequence, hash, happened_at INTO last_sequence, last_hash, last_at
        FROM event ORDER BY sequence DESC LIMIT 1;
    IF NOT FOUND THEN
        last_sequence := 0;
        last_hash := 'sha256:' || repeat('0', 64);
        last_at := '-infinity';
    END IF;
    IF (said ->> 0)::bigint <> last_sequence + 1 OR said ->> 8 <> last_hash OR (said ->> 1)::timestamptz < last_at THEN
        RAISE EXCEPTION 'event % does not continue event %', said ->> 0, last_sequence
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO event (sequence, happened_at, verb, actor, subject_kind, subject_id, subject_digest, payload,
        previous_hash, hash)
    VALUES ((said ->> 0)::bigint, (said ->> 1)::timestamptz, said ->> 2, said ->> 3, said ->> 4, said ->> 5,
        said ->> 6, said -> 7, said ->> 8, 'sha256:' || encode(sha256(convert_to(sealed, 'UTF8')), 'hex'));
END $$;
REVOKE ALL ON FUNCTION append_event(text) FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute(APPEND)
