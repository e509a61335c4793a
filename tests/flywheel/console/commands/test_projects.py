"""From an empty folder to a registered project, on the command line."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from deployments.programs import check_data
from flywheel.catalog.engine import Catalog
from flywheel.services.walk import projects
from tests.flywheel.console.conftest import Cli, LogIn, Ran


def test_new_project_passes_its_own_check(bare_cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "churn"
    assert bare_cli("new", "churn", "--folder", str(folder)).code == 0
    checked = bare_cli("check", str(folder))
    assert checked.code == 0
    assert "churn: no mistakes" in checked.out


def test_nothing_is_written_over_what_is_there(bare_cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert bare_cli("new", "churn", "--folder", str(tmp_path)).code == 3
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.fixture
def wrong_folder(tmp_path: Path) -> Path:
    """A charter with two mistakes."""
    text = 'name = "churn"\ntitel = "Churn"\nowner = "nobody"\n'
    (tmp_path / "project.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_check_tells_every_mistake_at_once(bare_cli: Cli, wrong_folder: Path) -> None:
    checked = bare_cli("check", str(wrong_folder))
    assert checked.code == 2
    assert "did you mean title?" in checked.err
    assert "project.toml:3: owner" in checked.err


@pytest.mark.parametrize("command", ["check", "register"])
def test_a_channel_that_is_not_set_up_is_an_error_before_anything_else(cli: Cli, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "churn"
    cli("new", "churn", "--folder", str(folder))
    charter = folder / "project.toml"
    charter.write_text(charter.read_text(encoding="utf-8").replace('page = ["on-call"]', 'page = ["night"]'))
    ran = cli(command, str(folder))
    assert ran.code == 2
    assert "monitoring.page[1]: pages over this channel would go nowhere" in ran.err
    assert "found night; allowed: on-call" in ran.err


@pytest.mark.parametrize("command", ["check", "register"])
def test_a_channel_of_the_console_is_enough_and_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, log_in: LogIn
) -> None:
    log_in("ana@bank.example")
    folder = tmp_path / "churn"
    cli("new", "churn", "--folder", str(folder))
    monkeypatch.delenv("FLYWHEEL_PAGING__CHANNELS__ON-CALL")
    ran = cli(command, str(folder))
    assert ran.code == 0
    assert "note: pages over on-call are kept here and sent to nobody" in ran.out


def test_check_gives_scripts_the_same_as_json(bare_cli: Cli, wrong_folder: Path) -> None:
    checked = bare_cli("check", str(wrong_folder), "--json")
    assert checked.code == 2
    assert not checked.json["is_valid"]
    assert {"titel", "owner"} <= {problem["key"] for problem in checked.json["problems"]}


def test_check_says_what_later_stages_will_ask_for(bare_cli: Cli, tmp_path: Path) -> None:
    text = 'name = "churn"\ntitle = "Churn"\nowner = "ana@bank.example"\n'
    (tmp_path / "project.toml").write_text(text, encoding="utf-8")
    lacking = bare_cli("check", str(tmp_path), "--json").json["lacking"]
    assert {problem["key"] for problem in lacking["ideation"]} == {"problem", "risk", "value"}
    assert {"delivery", "monitoring"} <= {problem["key"] for problem in lacking["validation"]}


def test_register_names_a_high_risk_without_an_answer_and_who_must_agree_and_is_not_named(
    cli: Cli, tmp_path: Path, log_in: LogIn
) -> None:
    log_in("ana@bank.example")
    folder = tmp_path / "churn"
    cli("new", "churn", "--folder", str(folder))
    text = (folder / "project.toml").read_text(encoding="utf-8").replace('exposure = "low"', 'exposure = "medium"')
    risk = '\n[[risks]]\nwhat = "the feed ends"\nlikelihood = "low"\nharm = "high"\nowner = "ben@bank.example"\n'
    (folder / "project.toml").write_text(text + risk, encoding="utf-8")
    said = cli("register", str(folder), "--as", "ana@bank.example").out
    assert "note: risks[1].answer is needed before ideation of a risk of high likelihood or harm: the feed ends" in said
    assert "note: stakeholders.it the policy of tier medium asks for 1 besides the owner" in said
    assert "risks[1].owner" not in said


def test_registered_project_is_in_the_catalog(cli: Cli, catalog: Catalog, tmp_path: Path, log_in: LogIn) -> None:
    log_in("ana@bank.example")
    folder = tmp_path / "churn"
    cli("new", "churn", "--folder", str(folder))
    registered = cli("register", str(folder), "--as", "ana@bank.example", "--json")
    assert registered.code == 0
    record = projects.get_project(catalog, project="churn")
    assert registered.json["project_digest"] == record.project_digest
    assert record.path == str(folder)


@pytest.fixture
def proposed(bare_cli: Cli, tmp_path: Path) -> Path:
    """A project proposed from a file with German headers."""
    rows = "".join(f"K{n};{n},5;{'ja' if n % 2 else 'nein'}\n" for n in range(200))
    (tmp_path / "x.csv").write_text(f"Kunden Nr;Umsatz €;churn\n{rows}", encoding="cp1252")
    folder = tmp_path / "churn"
    made = bare_cli("new", "churn", "--from", str(tmp_path / "x.csv"), "--folder", str(folder))
    assert "target: churn" in made.out
    return folder


@pytest.mark.parametrize("command", ["check", "register"])
def test_what_only_the_author_can_decide_is_listed_at_once_and_awaited(cli: Cli, proposed: Path, command: str) -> None:
    asked = cli(command, str(proposed), "--json")
    assert asked.code == 2
    if command == "check":
        keys = {problem["key"] for problem in asked.json["problems"]}
        assert {"owner", "value.payoff", "stakeholders.validator", "data.target"} <= keys
    else:
        assert asked.err.count("\n") == 1
        assert re.search(r"leaves \d+ decisions to you: title, owner, problem.statement and \d+ others", asked.err)
        assert f"next: `flywheel decide {proposed}` asks for each" in asked.err


def test_decisions_are_asked_for_one_by_one_and_written_at_once(
    bare_cli: Cli, proposed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Who leaves?\nana@bank.example\n"))
    broken_off = bare_cli("decide", str(proposed))
    assert broken_off.code == 1
    left = bare_cli("check", str(proposed), "--json").json["problems"]
    assert not {"title", "owner"} & {problem["key"] for problem in left}
    taken = bare_cli("decide", str(proposed), "--as-proposed")
    assert f"{len(left)} decided" in taken.out
    assert bare_cli("check", str(proposed)).code == 0
    assert "nothing is left to decide" in bare_cli("decide", str(proposed)).out
    assert 'title = "Who leaves?"\n' in (proposed / "project.toml").read_text(encoding="utf-8")


def test_enter_takes_no_example_for_an_answer(bare_cli: Cli, proposed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\nana@bank.example\n\nobjective\n8 % leave each year\n"))
    said = bare_cli("decide", str(proposed)).out
    assert '"you@example.com" is an example, and no answer: who is the author?' in said
    assert '"What hurts today, with a number." is an example, and no answer: what hurts today' in said
    assert "problem.statement only repeats what is asked" in said
    written = (proposed / "project.toml").read_text(encoding="utf-8")
    assert 'owner = "ana@bank.example"' in written
    assert 'statement = "8 % leave each year"\n' in written


def test_an_answer_is_taken_back_by_going_back(bare_cli: Cli, proposed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("back\nmedium\nback\nWho leaves?\n"))
    said = bare_cli("decide", str(proposed)).out
    assert "`back` returns to the question before" in said.splitlines()[0]
    assert "this is the first question" in said
    assert 'title = "Who leaves?"\n' in (proposed / "project.toml").read_text(encoding="utf-8")


def test_enter_takes_what_was_answered_before_somebody_went_back(
    bare_cli: Cli, proposed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Who goes?\nana@bank.example\nback\nback\nWho leaves?\n\n"))
    said = bare_cli("decide", str(proposed)).out
    assert "ana@bank.example (your answer; proposed was" in said
    written = (proposed / "project.toml").read_text(encoding="utf-8")
    assert 'title = "Who leaves?"\n' in written
    assert 'owner = "ana@bank.example"\n' in written


def as_program(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Ran:
    """Run what a check with the data becomes, in this process."""

    def run(module: str, arguments: list[str]) -> None:
        assert module == "deployments.programs.check_data"
        raise SystemExit(check_data.main(arguments))

    monkeypatch.setattr("flywheel.console.commands.projects.become", run)
    return cli("check", str(folder), "--data", *words)


@pytest.mark.usefixtures("foreign_examiners")
def test_new_from_a_file_passes_its_own_check_with_the_data_once_all_is_decided(
    bare_cli: Cli, proposed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_cli("decide", str(proposed), "--as-proposed")
    checked = as_program(bare_cli, proposed, monkeypatch)
    assert (checked.code, "main 200 rows; 0 faults" in checked.out) == (0, True), checked.out
    assert "'act' pays where a yes is likelier than 50.0%" in checked.out
    with (proposed / "data" / "x.csv").open("a", encoding="cp1252") as file:
        file.write("K9;viel;ja\n")
    checked = as_program(bare_cli, proposed, monkeypatch, "--json")
    assert checked.code == 2
    assert checked.json["data"]["faults"][0]["row"] == 201


def test_a_check_with_the_data_tells_mistakes_of_every_kind_in_one_round(
    bare_cli: Cli, proposed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_cli("decide", str(proposed), "--as-proposed")
    charter = proposed / "project.toml"
    text = charter.read_text(encoding="utf-8").replace('page = ["on-call"]', 'page = ["night"]')
    charter.write_text(re.sub(r"(?m)^slices = .*", 'slices = ["nowhere"]\ncolour = 1', text), encoding="utf-8")
    with (proposed / "data" / "x.csv").open("a", encoding="cp1252") as file:
        file.write("K9;viel;ja\n")
    checked = as_program(bare_cli, proposed, monkeypatch)
    assert checked.code == 2
    for wanted in (
        "validation.colour: there is no key",
        "validation.slices[1]: is not a declared column",
        "found night",
    ):
        assert wanted in checked.err
    assert "'viel' in row 201" in checked.out
    assert as_program(bare_cli, proposed, monkeypatch, "--json").json["data"]["faults"][0]["row"] == 201


def test_who_will_have_to_sign_is_told_before_anything_is(
    cli: Cli, proposed: Path, log_in: LogIn, catalog: Catalog
) -> None:
    """When it is proposed, decided, checked and registered; from the record, as soon as people can be named."""
    charter, asked = proposed / "project.toml", "risk: signed by"
    assert asked in cli("check", str(proposed)).out
    assert asked in cli("decide", str(proposed), "--as-proposed").out
    text = charter.read_text(encoding="utf-8")
    charter.write_text(
        text.replace("you@example.com", "ana@bank.example").replace("validator@example.com", "val@b.example")
    )
    log_in("ana@bank.example")
    for command in ("check", "register"):
        said = cli(command, str(proposed)).out
        assert asked in said
        assert "validator lacks 1: nobody can sign yet" in said
        assert "`flywheel people invite val@b.example --name NAME --role '*:admin' --role churn:validator`" in said


def test_a_project_whose_authors_nobody_can_know_is_told_so_when_it_is_registered(
    cli: Cli, tmp_path: Path, log_in: LogIn
) -> None:
    log_in("ana@bank.example")
    folder = tmp_path / "churn"
    cli("new", "churn", "--folder", str(folder))
    said = cli("register", str(folder)).out
    assert said.count("is not in git, so its other authors are unknown") == 1
