"""What only the whole charter shows: names, means, and what each stage needs."""

from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import CharterError, some_of
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.preflight import preflight
from flywheel.project.loader import load_project, problems_in
from tests.factories.charters import MINIMAL, changed, whole, write
from tests.factories.projects import make_policy


def read(folder: Path, text: str) -> Charter:
    return load_project(write(folder, text)).charter


@pytest.mark.parametrize(
    ("stage", "keys"),
    [
        (Stage.IDEATION, ["problem", "risk", "value"]),
        (Stage.DATA_PREPARATION, ["data"]),
        (Stage.RESEARCH, ["data.target", "data.columns", "value"]),
        (Stage.VALIDATION, ["risk", "delivery", "monitoring"]),
        (Stage.DELIVERY, ["delivery", "monitoring"]),
        (Stage.MONITORING, ["monitoring"]),
    ],
)
def test_a_stage_names_what_it_still_needs(tmp_path: Path, stage: Stage, keys: list[str]) -> None:
    assert [problem.key for problem in preflight(read(tmp_path, MINIMAL), stage)] == keys


@pytest.mark.parametrize("stage", list(Stage))
def test_a_whole_charter_lacks_nothing(tmp_path: Path, stage: Stage) -> None:
    assert preflight(read(tmp_path, whole()), stage, policy=make_policy({Role.VALIDATOR: 2, Role.BUSINESS: 1})) == ()


def test_a_quorum_larger_than_its_group_is_named_before_anyone_waits_for_it(tmp_path: Path) -> None:
    problems = preflight(read(tmp_path, whole()), Stage.VALIDATION, policy=make_policy({Role.VALIDATOR: 99}))
    assert [problem.key for problem in problems] == ["stakeholders.validator"]


def test_whoever_must_agree_before_work_begins_is_named_among_the_stakeholders(tmp_path: Path) -> None:
    policy = replace(make_policy(), agreement={Role.IT: 99}, agreement_where_watched={Role.LEGAL: 99})
    problems = preflight(read(tmp_path, whole()), Stage.IDEATION, policy=policy)
    assert [problem.key for problem in problems] == ["stakeholders.it", "stakeholders.legal"]


def test_every_column_that_is_named_anywhere_is_held_against_the_declared_ones_all_at_once(tmp_path: Path) -> None:
    typos = {
        "titel": ("title = ", "titel = "),
        "validation.slices[2]": ('slices = ["region", "channel"]', 'slices = ["region", "chanel"]'),
        "validation.fairness.groups[1]": ('groups = ["gender"]', 'groups = ["gendr"]'),
        "delivery.rule.column": ('column = "bureau_score"\nat_least', 'column = "bureau_scor"\nat_least'),
        "data.checks[1]": ('{ column = "application_id" }', '{ column = "aplication_id" }'),
        "data.checks[2]": ('{ column = "utilisation"', '{ column = "utilisaton"'),
        "monitoring.signals[1].exempt[1]": (
            'watch = "input"\naction = "fallback"',
            'watch = "input"\naction = "fallback"\nexempt = ["incom"]',
        ),
    }
    text = whole()
    for old, new in typos.values():
        assert old in text, old
        text = text.replace(old, new, 1)
    with pytest.raises(CharterError) as refused:
        read(tmp_path, text)
    said = {problem.key: problem.suggestion for problem in refused.value.problems if problem.key != "title"}
    assert set(said) == set(typos)
    assert said["validation.slices[2]"] == "channel"
    assert all(said.values())


def test_a_list_of_what_is_allowed_says_where_it_is_cut_and_offers_nothing_that_would_be_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(CharterError) as refused:
        read(tmp_path, changed('column = "bureau_score"\nat_least', 'column = "planet"\nat_least'))
    (problem,) = refused.value.problems
    for name in problem.allowed.split(", "):
        text = changed('column = "bureau_score"\nat_least', f'column = "{name}"\nat_least')
        assert "delivery.rule.column" not in {one.key for one in problems_in(text)}
    assert some_of("abc", most=2) == "a, b and 1 other"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('entity = "application_id"', 'entity = "default_12m"', "data.entity"),
        ('time = "applied_at"', 'time = "income"', "data.time"),
        ('time = "applied_at"\n', "", "research.split.by"),
        ('[retraining]\nevery = "1 month"', "", "monitoring.signals[4].action"),
        (
            'business   = ["ben@bank.example", "carla@bank.example"]',
            'business   = ["ben@bank.example", "Ben@bank.example"]',
            "stakeholders.business[2]",
        ),
        ('watch = "input"\naction = "fallback"', 'watch = "drift"\naction = "page"', "monitoring.signals[4]"),
        ('column = "bureau_score"\nat_', 'column = "age_in_years"\nat_', "delivery.rule.column"),
        ("at_least = 640", "at_least = 100_000", "delivery.rule.at_least"),
        ('"vera@bank.example"', '"ANA@bank.example"', "stakeholders.validator[1]"),
    ],
)
def test_blocks_that_contradict_one_another_are_refused_at_the_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    text = changed(old, new)
    if key.endswith("action"):
        text = text.replace('watch = "drift"\naction = "page"', 'watch = "drift"\naction = "retrain"')
    with pytest.raises(CharterError) as caught:
        read(tmp_path, text)
    assert [problem.key for problem in caught.value.problems] == [key]


def test_a_fallback_needs_something_to_fall_back_to(tmp_path: Path) -> None:
    text = whole()
    start, end = text.index("[delivery]"), text.index("[monitoring]")
    with pytest.raises(CharterError, match="falls back to nothing"):
        read(tmp_path, text[:start] + text[end:])


@pytest.mark.parametrize(
    ("column", "owner", "key"),
    [
        ("score", "nobody@bank.example", "data.waivers[1].owner"),
        ("score", "ana@bank.example", "data.waivers[1].owner"),
        ("nothing", "vera@bank.example", "data.waivers[1].column"),
    ],
)
def test_a_waiver_is_answered_for_by_a_stakeholder_who_is_not_the_author(
    tmp_path: Path, column: str, owner: str, key: str
) -> None:
    people = '[stakeholders]\nvalidator = ["vera@bank.example"]\n'
    data = '[data]\n[data.sources.rows]\nuri = "rows.parquet"\n[data.columns.score]\nkind = "number"\n'
    waiver = f'[[data.waivers]]\ncheck = "DATA-001"\ncolumn = "{column}"\nowner = "{owner}"\n'
    text = (
        f'name = "card"\ntitle = "Cards"\nowner = "ana@bank.example"\n{people}{data}{waiver}'
        'reason = "the old feed ends"\nuntil = 2027-03-31\n'
    )
    with pytest.raises(CharterError) as refused:
        read(tmp_path, text)
    assert [problem.key for problem in refused.value.problems] == [key]
    mended = text.replace(f'owner = "{owner}"\nreason', 'owner = "vera@bank.example"\nreason').replace(
        "nothing", "score"
    )
    assert read(tmp_path / "good", mended).data
