"""The one function through which events come into the record, whoever asks: it holds each to the end of the chain.

It is written anew by each migration, with the verbs and kinds that this code knows, and takes what the notary attests
from the notary's login alone, where the server has one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import Connection

from flywheel.domain.attesting import ATTESTED
from flywheel.domain.events import GENESIS, READ_ONLY, SubjectKind, Verb
from flywheel.domain.logins import Login

MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{6})?\+00:00$"
"""How the domain writes a time: a finite one, in universal time, which Python can read."""

FUNCTION = """
CREATE OR REPLACE FUNCTION append_event(sealed text, seal text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    said json := sealed::json;
    last_sequence bigint;
    last_hash text;
BEGIN
    IF NOT coalesce(CASE WHEN json_typeof(said) = 'array' THEN
        json_array_length(said) = 9
        AND json_typeof(said -> 0) = 'number' AND said ->> 0 ~ '^[1-9][0-9]*$' AND said ->> 1 ~ '{moment}'
        AND said ->> 2 = ANY (ARRAY[{verbs}]) AND said ->> 4 = ANY (ARRAY[{kinds}])
        AND json_typeof(said -> 3) = 'string' AND json_typeof(said -> 5) = 'string'
        AND json_typeof(said -> 6) = 'string' AND json_typeof(said -> 7) = 'object'
        AND json_typeof(said -> 8) = 'string' END, false)
    THEN
        RAISE EXCEPTION 'this is no event' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF said ->> 2 = ANY (ARRAY[{attested}]) AND session_user <> '{notary}'
        AND EXISTS (SELECT FROM pg_roles WHERE rolname = '{notary}')
    THEN
        RAISE EXCEPTION '% is appended by the notary alone', said ->> 2 USING ERRCODE = 'insufficient_privilege';
    END IF;
    LOCK TABLE public.chain_turn IN EXCLUSIVE MODE;
    SELECT sequence, hash INTO last_sequence, last_hash FROM event ORDER BY sequence DESC LIMIT 1;
    IF NOT FOUND THEN
        last_sequence := 0;
        last_hash := '{genesis}';
    END IF;
    IF (said ->> 0)::bigint <> last_sequence + 1 OR said ->> 8 <> last_hash THEN
        RAISE EXCEPTION 'event % does not continue event %', said ->> 0, last_sequence
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO event (sequence, happened_at, verb, actor, subject_kind, subject_id, subject_digest, payload,
        previous_hash, hash, seal)
    VALUES ((said ->> 0)::bigint, (said ->> 1)::timestamptz, said ->> 2, said ->> 3, said ->> 4, said ->> 5,
        said ->> 6, said -> 7, said ->> 8, 'sha256:' || encode(sha256(convert_to(sealed, 'UTF8')), 'hex'),
        append_event.seal);
END $$;
REVOKE ALL ON FUNCTION append_event(text, text) FROM PUBLIC;
"""


def write_function(connection: Connection) -> None:
    """Put the function in place as this code wants it."""
    words = FUNCTION.format(
        moment=MOMENT,
        verbs=_listed(verb for verb in Verb if verb not in READ_ONLY),
        attested=_listed(sorted(ATTESTED)),
        kinds=_listed(SubjectKind),
        genesis=GENESIS,
        notary=Login.NOTARY,
    )
    connection.exec_driver_sql(words.replace("%", "%%"))


def _listed(words: Iterable[StrEnum]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)
