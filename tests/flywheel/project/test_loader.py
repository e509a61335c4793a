"""A project is read whole or not at all, and every mistake in it is said at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from flywheel.errors import CharterError, Tampered
from flywheel.project.loader import charter_from, load_project, recorded_project
from tests.factories.charters import MINIMAL, ROOT, changed, whole, write

CASES = ROOT.parent / "shared" / "cases" / "bad_inputs.yaml"
EXAMPLE = ROOT.parent / "shared" / "design" / "charter_example.toml"

RULE = '[delivery.rule]\ncolumn = "bureau_score"'
HOSTILE_COLUMN = "k`==1 or @pd.io.common.os.system('touch MARKER')==0 or `k"
UNIQUE = 'expect_column_values_to_be_unique = { column = "application_id" }'

REFUSED: dict[str, list[tuple[str, str]]] = {
    "SPEC-01": [("a: &a [x, x]\nb: [*a, *a]\n", "not valid TOML")],
    "SPEC-02": [('!!python/object/apply:os.system ["touch MARKER"]\n', "not valid TOML")],
    "SPEC-04": [
        ("x = " + "[" * 20_000 + "]" * 20_000, "nests too deeply"),
        ("[a" + ".a" * 40 + "]", "nests too deeply"),
    ],
    "SPEC-05": [("# comment\n" * 1_000_000, "too large")],
    "SPEC-07": [
        (changed("trials = 8", "trials = -1"), "at least 1"),
        (changed("at_most = 0.12", "at_most = inf"), "not a finite number"),
        (changed("at_least = 640", "at_least = nan"), "not a finite number"),
        (changed("volume_per_year = 240_000", "volume_per_year = 0"), "at least 1"),
    ],
    "SPEC-08": [
        (changed('currency = "EUR"', "currency = NO"), "not valid TOML"),
        (changed('title = "Card', "title = 12:30:45 #"), "time without a day"),
        (changed('unit = "application"', "unit = 1.10"), "text in quotes"),
        (changed("volume_per_year = 240_000", "volume_per_year = 010"), "not valid TOML"),
        (changed("regulated = true", 'regulated = "no"'), "true or false"),
        (changed("volume_per_year = 240_000", 'volume_per_year = "240000"'), "whole number"),
    ],
    "SPEC-10": [
        (changed("[validation]\n", f"[validation]\napprovers = {count}\n"), "there is no key 'approvers'")
        for count in (0, -1, 99)
    ],
    "SPEC-11": [(MINIMAL + "<<: *base\n", "not valid TOML"), (MINIMAL + 'name = "again"\n', "not valid TOML")],
    "SPEC-13": [
        (changed(UNIQUE, f'expect_column_values_to_be_unique = {{ column = "{HOSTILE_COLUMN}" }}'), "not a declared"),
        (changed("[data.columns.income]", f'[data.columns."{HOSTILE_COLUMN}"]'), "not a column name"),
        (changed(UNIQUE, f'{UNIQUE}\nwhere = [{{ column = "{HOSTILE_COLUMN}", is = "a" }}]'), "not a column name"),
        (changed(UNIQUE, 'expect_x = { column = "income", row_condition = "1" }'), "row_condition is not an argument"),
        (changed(RULE, '[delivery.rule]\ncolumn = "buraeu_score"'), "did you mean bureau_score?"),
    ],
    "SPEC-16": [
        (changed('name = "card-default"', f'name = "{name}"'), "not a short name")
        for name in ("p\u0430yments", "caf\u00e9", "cafe\u0301", "Card", "-card", "c", "a" * 64)
    ],
    "SPEC-17": [
        (changed('title = "Card', f'title = "{bad}Card'), "control character")
        for bad in ("\u202e", "\\u0000", "\\u0007", "\u200b", "\u2066", "\\u009b")
    ],
    "SPEC-19": [
        (changed('uri = "bureau.parquet"', f'uri = "{uri}"'), "uri: ")
        for uri in (
            "http://169.254.169.254/latest",
            "simplecache::file:///etc/passwd",
            "file:///etc/hostname",
            "/etc/passwd",
            "../other/bureau.parquet",
            "a/../../bureau.parquet",
            "~/bureau.parquet",
            "s3://bucket/bureau.parquet",
            "sql://",
            "sklearn://california_housing",
            "data.pkl",
            "**/bureau.parquet",
        )
    ],
    "SPEC-22": [
        (changed("volume_per_year = 240_000", f"volume_per_year = {number}"), "too large")
        for number in ("9" * 5_000, "0x" + "f" * 100_000, "9223372036854775808")
    ],
}
"""The corpus' cases that a charter can show, each as the same danger in TOML."""

ELSEWHERE = {
    "SPEC-14": "what a condition that matches no row gives is the validators' to say",
    "SPEC-20": "shown escaped: the pages' tests; here it is text like any other, see below",
    "SPEC-23": "bytes that are no text: tests/flywheel/project/test_toml_text.py, and below",
    "SPEC-25": "the pinned policy is the catalog's to keep",
}


def corpus() -> list[dict[str, Any]]:
    if not CASES.is_file():
        pytest.skip("the corpus of bad inputs is not beside this repository")
    return [case for case in yaml.safe_load(CASES.read_text(encoding="utf-8"))["cases"] if case["group"] == "spec"]


def refusal(folder: Path) -> CharterError:
    with pytest.raises(CharterError) as caught:
        load_project(folder)
    return caught.value


def test_every_case_of_the_corpus_is_tried_here_or_named_with_its_place() -> None:
    assert {case["id"] for case in corpus()} == REFUSED.keys() | ELSEWHERE.keys()


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("text", "what"),
    [pytest.param(*pair, id=f"{case}-{place}") for case, pairs in REFUSED.items() for place, pair in enumerate(pairs)],
)
def test_a_bad_charter_is_refused_with_file_and_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = refusal(write(tmp_path / "project", text))
    assert refused.exit_code == 2
    assert what in str(refused)
    assert all(problem.file == "project.toml" and problem.what for problem in refused.problems)
    assert not (tmp_path / "MARKER").exists()
    assert len(str(refused)) < 4_000


def test_text_that_looks_like_a_template_stays_text(tmp_path: Path) -> None:
    title = "{{7*7}} <script>alert(1)</script> ${jndi:x}"
    assert load_project(write(tmp_path, MINIMAL.replace("A tiny project", title))).charter.title == title


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\x89PNG\r\n\x1a\n\0", "name = 1".encode("utf-16")])
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "project.toml").write_bytes(content)
    assert refusal(tmp_path).problems[0].file == "project.toml"


def test_the_designs_example_is_refused_only_for_what_has_not_come_yet(tmp_path: Path) -> None:
    if not EXAMPLE.is_file():
        pytest.skip("the design's example is not beside this repository")
    text = EXAMPLE.read_text(encoding="utf-8").replace('["region", "channel"]', '["gender"]')  # it declares neither
    problems = refusal(write(tmp_path, text)).problems
    assert [problem for problem in problems if "does nothing yet" not in str(problem)] == []


def test_every_mistake_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        whole()
        .replace("owner = ", "ownr = ", 1)
        .replace('kind = "number"', 'kind = "nubmer"', 1)
        .replace("trials = 8", "trials = -1")
        .replace('groups = ["gender"]', 'groups = ["gendr"]')
        .replace('watch = "drift"', 'watch = "dirft"')
        .replace('every = "1 month"', 'every = "soon"')
        .replace('uri = "bureau.parquet"', 'uri = "https://bureau.example"')
    )
    problems = {problem.key: problem for problem in refusal(write(tmp_path, text)).problems}
    assert problems.keys() == {
        "owner",
        "ownr",
        "data.columns.bureau_score.kind",
        "data.sources.bureau.uri",
        "research.budget.trials",
        "validation.fairness.groups[1]",
        "retraining.every",
        "monitoring.signals[4].watch",
    }
    assert problems["ownr"].suggestion == "owner"
    assert problems["validation.fairness.groups[1]"].suggestion == "gender"
    assert problems["monitoring.signals[4].watch"].suggestion == "drift"
    lines = text.splitlines()
    assert "trials = -1" in lines[(problems["research.budget.trials"].line or 0) - 1]
    assert 'watch = "dirft"' in lines[(problems["monitoring.signals[4].watch"].line or 0) - 1]


def test_a_block_with_a_mistake_brings_no_false_complaints_about_others(tmp_path: Path) -> None:
    text = changed("at_least = 640", 'at_least = "640"')
    assert [problem.key for problem in refusal(write(tmp_path, text)).problems] == ["delivery.rule.at_least"]


def test_problems_of_the_hooks_are_listed_with_those_of_the_charter(tmp_path: Path) -> None:
    write(tmp_path, MINIMAL.replace("ana@bank.example", "ana"))
    (tmp_path / "hooks.py").write_text("def prepair(frame): ...\n")
    assert {problem.file for problem in refusal(tmp_path).problems} == {"project.toml", "hooks.py"}


@pytest.mark.parametrize("name", ["project.yaml", "project.yml", "project.json"])
def test_another_format_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("name: tiny\n")
    assert "not read" in str(refusal(tmp_path / name))
    assert "holds no project.toml" in str(refusal(tmp_path))


@pytest.mark.parametrize("name", ["project.toml", "hooks.py"])
def test_links_are_refused(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "project", MINIMAL)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(MINIMAL if name == "project.toml" else "def prepare(frame):\n    return frame\n")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(elsewhere)
    assert "is a link" in str(refusal(folder))


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(write(tmp_path / "project", MINIMAL))
    assert "is a link" in str(refusal(tmp_path / "link"))


def test_the_digest_is_of_what_is_said_and_not_of_its_layout(tmp_path: Path) -> None:
    first = load_project(write(tmp_path / "a", MINIMAL))
    second = load_project(write(tmp_path / "b", "# a comment\n\n" + MINIMAL))
    third = load_project(write(tmp_path / "c", MINIMAL.replace("tiny project", "small project")))
    assert first.digest == second.digest != third.digest


def test_the_hooks_are_part_of_the_digest(tmp_path: Path) -> None:
    folder = write(tmp_path, MINIMAL)
    before = load_project(folder).digest
    (folder / "hooks.py").write_text("def prepare(frame):\n    return frame\n")
    assert load_project(folder).digest != before


def test_the_record_gives_the_same_charter_back(tmp_path: Path) -> None:
    waiver = '[[data.waivers]]\ncheck = "DATA-001"\ncolumn = "income"\nowner = "vera@bank.example"\n'
    text = whole() + waiver + 'reason = "the old feed ends"\nuntil = 2027-12-31\n'
    project = load_project(write(tmp_path, text))
    assert charter_from(project.document) == project.charter


def test_recorded_hooks_with_a_problem_are_refused_with_it(tmp_path: Path) -> None:
    project = load_project(write(tmp_path, MINIMAL))
    with pytest.raises(CharterError, match=r"hooks\.py"):
        recorded_project(tmp_path, project.document, "def prepare(:", digest=project.digest)
    with pytest.raises(Tampered, match="differs from the submitted one"):
        recorded_project(tmp_path, project.document, None, digest="sha256:0")
