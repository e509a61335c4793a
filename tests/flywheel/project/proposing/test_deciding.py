"""No answer is written down that the charter would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.errors import InputRefused
from flywheel.project.charter.marks import Mark, open_marks
from flywheel.project.charter.toml_text import parse
from flywheel.project.loader import problems_in
from flywheel.project.proposing.deciding import proposal_refused, settled, shows_only
from flywheel.services.data.proposals import write_proposed

ROWS = "".join(f"K{n},{n % 60},{'f' if n % 2 else 'm'},{n % 27 if n % 4 else 999},{n % 5 == 0:d}\n" for n in range(400))
HOSTILE = (
    "no",
    "",
    "-1",
    "1e400",
    "nan",
    "0x",
    '"',
    "'",
    "[",
    "{",
    "}",
    "[[",
    "a = ",
    "a.b.c = 1",
    "# x",
    '" # decide: y?',
    "\x07",
)


@pytest.fixture
def text(tmp_path: Path) -> str:
    """A charter proposed from a table of 400 rows."""
    (tmp_path / "x.csv").write_text(f"id,visits,gender,pdays,churn\n{ROWS}")
    write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    return (tmp_path / "churn" / "project.toml").read_text(encoding="utf-8")


def mark_of(text: str, key: str) -> Mark:
    return next(mark for mark in open_marks(text) if mark.key == key)


@pytest.mark.parametrize("answer", HOSTILE)
def test_every_question_takes_a_hostile_answer_as_the_charter_does_or_not_at_all(text: str, answer: str) -> None:
    """The class: whatever is typed at whatever question, what stands there afterwards is a charter without mistakes."""
    while marks := open_marks(text):
        try:
            text = settled(text, marks[0], answer)
        except InputRefused:
            text = settled(text, marks[0])
        later = {mark.key for mark in open_marks(text)}
        assert len(later) < len(marks)
        assert [problem for problem in problems_in(text) if problem.key not in later] == []


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        ("data.target", "chrun", "did you mean churn"),
        ("data.entity", "churn", "data.entity is the same column as target"),
        ("value.volume_per_year", "0", "at least 1"),
        ("value.volume_per_year", "1.5", "a whole number"),
        ("value.payoff", 'true_positive = "much"', "a finite number"),
        ("value.loss_per_year", "100 000 €", "such as 100_000 or 12.50: no quotes, no currency"),
        ("value.payoff", "no", "such as `10; 67`"),
        ("risk.exposure", "hgh", "did you mean high"),
        ("owner", "ana", "is not an e-mail address"),
        ("stakeholders.validator", "val@bank.example, val@bank.example", "names val@bank.example twice"),
        ("data.columns.gender", "yes please", "permitted = false"),
        ("data.columns.gender", 'role = "none"', "feature"),
        ("data.columns.pdays", "between = [9, 1]", "begins after its end"),
        ("data.positive", "2", "is none of"),
        ("delivery.rule.column", "gender", "is not a declared column of numbers, found gender; allowed: visits, pdays"),
        ("delivery.rule.column", "id", "is not a declared column of numbers, found id; allowed: visits, pdays"),
        ("delivery.rule.then", "yes", "positive"),
        ("delivery.rule.column", "vists", "did you mean visits"),
    ],
)
def test_what_the_charter_refuses_is_refused_with_what_is_allowed(text: str, key: str, answer: str, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        settled(text, mark_of(text, key), answer)
    assert said in refused.value.sentence()


@pytest.mark.parametrize(("answer", "code"), [("", "EUR"), ("try", "TRY"), ("\u20ba", "TRY"), ('"CHF"', "CHF")])
def test_a_currency_is_answered_by_its_letters_or_its_sign(text: str, answer: str, code: str) -> None:
    assert f'currency = "{code}"\n' in settled(text, mark_of(text, "value.currency"), answer)


def test_what_is_no_currency_is_refused(text: str) -> None:
    with pytest.raises(InputRefused, match="three capital letters"):
        settled(text, mark_of(text, "value.currency"), "lira")


def test_yes_takes_a_column_as_proposed_and_no_writes_what_the_question_says(text: str) -> None:
    gender, pdays = mark_of(text, "data.columns.gender"), mark_of(text, "data.columns.pdays")
    assert settled(text, gender, "yes") == settled(text, gender)
    assert "permitted = false }\n" in settled(text, gender, "no")
    plain = next(line for line in settled(text, pdays, "no").splitlines() if line.startswith("pdays"))
    assert plain == 'pdays = { kind = "integer", between = [0, 2000], missing = { at_most = 0.01 } }'


def test_a_key_that_may_be_missing_is_left_out_by_a_dash(text: str) -> None:
    assert "\nentity" not in settled(text, mark_of(text, "data.entity"), "-")
    with pytest.raises(InputRefused, match="owner is missing"):
        settled(text, mark_of(text, "owner"), "-")


def test_what_is_asked_later_may_not_fit_yet(text: str) -> None:
    """Another target has another yes, which is the next question; which it may be its rows say, and no list."""
    after = settled(text, mark_of(text, "data.target"), "gender")
    said = problems_in(settled(after, mark_of(after, "data.positive"), '"f"'))
    assert [problem.key for problem in said] == ["validation.slices[1]"]  # which `flywheel check` tells


def test_no_author_is_taken_as_who_judges(text: str) -> None:
    marked = mark_of(text, "owner")
    text = settled(text, marked, "ana@bank.example")
    for role in ("validator", "business"):
        with pytest.raises(InputRefused, match="is the owner, who counts as an author"):
            settled(text, mark_of(text, f"stakeholders.{role}"), "Ana@bank.example")


def test_a_rule_of_another_column_has_limit_and_side_asked_for_again_and_one_that_parts_nothing_is_refused(
    text: str,
) -> None:
    mark = mark_of(text, "delivery.rule.column")
    same = settled(text, mark, mark.proposed.strip('"'))
    assert "delivery.rule.at_most" not in {one.key for one in open_marks(same)}
    assert mark.proposed.strip('"') in mark_of(same, "delivery.rule.then").question
    other = "visits" if "pdays" in mark.proposed else "pdays"
    text = settled(text, mark, other)
    asked = mark_of(text, "delivery.rule.at_most")
    assert other in asked.question
    assert shows_only(asked), "the limit of the other column is no answer"
    assert other in mark_of(text, "delivery.rule.then").question
    for decided in (text, settled(text, mark_of(text, "delivery.rule.then"), "positive")):
        assert decided.count(f"within the limit of {other}") == ("decide: which side" in decided)
    with pytest.raises(InputRefused, match="every row is on one side"):
        settled(text, asked, "100_000")
    assert "at_most = 5\n" in settled(text, asked, "5")


@pytest.mark.parametrize("answer", ["yes", "ja", "churn"])
def test_a_purpose_of_one_word_says_nothing(text: str, answer: str) -> None:
    with pytest.raises(InputRefused, match="a sentence of your own: why may these data be used"):
        settled(text, mark_of(text, "data.sources.main.purpose"), answer)
    assert "to find leavers" in settled(text, mark_of(text, "data.sources.main.purpose"), "to find leavers")


def test_a_word_of_the_charter_is_refused_with_what_is_asked(text: str) -> None:
    with pytest.raises(InputRefused, match="only repeats what is asked; found 'objective'"):
        settled(text, mark_of(text, "problem.statement"), "objective")


def test_the_loss_of_a_year_is_asked_for_and_left_out_where_nobody_knows(text: str) -> None:
    mark = mark_of(text, "value.loss_per_year")
    assert "\nloss_per_year = 250_000\n" in settled(text, mark, "250000")
    left_out = settled(text, mark, "-")
    assert "loss_per_year" not in parse(left_out, file="project.toml")["value"]
    assert "\n# loss_per_year = 0  #" in left_out
    assert left_out == settled(text, mark)
    with pytest.raises(InputRefused):
        settled(text, mark, "much")


def test_a_proposal_that_an_earlier_answer_took_the_ground_from_is_told_with_the_columns_that_may_be(text: str) -> None:
    mark = mark_of(text, "delivery.rule.column")
    assert proposal_refused(text, mark) == ""
    text = settled(text, mark_of(text, "data.entity"), mark.proposed.strip('"'))
    other = "visits" if "pdays" in mark.proposed else "pdays"
    assert f"allowed: {other}" in proposal_refused(text, mark_of(text, "delivery.rule.column"))


def test_the_process_is_asked_and_then_which_of_its_steps_is_served(text: str) -> None:
    after = settled(text, mark_of(text, "problem.process"), "order, inspect, ship")
    step = mark_of(after, "problem.decision")
    assert "order, inspect, ship" in step.question
    assert 'decision = "inspect"' in settled(after, step, "inspect")
    with pytest.raises(InputRefused):
        settled(after, step, "scrap")


@pytest.mark.parametrize(
    ("answer", "amount"),
    [
        ("700 000", 700_000),
        ("700.000,00", 700_000),
        ("1'000", 1_000),
        ("1\u202f250,5", None),
        ("1,250.50", 1_250.5),
        ("1.100", None),
    ],
)
def test_amounts_are_taken_as_people_write_them_where_they_are_one_number(
    text: str, answer: str, amount: float | None
) -> None:
    mark = mark_of(text, "value.loss_per_year")
    if amount is None:
        with pytest.raises(InputRefused):
            settled(text, mark, answer)
    else:
        assert parse(settled(text, mark, answer), file="project.toml")["value"]["loss_per_year"] == amount


def test_both_costs_are_taken_with_thousands(text: str) -> None:
    after = settled(text, mark_of(text, "value.payoff"), "1 000; 25 000")
    payoff = parse(after, file="project.toml")["value"]["payoff"]
    assert (payoff["false_positive"], payoff["false_negative"]) == (-1_000, -25_000)


def of_times(folder: Path, written: str) -> str:
    """Propose a charter for a table with a column of times, by the day of each row."""
    rows = "".join(f"K{n};{written.format(day=n % 28 + 1)};{n % 60};{n % 5 == 0:d}\n" for n in range(200))
    (folder / "x.csv").write_text(f"id;rdv_le;visits;churn\n{rows}", encoding="utf-8")
    write_proposed("churn", folder / "churn", folder / "x.csv", target="churn")
    return (folder / "churn" / "project.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("written", ["{day:02}/01/2023 09h15", "{day:02}.01.2023 kl. 09.15", "{day:02}-01-2023 9u15"])
def test_times_of_a_country_are_proposed_with_their_format(tmp_path: Path, written: str) -> None:
    data = parse(of_times(tmp_path, written), file="x")["data"]

    assert data["columns"]["rdv_le"]["kind"] == "time"
    assert len(data["sources"]["main"]["date_format"]) == 1


@pytest.mark.parametrize("answer", ["%d/%m/%Y/%H/%M", '["%d/%m/%Y/%H/%M", "%d.%m.%Y"]', '"%d/%m/%Y/%H/%M"'])
def test_a_format_answers_what_seems_to_hold_times(tmp_path: Path, answer: str) -> None:
    text = of_times(tmp_path, "{day:02}/01/2023/09/15")
    mark = mark_of(text, "data.columns.rdv_le")
    data = parse(settled(text, mark, answer), file="x")["data"]

    assert data["columns"]["rdv_le"]["kind"] == "time"
    assert data["sources"]["main"]["date_format"][0] == "%d/%m/%Y/%H/%M"
    with pytest.raises(InputRefused, match="not a format of dates"):
        settled(text, mark, "%Q")
    with pytest.raises(InputRefused, match="no formats of dates"):
        settled(text, mark, '["%d')


def test_a_first_row_of_numbers_is_asked_and_another_answer_says_how_to_propose_anew(tmp_path: Path) -> None:
    rows = "".join(f"K{n},{n % 70},{n * 7 % 90},{'no' if n % 5 else 'yes'}\n" for n in range(400))
    (tmp_path / "x.csv").write_text(f"customer,2019,2020,churned\n{rows}")
    proposal = write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    assert (proposal.rows, [one.header for one in proposal.columns][1:3]) == (400, ["2019", "2020"])
    text = (tmp_path / "churn" / "project.toml").read_text(encoding="utf-8")
    mark = mark_of(text, "data.sources.main.header")
    assert parse(settled(text, mark, "yes"), file="")["data"]["sources"]["main"]["header"] is True
    with pytest.raises(InputRefused, match="--no-header"):
        settled(text, mark, "no")
    write_proposed("bare", tmp_path / "bare", tmp_path / "x.csv", has_header=False)
    bare = (tmp_path / "bare" / "project.toml").read_text(encoding="utf-8")
    assert parse(bare, file="")["data"]["sources"]["main"]["header"] is False
    assert "data.sources.main.header" not in {one.key for one in open_marks(bare)}
