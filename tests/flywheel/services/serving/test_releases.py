"""The one door: what opens it, what keeps it shut, and the ways out towards safety."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import digest_of
from flywheel.domain.gates import Verdict
from flywheel.domain.monitoring import Action
from flywheel.domain.signoffs import Answer
from flywheel.errors import Refused
from flywheel.services.approval import signoffs
from flywheel.services.modelling import versions
from flywheel.services.modelling.versions import VersionRecord, VersionState
from flywheel.services.people.identity import Identity
from flywheel.services.serving import endpoints, releases
from flywheel.services.serving.endpoints import EndpointMode, EndpointRecord
from flywheel.services.watching import alarms
from tests.factories.incidents import make_incident
from tests.factories.people import BEN, VERA, VIKTOR, code_of, enrol, resolved
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, make_package, registered_version, with_dossier
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

Sign = Callable[..., None]
Approved = Callable[[str], VersionRecord]


def release(catalog: Catalog, version: VersionRecord, *, run: str = "run-1") -> EndpointRecord:
    return releases.make_release(
        catalog, version=version.id, run_id=run, actor="flow:delivery", package=make_package(version)
    )


@pytest.fixture
def sign(catalog: Catalog, identity: Identity, clock: SettableClock) -> Sign:
    registered(catalog)
    people = enrol(catalog, identity, BEN, VERA, VIKTOR)

    def give(version: VersionRecord, person: str, answer: Answer = Answer.APPROVE) -> None:
        clock.move(timedelta(seconds=30))
        signoffs.sign(
            catalog,
            identity=identity,
            version=version.id,
            dossier_digest=versions.get_version(catalog, version=version.id).dossier_digest or "",
            person=person,
            role=None,
            answer=answer,
            comment="",
            code=code_of(people[person], clock()),
            channel="test",
            key=f"{version.id}:{person}:{answer}",
        )

    return give


@pytest.fixture
def approved(catalog: Catalog, sign: Sign) -> Approved:
    def make(name: str) -> VersionRecord:
        version = registered_version(catalog, name=name)
        judged(catalog, version)
        with_dossier(catalog, version)
        sign(version, BEN)
        sign(version, VERA)
        return version

    return make


def test_approved_version_serves_and_its_alias_moves(catalog: Catalog, approved: Approved) -> None:
    version = approved("m1")
    endpoint = release(catalog, version)
    assert (endpoint.version, endpoint.mode, endpoint.generation) == (version.id, EndpointMode.MODEL, 1)
    assert messages_of(catalog, "move_alias") == [{"project": SLUG, "version": version.id}]
    assert versions.champion(catalog, project=SLUG) == versions.get_version(catalog, version=version.id)


def test_repeated_release_has_one_effect(catalog: Catalog, approved: Approved) -> None:
    version = approved("m1")
    assert release(catalog, version) == release(catalog, version, run="another")
    assert len(messages_of(catalog, "move_alias")) == 1


def test_door_names_every_reason_at_once(catalog: Catalog, sign: Sign) -> None:
    version = registered_version(catalog)
    judged(catalog, version, codes=("PERF-003",), verdict=Verdict.FAILED)
    with_dossier(catalog, version)
    with pytest.raises(Refused) as refusal:
        release(catalog, version)
    for reason in ("PARITY-001 was required", "PERF-001 was required", "PERF-003 title", "1 x business"):
        assert reason in refusal.value.what


@pytest.mark.parametrize("verdict", [Verdict.WARNED, Verdict.FAILED, Verdict.NOT_EVALUATED, Verdict.ERROR])
def test_no_other_verdict_than_passed_opens(catalog: Catalog, approved: Approved, verdict: Verdict) -> None:
    version = approved("m1")
    judged(catalog, version, codes=("PERF-003",), verdict=verdict, key="later")
    with pytest.raises(Refused, match=verdict.value):
        release(catalog, version)


def test_rejection_after_approval_keeps_the_door_shut(catalog: Catalog, approved: Approved, sign: Sign) -> None:
    version = approved("m1")
    sign(version, VIKTOR, Answer.REJECT)
    with pytest.raises(Refused, match="rejected by viktor"):
        release(catalog, version)


def test_package_that_parity_never_compared_stays_outside(catalog: Catalog, approved: Approved) -> None:
    version = approved("m1")
    swapped = make_package(version) | {"digest": digest_of("swapped")}
    with pytest.raises(Refused, match="PARITY-001 has not compared this package"):
        releases.make_release(catalog, version=version.id, run_id="r", actor="flow:delivery", package=swapped)
    assert release(catalog, version).version == version.id


def test_results_about_another_model_are_not_recorded(catalog: Catalog, approved: Approved) -> None:
    version, other = approved("m1"), registered_version(catalog, name="m2")
    with pytest.raises(Refused, match="about another model"):
        judged(catalog, replace(version, model_digest=other.model_digest), key="swapped")


def test_fall_back_goes_to_the_previous_approved_version_then_to_the_rule(catalog: Catalog, approved: Approved) -> None:
    first, second = approved("m1"), approved("m2")
    release(catalog, first)
    release(catalog, second)
    back = releases.fall_back(catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    assert (back.version, back.package) == (first.id, make_package(first))
    rule = releases.fall_back(catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    assert (rule.version, rule.mode, rule.generation) == (None, EndpointMode.RULE, 4)
    assert versions.get_version(catalog, version=second.id).state is VersionState.WITHDRAWN


@pytest.mark.parametrize(
    ("fallback", "modes"),
    [
        (("previous", "rule"), [EndpointMode.MODEL, EndpointMode.RULE]),
        (("rule", "previous"), [EndpointMode.RULE]),
        (("rule",), [EndpointMode.RULE]),
        (("previous",), [EndpointMode.MODEL, EndpointMode.STOPPED]),
    ],
)
def test_fall_back_obeys_the_charter_in_its_order_and_never_tells_of_a_rule_that_is_not_there(
    catalog: Catalog, approved: Approved, fallback: tuple[str, ...], modes: list[EndpointMode]
) -> None:
    registered(catalog, fallback=fallback)
    for name in ("m1", "m2"):
        release(catalog, approved(name))
    fallen = [releases.fall_back(catalog, project=SLUG, reason="drift", incident=None, actor="steward") for _ in modes]
    assert [one.mode for one in fallen] == modes


@pytest.mark.parametrize(
    ("fallback", "broken", "mode", "doubted"),
    [
        (("previous", "rule"), (), EndpointMode.MODEL, ""),
        (("previous", "rule"), ("age",), EndpointMode.MODEL, ""),
        (("previous", "rule"), ("income",), EndpointMode.RULE, ""),
        (("rule", "previous"), ("income",), EndpointMode.RULE, ""),
        (
            ("previous", "rule"),
            ("bureau_score",),
            EndpointMode.MODEL,
            f"{SLUG}:1 decides by bureau_score too, the",
        ),
        (("rule", "previous"), ("bureau_score",), EndpointMode.RULE, "the business rule decides by bureau_score too, "),
        (
            ("previous",),
            ("bureau_score", "income"),
            EndpointMode.MODEL,
            f"{SLUG}:1 decides by bureau_score, income",
        ),
    ],
)
def test_what_decides_by_none_of_what_broke_stands_in_first_and_where_none_does_it_is_told(
    catalog: Catalog,
    approved: Approved,
    fallback: tuple[str, ...],
    broken: tuple[str, ...],
    mode: EndpointMode,
    doubted: str,
) -> None:
    """Both versions decide by income and bureau_score, the rule by bureau_score alone."""
    registered(catalog, fallback=fallback)
    for name in ("m1", "m2"):
        release(catalog, approved(name))
    done = alarms.carry_out(
        catalog,
        project=SLUG,
        version=f"{SLUG}:2",
        served_by="model",
        wanted={Action.FALLBACK},
        reason="in cents",
        window="w",
        broken=broken,
    )
    assert endpoints.desired(catalog)[0].mode is mode
    assert len(done) == (2 if doubted else 1)
    assert done[-1].startswith(doubted)
    assert (f"`flywheel stop {SLUG} " in done[-1]) is bool(doubted)


def test_where_nothing_stands_in_the_record_says_why_nobody_answers(catalog: Catalog, approved: Approved) -> None:
    registered(catalog, fallback=("previous",))
    release(catalog, approved("m1"))
    done = alarms.carry_out(
        catalog,
        project=SLUG,
        version=f"{SLUG}:1",
        served_by="model",
        wanted={Action.FALLBACK},
        reason="999",
        window="w",
    )
    assert done == (f"the endpoint was stopped: {releases.NOTHING_STANDS_IN}",)


def test_an_older_version_does_not_take_the_place_of_what_serves(catalog: Catalog, approved: Approved) -> None:
    first, second = approved("m1"), approved("m2")
    release(catalog, first)
    release(catalog, second)
    older = versions.get_version(catalog, version=first.id)
    with catalog.begin() as work, pytest.raises(Refused, match="was not taken back"):
        releases.bring_back(work, older, reason="I like it better", actor=VERA)


def test_fall_back_skips_a_version_that_was_rejected_meanwhile(
    catalog: Catalog, approved: Approved, sign: Sign
) -> None:
    first, second = approved("m1"), approved("m2")
    release(catalog, first)
    sign(first, VIKTOR, Answer.REJECT)
    release(catalog, second)
    back = releases.fall_back(catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    assert back.mode is EndpointMode.RULE


def test_withdrawn_version_returns_only_when_its_incident_is_resolved(catalog: Catalog, approved: Approved) -> None:
    version = approved("m1")
    release(catalog, version)
    opened = make_incident(catalog)
    releases.fall_back(catalog, project=SLUG, reason="drift", incident=opened, actor="flow:monitoring")
    with pytest.raises(Refused, match=f"is not resolved: `flywheel incidents resolve {opened}`"):
        release(catalog, version)
    resolved(catalog, incident=opened, resolution="the bureau sends null again", actor=BEN)
    assert release(catalog, version).mode is EndpointMode.MODEL


def test_stopped_endpoint_answers_nothing(catalog: Catalog, approved: Approved) -> None:
    release(catalog, approved("m1"))
    stopped = releases.stop(catalog, project=SLUG, reason="sentinels", incident=None, actor="flow:monitoring")
    assert (stopped.mode, stopped.version) == (EndpointMode.STOPPED, None)
    assert versions.champion(catalog, project=SLUG) is None


def test_a_version_that_was_taken_back_is_still_what_a_retraining_is_held_against(
    catalog: Catalog, approved: Approved
) -> None:
    version = approved("m1")
    release(catalog, version)
    releases.fall_back(catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    assert versions.champion(catalog, project=SLUG) is None
    last = versions.last_in_use(catalog, project=SLUG)
    assert last is not None
    assert last.id == version.id


def test_where_nothing_was_ever_released_there_is_nothing_to_be_held_against(
    catalog: Catalog, approved: Approved
) -> None:
    approved("m1")
    assert versions.last_in_use(catalog, project=SLUG) is None
