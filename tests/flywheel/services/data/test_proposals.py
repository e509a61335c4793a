"""A charter is proposed from a file, and reads that file as it stands."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deployments.programs.check_data import judge_joined
from flywheel.adapters.sources.sources import Ground
from flywheel.domain.stages import Stage
from flywheel.errors import InputRefused, Refused
from flywheel.project.charter.marks import open_marks
from flywheel.project.charter.preflight import preflight
from flywheel.project.loader import load_project
from flywheel.project.proposing.deciding import settled
from flywheel.services.data.data_check import check_data
from flywheel.services.data.proposals import Asked, proposal_of, write_proposed
from flywheel.setting_groups import LimitSettings
from flywheel.settings import Settings
from tests.factories import ugly
from tests.factories.sources import read_whole

ROWS = "".join(
    f"K{n:03};{n % 28 + 1:02}.0{n % 9 + 1}.2024;1.{n:03},5;{'ja' if n % 3 else 'nein'};"
    f"x {n % 4};{n % 7 if n % 5 else '?'}\r\n"
    for n in range(120)
)
UGLY = f"\ufeffKunden-Nr.;seit;Umsatz (€);gekündigt?;a.b;;\r\n{ROWS}".replace(";;\r\n", ";\r\n")
TODAY = date(2026, 11, 30)
TELCO = Path(__file__).parents[4] / "shared" / "data"


def test_an_ugly_file_is_read_as_proposed(tmp_path: Path) -> None:
    file = tmp_path / "Kündigungen März.txt"
    file.write_bytes(UGLY.encode("utf-8"))
    proposal = write_proposed("churn", tmp_path / "churn", file, owner="ana@bank.example")
    project = load_project(tmp_path / "churn")
    assert project.charter.owner == "ana@bank.example"
    data = project.charter.data
    assert data is not None
    assert (data.target, data.positive, data.entity, data.time) == ("gekuendigt", "ja", "Kunden_Nr", "seit")
    assert data.sources["main"].uri == "data/Kuendigungen-Maerz.csv"
    table = read_whole(data.sources["main"], Ground(tmp_path / "churn"), data=data)
    assert table.num_rows == proposal.rows == 120
    first = table.to_pylist()[0]
    assert (first["Umsatz"], first["a_b"], first["column_6"], str(first["seit"])[:10]) == (
        1000.5,
        "x 0",
        None,
        "2024-01-01",
    )
    assert [problem for stage in Stage for problem in preflight(project.charter, stage)] == []


def test_a_parquet_file_is_proposed_too(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": list(range(60)),
            "emp.var.rate": [n / 7 for n in range(60)],
            "job": ["?" if n % 9 == 0 else f"job {n % 5}" for n in range(60)],
            "deposit": [n % 2 == 0 for n in range(60)],
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    write_proposed("bank", tmp_path / "bank", tmp_path / "x.parquet")
    data = load_project(tmp_path / "bank").charter.data
    assert data is not None
    assert (data.target, data.positive, data.entity) == ("deposit", True, "id")
    assert data.columns["job"].missing.codes == ("?",)
    assert data.columns["emp_var_rate"].alias == ("emp.var.rate",)
    assert read_whole(data.sources["main"], Ground(tmp_path / "bank"), data=data).num_rows == 60


def test_a_person_may_name_the_target_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a b,c\n1,2\n2,1\n")
    assert proposal_of(tmp_path / "x.csv", uri="x.csv", today=TODAY, asked=Asked("a b")).keys.target == "a_b"
    with pytest.raises(InputRefused, match="no such column"):
        proposal_of(tmp_path / "x.csv", uri="x.csv", today=TODAY, asked=Asked("d"))


def test_data_that_lie_in_the_folder_already_stay_where_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "x.csv").write_text("a,y\n1,2\n2,1\n")
    write_proposed("mine", folder, folder / "raw" / "x.csv")
    data = load_project(folder).charter.data
    assert data is not None
    assert data.sources["main"].uri == "raw/x.csv"
    assert not (folder / "data").exists()
    with pytest.raises(Refused, match="something already"):
        write_proposed("mine", folder, folder / "raw" / "x.csv")


def test_a_look_at_a_large_file_is_bounded_and_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flywheel.adapters.sources.look.WHOLE_BYTES", 20_000)
    monkeypatch.setattr("flywheel.adapters.sources.look.HEAD_BYTES", 4_000)
    monkeypatch.setattr("flywheel.adapters.sources.look.BLOCK_BYTES", 500)
    (tmp_path / "x.csv").write_text("n,y\n" + "".join(f"{n},{n % 2}\n" for n in range(20_000)))
    first, again = (proposal_of(tmp_path / "x.csv", uri="x.csv", today=TODAY) for _ in range(2))
    assert not first.is_whole
    assert first == again
    assert first.rows < 5_000
    between = first.columns[0].between
    assert between is not None
    assert between[1] >= 15_000  # blocks come from the whole file


def test_one_question_that_many_columns_share_is_asked_once(tmp_path: Path) -> None:
    rows = "".join(f"{n % 9 or -9},{n % 7 or -9},{n % 5 or -9},{n % 2}\n" for n in range(300))
    (tmp_path / "x.csv").write_text(f"a,b,c,y\n{rows}")
    write_proposed("codes", tmp_path / "codes", tmp_path / "x.csv", target="y")
    asked = [one.key for one in load_project(tmp_path / "codes").undecided if "codes mean missing" in one.what]
    assert asked == ["data.columns.a"]


def test_money_is_proposed_by_the_balance_of_the_target(tmp_path: Path) -> None:
    """Yes to all and no to all cost about the same, so that a model must tell them apart and can win much."""
    rows = "".join(f"K{n},{n % 7},{'yes' if n % 5 == 0 else 'no'}\n" for n in range(200))
    (tmp_path / "x.csv").write_text(f"id,visits,churn\n{rows}")
    write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    value = load_project(tmp_path / "churn").charter.value
    assert value
    assert value.money
    assert value.money.per_case(Decimal("0.2")) == (Decimal(-8), Decimal(-8), Decimal(0))


def test_the_yes_is_asked_for_with_what_the_target_says_and_how_often(tmp_path: Path) -> None:
    rows = "".join(f"{n % 7},{2 if n % 10 < 3 else 1}\n" for n in range(1_000))
    (tmp_path / "x.csv").write_text(f"visits,default\n{rows}")
    write_proposed("credit", tmp_path / "credit", tmp_path / "x.csv")
    line = next(one for one in _lines(tmp_path / "credit") if "the yes of the target" in one)
    assert line == "positive = 2  # decide: is this the yes of the target? default is 700 x 1, 300 x 2"


@pytest.mark.parametrize(
    ("rows", "said"), [(999, "test = 0.4 }"), (1_000, "test = 0.3 }"), (2_999, "test = 0.3 }"), (3_000, "test = 0.2 }")]
)
def test_of_few_rows_more_are_left_to_test_on(tmp_path: Path, rows: int, said: str) -> None:
    (tmp_path / "x.csv").write_text("visits,churn\n" + "".join(f"{n % 7},{n % 2}\n" for n in range(rows)))
    write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    line = next(one for one in _lines(tmp_path / "churn") if one.startswith("split"))
    assert said in line
    assert (f"{rows:,} rows are few" in line) == (rows < 3_000)


def test_of_few_rows_with_a_time_more_of_the_latest_days_are_left_to_test_on(tmp_path: Path) -> None:
    rows = "".join(f"2024-{n % 12 + 1:02}-01,{n % 2}\n" for n in range(240))
    (tmp_path / "x.csv").write_text(f"seen_at,churn\n{rows}")
    write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    line = next(one for one in _lines(tmp_path / "churn") if one.startswith("split"))
    assert 'validation = "67 days", test = "134 days"' in line


@pytest.mark.parametrize("value", ["a\nb", "\x07", "# decide: x", '"', "\x27\x27\x27", "\u202e", "\\"])
def test_no_value_of_the_data_gets_out_of_its_comment(tmp_path: Path, value: str) -> None:
    """What questions show of the data could break the file, or ask questions of its own."""
    table = pa.table({"x": [*map(str, range(40)), value, value], "y": [value, "b"] * 21})
    pq.write_table(table, tmp_path / "x.parquet")
    write_proposed("odd", tmp_path / "odd", tmp_path / "x.parquet", target="y")
    assert tomllib.loads("\n".join(_lines(tmp_path / "odd")))["data"]["target"] == "y"


@pytest.mark.parametrize("name", ["adult.parquet", "telco_churn.csv", "heloc.csv"])
def test_public_tables_are_read_as_proposed(tmp_path: Path, name: str) -> None:
    if not (TELCO / name).is_file():
        pytest.skip("the public tables are not beside this repository")
    write_proposed("public", tmp_path / "public", TELCO / name)
    charter = load_project(tmp_path / "public").charter
    assert charter.data is not None
    table = read_whole(
        charter.data.sources["main"], Ground(tmp_path / "public"), data=charter.data, limits=LimitSettings()
    )
    assert table.num_rows > 5_000
    assert charter.data.target in {"income", "Churn", "RiskPerformance"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, foreign_examiners: None) -> Settings:
    return Settings.load(home=tmp_path_factory.mktemp("home"), environ={})


@pytest.mark.parametrize("name", sorted(ugly.TEXTS.keys() - ugly.NO_TABLES))
def test_what_is_proposed_from_a_text_holds(tmp_path: Path, settings: Settings, name: str) -> None:
    (tmp_path / "ugly.csv").write_bytes(ugly.TEXTS[name])
    assert _faults(tmp_path / "ugly", tmp_path / "ugly.csv", settings) == []


def test_what_is_proposed_from_parquet_holds(tmp_path: Path, settings: Settings) -> None:
    usable = {f"of {name}": cells for name, cells in ugly.CELLS.items() if name not in ugly.NO_CELLS}
    table = pa.table({"id": ugly.IDS, "amount": ugly.AMOUNTS, **usable, "left": ugly.YES})
    pq.write_table(table, tmp_path / "ugly.parquet")
    assert _faults(tmp_path / "ugly", tmp_path / "ugly.parquet", settings) == []


def _faults(folder: Path, file: Path, settings: Settings) -> list[str]:
    """Take everything that is proposed from a file, and hold the file against it."""
    write_proposed("ugly", folder, file)
    charter = folder / "project.toml"
    load_project(folder)
    while marks := open_marks(charter.read_text()):
        charter.write_text(settled(charter.read_text(), marks[0]))
    project = load_project(folder)
    assert project.undecided == ()
    found = check_data(project, settings=settings, judge=judge_joined).faults
    return [one.sentence() for one in found if "no column may be used as a feature" not in one.what]


@pytest.mark.parametrize("name", sorted(ugly.NO_TABLES))
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "ugly.csv").write_bytes(ugly.TEXTS[name])
    with pytest.raises(InputRefused) as refused:
        write_proposed("ugly", tmp_path / "ugly", tmp_path / "ugly.csv")
    assert refused.value.what.startswith("ugly.csv")
    assert (bool(refused.value.allowed), bool(refused.value.next_step)) == (True, True)
    assert "\n" not in refused.value.sentence()
    assert not (tmp_path / "ugly").exists()


@pytest.mark.parametrize("name", sorted(ugly.NO_CELLS))
def test_cells_of_more_than_a_value_are_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    pq.write_table(pa.table({"id": ugly.IDS, "odd": ugly.CELLS[name]}), tmp_path / "ugly.parquet")
    with pytest.raises(InputRefused, match=r"odd .*next: export without"):
        write_proposed("ugly", tmp_path / "ugly", tmp_path / "ugly.parquet")


def test_columns_that_no_kind_holds_are_left_out_with_the_reason(tmp_path: Path) -> None:
    odd = {"clock": ugly.CELLS["time of day"], "took": ugly.CELLS["duration"], "far": ugly.CELLS["beyond years"]}
    pq.write_table(pa.table({"id": ugly.IDS, **odd, "left": ugly.YES}), tmp_path / "x.parquet")
    proposal = write_proposed("odd", tmp_path / "odd", tmp_path / "x.parquet")
    assert [one.name for one in proposal.columns] == ["id", "left"]
    assert [line.partition(" at the")[0] for line in _lines(tmp_path / "odd") if "is left out" in line] == [
        "# clock is left out: its cells are time64[us], which no kind holds: write them as numbers",
        "# took is left out: its cells are duration[us], which no kind holds: write them as numbers",
        "# far is left out: it holds times outside the years 1 to 9999",
    ]
    with pytest.raises(InputRefused, match="clock cannot be the target: its cells are time64"):
        proposal_of(tmp_path / "x.parquet", uri="x.parquet", today=TODAY, asked=Asked("clock"))


def _lines(folder: Path) -> list[str]:
    return (folder / "project.toml").read_text(encoding="utf-8").split("\n")


def _customers(folder: Path) -> str:
    """Contracts of 200 customers, two each, whose number comes in whole numbers."""
    rows = "".join(f"V{n},{100_000 + n // 2 * 7},{n % 37},{n % 5 == 0:d}\n" for n in range(400))
    (folder / "x.csv").write_text(f"Vertrags_Nr,Kunde_ID,visits,churn\n{rows}")
    write_proposed("churn", folder / "churn", folder / "x.csv")
    return (folder / "churn" / "project.toml").read_text(encoding="utf-8")


def test_a_name_in_digits_is_neither_the_rules_column_nor_a_feature_and_its_rows_are_told(tmp_path: Path) -> None:
    text = _customers(tmp_path)
    read = tomllib.loads(text)
    assert read["data"]["entity"] == "Vertrags_Nr"
    assert read["delivery"]["rule"]["column"] == "visits"
    assert read["data"]["columns"]["Kunde_ID"]["role"] == "kept"
    asked = {mark.key: mark.question for mark in open_marks(text)}
    assert "Kunde_ID stands in 2.0 rows each" in asked["data.entity"]
    assert "it names what a row is about, 2.0 rows each" in asked["data.columns.Kunde_ID"]
    named = settled(text, next(one for one in open_marks(text) if one.key == "data.entity"), "Kunde_ID")
    assert tomllib.loads(named)["data"]["entity"] == "Kunde_ID"


def test_another_unit_within_the_range_and_a_new_code_fall_back_where_there_is_a_rule(tmp_path: Path) -> None:
    """The class: whatever changes what a number means takes the decision from the model, and does not only page."""
    read = tomllib.loads(_customers(tmp_path))
    actions = {one["watch"]: one["action"] for one in read["monitoring"]["signals"]}
    assert actions == {"input": "fallback", "sentinels": "fallback", "drift": "page"}
    (tmp_path / "y.csv").write_text("kind,y\n" + "".join(f"{'ab'[n % 2]},{n % 3 == 0:d}\n" for n in range(90)))
    write_proposed("words", tmp_path / "words", tmp_path / "y.csv")
    read = tomllib.loads((tmp_path / "words" / "project.toml").read_text(encoding="utf-8"))
    assert "rule" not in read["delivery"]
    actions = {one["watch"]: one["action"] for one in read["monitoring"]["signals"]}
    assert (actions["sentinels"], actions["drift"]) == ("page", "page")


def test_words_for_missing_among_words_are_asked_about_once_for_all_columns(tmp_path: Path) -> None:
    """What a column of numbers shows to mean missing, and what people write for no answer; never the target's words."""
    jobs, ways = ("Arzt", "Koch", "unbekannt", "k.A.", "-"), ("web", "shop", "k.A.", "+")
    rows = "".join(f"{n * 7 if n % 9 else 'k.A.'};{jobs[n % 5]};{ways[n % 4]};{n % 3 == 0:d}\n" for n in range(400))
    (tmp_path / "x.csv").write_text(f"betrag;beruf;weg;churn\n{rows}")
    write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    text = (tmp_path / "churn" / "project.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)["data"]
    assert read["sources"]["main"]["missing"] == ["-", "k.A.", "unbekannt"]
    assert not any("categories" in column for name, column in read["columns"].items() if name != "churn")
    asked = [mark.key for mark in open_marks(text) if "mean missing" in mark.question]
    assert asked == ["data.sources.main.missing"]
    project = load_project(tmp_path / "churn")
    settings = Settings.load(home=tmp_path, environ={})
    assert check_data(project, settings=settings).faults == ()
