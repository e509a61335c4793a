"""The house rules, held against the whole tree; and every rule seen red once on a bad sample."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests import house_rules as rules
from tests.house_rules import Module, Rule

HOME = Path(__file__).resolve().parent.parent
SOURCES = ("flywheel", "validators", "tasks", "flows", "deployments", "examples", "benchmarks")
WITHOUT_SETTINGS = ("flywheel", "validators", "tasks", "flows")
GENERATED = HOME / "flywheel" / "catalog" / "migrations" / "versions"
TEXTS = ("*.md", "*.toml", "*.cfg", "*.yaml", "*.yml", "*.lock", "*.txt", "*.html", "run", ".ci/run", ".importlinter")
UNMIRRORED = ("factories", "fakes", "promises", "scenarios")
OF_A_WHOLE_FOLDER = {
    "tests/validators/test_fail_closed.py": "promise P9, held against every validator at once",
    "tests/validators/test_missing_alike.py": "a declared code and a null, held against every gate that sees rows",
    "tests/validators/test_times_watched.py": "features that are times, held against every gate that sees windows",
}

BAD_SAMPLES: dict[Rule, str] = {
    rules.file_is_short: "x = 1\n" * 301,
    rules.functions_are_short: "def long():\n" + "    x = 1\n" * 61,
    rules.begins_with_a_sentence: '"""no full stop"""\n',
    rules.names_say_something: "class RunManager: ...\n",
    rules.exceptions_are_not_swallowed: "try:\n    x()\nexcept ValueError:\n    pass\n",
    rules.nothing_is_unfinished: "x = 1  # TO" + "DO later\n",
    rules.environment_is_read_by_settings: "import os\nx = os.environ['HOME']\n",
    rules.late_imports_have_a_reason: "def f():\n    import json\n",
    rules.one_of_a_thing: 'a = f"{len(found)} more rows"\n',
    rules.tests_assert: "def test_nothing():\n    f()\n",
    rules.words_are_not_cut: "x = str(error)[:300]\n",
    rules.names_no_machine: "x = '/ro" + "ot/data'\n",
}


@pytest.mark.parametrize(
    "cut",
    [
        "ended.stderr[-2_000:]", "lines.message[:500]", "log.read_text(encoding='utf-8')[-MOST:]", "answer.text[:200]",
        "shorten(str(error), 300)", "shorten(f'{type(error)}: {error}', 500)", "problem.sentence()[:400]",
    ],
)  # fmt: skip
def test_every_way_of_cutting_what_was_said_is_seen(cut: str) -> None:
    assert list(rules.words_are_not_cut(Module(Path("sample.py"), f"x = {cut}\n")))


@pytest.mark.parametrize("rule", BAD_SAMPLES, ids=lambda rule: rule.__name__)
def test_each_rule_is_red_on_its_bad_sample(rule: Rule) -> None:
    assert list(rule(Module(Path("sample.py"), BAD_SAMPLES[rule])))


@pytest.mark.parametrize(
    "rule",
    [
        rules.file_is_short,
        rules.functions_are_short,
        rules.begins_with_a_sentence,
        rules.names_say_something,
        rules.exceptions_are_not_swallowed,
        rules.nothing_is_unfinished,
        rules.late_imports_have_a_reason,
        rules.words_are_not_cut,
        rules.one_of_a_thing,
        rules.names_no_machine,
    ],
    ids=lambda rule: rule.__name__,
)
def test_the_sources_keep_the_rule(rule: Rule) -> None:
    assert offences(rule, SOURCES) == []


@pytest.mark.parametrize(
    "rule",
    [
        rules.file_is_short,
        rules.begins_with_a_sentence,
        rules.exceptions_are_not_swallowed,
        rules.nothing_is_unfinished,
        rules.tests_assert,
        rules.names_no_machine,
    ],
    ids=lambda rule: rule.__name__,
)
def test_the_tests_keep_the_rule(rule: Rule) -> None:
    assert offences(rule, ("tests",)) == []


def test_settings_alone_read_the_environment() -> None:
    own = HOME / "flywheel" / "settings.py"
    found = [m for m in modules_in(*WITHOUT_SETTINGS) if m.path != own.relative_to(HOME)]
    assert [offence for module in found for offence in rules.environment_is_read_by_settings(module)] == []


def test_texts_name_no_machine_and_no_registry() -> None:
    texts = [path for pattern in TEXTS for folder in (HOME, *folders()) for path in folder.glob(pattern)]
    found = [Module(path.relative_to(HOME), path.read_text(encoding="utf-8")) for path in texts]
    assert [offence for module in found for offence in rules.names_no_machine(module)] == []
    assert not (HOME / "uv.lock").exists(), "requirements.lock is the lock"


def test_inheritance_is_at_most_one_deep() -> None:
    assert rules.deep_classes(rules.own_bases(list(modules_in(*SOURCES)))) == []


def test_deep_inheritance_is_seen() -> None:
    sample = Module(Path("sample.py"), "class A: ...\nclass B(A): ...\nclass C(B): ...\n")
    assert rules.deep_classes(rules.own_bases([sample])) == ["C"]


def test_only_flywheel_goes_into_the_wheel() -> None:
    wheel = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert wheel["wheel"] == {"packages": ["flywheel"], "dev-mode-dirs": ["."]}


def test_config_holds_values_only() -> None:
    assert list((HOME / "config").rglob("*.py")) == []


def test_no_flow_is_named_like_a_top_level_folder() -> None:
    top = {path.name for path in HOME.iterdir() if path.is_dir()}
    assert {path.stem for path in (HOME / "flows").glob("*.py")} & top == set()


def test_prefect_imports_flows_as_modules_and_never_as_files() -> None:
    from deployments.entrypoints import ENTRYPOINTS  # for this test only

    for name, entrypoint in ENTRYPOINTS.items():
        module, _, function = entrypoint.rpartition(".")
        file = HOME / Path(*module.split(".")).with_suffix(".py")
        assert f"def {function}(" in file.read_text(encoding="utf-8"), name


def test_tests_mirror_the_code() -> None:
    strays = [
        path.relative_to(HOME).as_posix()
        for path in sorted((HOME / "tests").glob("*/**/test_*.py"))
        if path.relative_to(HOME / "tests").parts[0] not in UNMIRRORED and not mirrored(path)
    ]
    assert strays == sorted(OF_A_WHOLE_FOLDER)


def mirrored(test: Path) -> bool:
    """Whether the module or the package that a test file is named after exists."""
    folder = HOME / test.parent.relative_to(HOME / "tests")
    name = test.stem.removeprefix("test_")
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()


def offences(rule: Rule, roots: tuple[str, ...]) -> list[str]:
    """Hold a rule against every module under some folders."""
    return [offence for module in modules_in(*roots) for offence in rule(module)]


@cache
def modules_in(*roots: str) -> tuple[Module, ...]:
    """Read every module under some folders."""
    paths = sorted(path for root in roots for path in (HOME / root).rglob("*.py"))
    return tuple(
        Module(p.relative_to(HOME), p.read_text(encoding="utf-8")) for p in paths if GENERATED not in p.parents
    )


def folders() -> list[Path]:
    """Every folder of ours, at any depth."""
    roots = [HOME / name for name in (*SOURCES, "tests", "config", "docs")]
    return [folder for root in roots for folder in (root, *root.rglob("*")) if folder.is_dir()]


def test_the_page_of_the_house_names_what_is_there() -> None:
    text = (HOME / "docs" / "architecture.md").read_text(encoding="utf-8")
    today = text.partition("## Where the coming things will live")[0]
    named = {one.split(":")[0] for one in re.findall(r"`([\w./*]+)`", today) if "/" in one and "<" not in one}
    homes = (HOME, HOME / "flywheel", HOME / "deployments" / "service")
    assert len(named) > 30
    assert [one for one in sorted(named) if not any(any(home.glob(one)) for home in homes)] == []


def test_the_page_of_the_house_lists_every_room() -> None:
    text = (HOME / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for base in ("flywheel/services", "deployments") for path in (HOME / base).glob("*/*.py")}
    assert [room for room in sorted(rooms) if f"`{room}`" not in text] == []
