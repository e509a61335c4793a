"""Sessions: opened by a code, enough for what needs none, over in time, ended by a reset and by their person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from flywheel.catalog.engine import Catalog
from flywheel.domain.authority import Permission
from flywheel.errors import Refused
from flywheel.services.people import resets, sessions
from flywheel.services.people.authority import permit
from flywheel.services.people.enrolment import Enrolment
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from tests.factories.people import BEN, code_of, enrol
from tests.factories.projects import SLUG, registered
from tests.fakes.clock import SettableClock


@pytest.fixture
def ben(catalog: Catalog, identity: Identity) -> Enrolment:
    registered(catalog)
    return enrol(catalog, identity, BEN)[BEN]


@pytest.fixture
def session(catalog: Catalog, identity: Identity, clock: SettableClock, ben: Enrolment) -> Proof:
    opened = sessions.log_in(catalog, proof=Proof(identity, BEN, code_of(ben, clock()), "test", ""))
    return Proof(identity, BEN, "", "test", "", opened.token)


def test_a_session_is_enough_until_it_is_over(catalog: Catalog, clock: SettableClock, session: Proof) -> None:
    assert permit(catalog, session, Permission.START, project=SLUG) == BEN
    clock.move(timedelta(hours=12))
    with pytest.raises(Refused, match="the session of"):
        permit(catalog, session, Permission.START, project=SLUG)


def test_a_session_whose_end_somebody_moved_is_none(catalog: Catalog, clock: SettableClock, session: Proof) -> None:
    with catalog.begin() as work:
        work.session.execute(text("UPDATE person_session SET until_at = until_at + interval '1 day'"))
    with pytest.raises(Refused, match="has expired, or the one that is kept here is not that of"):
        permit(catalog, session, Permission.START, project=SLUG)


def test_a_session_is_its_persons_alone_and_no_code(catalog: Catalog, session: Proof) -> None:
    for wrong, words in (
        (replace(session, session=""), "nothing proves"),
        (replace(session, session="guess"), "has expired"),
        (replace(session, person="ana@bank.example"), "not known here"),
    ):
        with pytest.raises(Refused, match=words):
            permit(catalog, wrong, Permission.START, project=SLUG)
    with pytest.raises(Refused, match="nothing proves"):
        permit(catalog, session, Permission.OPEN_FINDING, project=SLUG)


def test_a_session_ends_with_its_person_and_with_a_new_secret(
    catalog: Catalog, clock: SettableClock, ben: Enrolment, session: Proof
) -> None:
    sessions.log_out(catalog, proof=session)
    with pytest.raises(Refused, match="has expired"):
        permit(catalog, session, Permission.START, project=SLUG)
    clock.move(timedelta(seconds=30))
    shown = replace(session, code=code_of(ben, clock()), session="")
    again = replace(session, session=sessions.log_in(catalog, proof=shown).token)
    clock.move(timedelta(seconds=30))
    resets.renew(catalog, proof=replace(shown, code=code_of(ben, clock())))
    with pytest.raises(Refused, match="has expired"):
        permit(catalog, again, Permission.START, project=SLUG)


def test_a_code_that_opened_a_session_is_used_up(
    catalog: Catalog, identity: Identity, clock: SettableClock, ben: Enrolment
) -> None:
    shown = Proof(identity, BEN, code_of(ben, clock()), "test", "")
    sessions.log_in(catalog, proof=shown)
    with pytest.raises(Refused, match="used already"):
        sessions.log_in(catalog, proof=shown)
