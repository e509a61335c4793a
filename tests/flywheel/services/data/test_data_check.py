"""A check of the data tells every fault at once: value, row, count and the key that cures it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from flywheel.project.loader import load_project
from flywheel.services.data.data_check import DataCheck, check_data
from flywheel.settings import Settings

HEAD = 'name = "churn"\ntitle = "Churn"\nowner = "ana@bank.example"\n'
CHARTER = f"""{HEAD}
[data]
target = "y"
positive = 1
entity = "id"
sources.main = {{ uri = "x.csv" }}
[data.columns]
amount = {{ kind = "number", between = [0, 100], missing = {{ codes = [-1], at_most = 0.1 }} }}
channel = {{ kind = "category", categories = ["web", "shop"] }}
at = {{ kind = "time" }}
"""


def found_in(folder: Path, charter: str = CHARTER) -> DataCheck:
    (folder / "project.toml").write_text(charter, encoding="utf-8")
    return check_data(load_project(folder), settings=Settings.load(home=folder, environ={}))


def good_rows(count: int = 200) -> pd.DataFrame:
    rows = range(count)
    return pd.DataFrame(
        {
            "id": [f"A{n}" for n in rows],
            "amount": [f"{n * 0.37 % 90:.2f}" for n in rows],
            "channel": ["web" if n % 3 else "shop" for n in rows],
            "at": ["2026-01-01"] * count,
            "y": [str(n % 2) for n in rows],
        }
    )


def test_good_data_have_no_fault(tmp_path: Path) -> None:
    good_rows().to_csv(tmp_path / "x.csv", index=False)
    found = found_in(tmp_path)
    assert (found.faults, found.notes, dict(found.rows)) == ((), (), {"main": 200})


def test_every_kind_of_fault_is_told_in_one_reading(tmp_path: Path) -> None:
    frame = good_rows()
    frame.loc[16, "amount"] = "12,5"
    frame.loc[20:22, "amount"] = "9999"
    frame.loc[30:59, "amount"] = "-1"
    frame.loc[70, "channel"] = "fax"
    frame.loc[80, "at"] = "31.12.2024"
    frame.loc[90:92, "y"] = None
    frame.loc[95, "y"] = "2"
    frame = frame.rename(columns={"id": "Customer ID"}).assign(free=1)
    frame.to_csv(tmp_path / "x.csv", index=False)
    found = found_in(tmp_path, CHARTER.replace("at = {", 'customer_id = { kind = "text" }\nat = {'))
    told = [fault.sentence() for fault in found.faults]
    for words in (
        "amount: 1 of 200 values is not a number; first '12,5' in row 17; cure: write all numbers",
        "at: 1 of 200 values is not a time; first '31.12.2024' in row 81; cure: date_format = \"%d.%m.%Y\"",
        "amount: 3 of 200 values lie outside between = [0, 100]; first '9999.0' in row 21; cure: widen",
        "amount: 30 of 200 values (15.00%) are missing, allowed are 10.00%; cure: raise data.columns.amount.missing",
        "channel: 1 of 200 values are none of the categories; first 'fax' in row 71; cure: add them",
        "y: the target is missing in 3 of 200 rows",
        "y: the target holds 3 different values",
        'customer_id: no source has the header customer_id; cure: data.columns.customer_id.alias = "Customer ID"',
        "id: no source has the header id",
    ):
        assert any(words in sentence for sentence in told), (words, told)
    assert not any("double" in sentence or "int64" in sentence for sentence in told)
    notes = [note.sentence() for note in found.notes]
    assert any("1 column is not declared" in note and "'free'" in note for note in notes)
    assert any("headers that are not valid names" in note and "'Customer ID'" in note for note in notes)


def test_one_bad_value_among_150_000_rows_is_shown_with_its_row(tmp_path: Path) -> None:
    frame = pd.concat([good_rows(50_000)] * 3, ignore_index=True)
    frame.loc[123_455, "amount"] = "n.n."
    frame.to_csv(tmp_path / "x.csv", index=False)
    (fault,) = found_in(tmp_path).faults
    assert (fault.values, fault.row, fault.count) == (("n.n.",), 123_456, 1)


def test_a_source_that_cannot_be_read_does_not_hide_the_faults_of_another(tmp_path: Path) -> None:
    good_rows().drop(columns="channel").replace({"amount": {"1.85": "five"}}).to_csv(tmp_path / "x.csv", index=False)
    charter = CHARTER.replace("[data.columns]", 'sources.more = { uri = "gone.csv", join = "id" }\n[data.columns]')
    told = [fault.sentence() for fault in found_in(tmp_path, charter).faults]
    assert any("no data file matches gone.csv" in sentence for sentence in told)
    assert any("'five' in row 6" in sentence for sentence in told)


def test_a_parquet_column_of_another_kind_is_named_in_the_charters_words(tmp_path: Path) -> None:
    frame = good_rows().assign(y=[n % 2 for n in range(200)], at=pd.Timestamp(0), amount="7")
    frame.to_parquet(tmp_path / "x.parquet")
    (fault,) = found_in(tmp_path, CHARTER.replace("x.csv", "x.parquet")).faults
    assert "amount: 200 of 200 values are not a number: the source holds another kind" in fault.sentence()


@pytest.mark.parametrize("kind", ["number", "time"])
def test_a_duration_of_parquet_is_cured_by_numbers_whatever_is_declared(tmp_path: Path, kind: str) -> None:
    took = [pd.Timedelta(seconds=61 * n) for n in range(200)]
    good_rows().assign(y=[n % 2 for n in range(200)], at=pd.Timestamp(0), amount=7.0, took=took).to_parquet(
        tmp_path / "x.parquet"
    )
    (fault,) = found_in(tmp_path, f'{CHARTER.replace("x.csv", "x.parquet")}took = {{ kind = "{kind}" }}\n').faults
    assert fault.column == "took"
    assert fault.cure.startswith("write them as numbers at the source")


@pytest.mark.parametrize("levels", [70, 130])
def test_categories_that_are_not_learned_one_by_one_are_named(tmp_path: Path, levels: int) -> None:
    frame = pd.concat([good_rows(levels).assign(channel=[f"zip {n:03}" for n in range(levels)])] * 40)
    frame = pd.concat([frame, good_rows(1).assign(channel="13 Mansion")])
    frame.assign(amount=[n % 2_000 / 20 for n in range(len(frame))]).to_csv(tmp_path / "x.csv", index=False)
    charter = CHARTER.replace(', categories = ["web", "shop"]', "")
    (note,) = found_in(tmp_path, charter).notes
    if levels == 70:
        assert "channel: 1 of 71 categories" in note.sentence()
        assert "rows in training, which sees about 60% of all" in note.sentence()
        assert "'13 Mansion'" in note.sentence()
    else:
        assert "31 of 131 categories" in note.sentence()
        assert "30 beyond the 100 most frequent" in note.sentence()


@pytest.mark.parametrize("said_by", ["main", "regions"])
def test_a_word_for_missing_belongs_to_the_columns_of_its_own_source(tmp_path: Path, said_by: str) -> None:
    rows, words = range(300), {"main": "", "regions": "", said_by: ', missing = ["0", "1"]'}
    (tmp_path / "d.csv").write_text(
        "region,visits,y\n" + "".join(f"r{n % 7},{0.01 + n if said_by == 'main' else n % 4},{n % 2}\n" for n in rows)
    )
    (tmp_path / "r.csv").write_text("region,level,size\n" + "".join(f"r{n},{n % 2},{n % 2}\n" for n in range(7)))
    target = "note" if said_by == "main" else "y"
    charter = f"""{HEAD}
[data]
target = "{target}"
positive = 1
sources.main = {{ uri = "d.csv"{words["main"]} }}
sources.regions = {{ uri = "r.csv", join = "region"{words["regions"]} }}
[data.columns]
visits = {{ kind = "number", missing = {{ at_most = 0.0 }} }}
level = {{ kind = "category", missing = {{ at_most = 0.0 }} }}
size = {{ kind = "integer", missing = {{ at_most = 0.0 }} }}
"""
    faults = [(one.where, one.column) for one in found_in(tmp_path, charter).faults if "missing" in one.what]
    assert faults == ([] if said_by == "main" else [("r.csv", "level"), ("r.csv", "size")])


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        (
            [float("inf"), 1.0],
            'kind = "number", between = [0, 9]',
            '"inf"',
        ),
        (
            [99.0, 1.0],
            'kind = "number", between = [0, 9]',
            '"99.0"',
        ),
        (
            ["", "a"],
            'kind = "category", categories = ["a"]',
            '""',
        ),
    ],
)
def test_the_cure_that_a_fault_names_takes_it_away(tmp_path: Path, cells: list[object], column: str, code: str) -> None:
    pd.DataFrame({"y": [0, 1], "x": cells}).to_parquet(tmp_path / "x.parquet")
    charter = f'{HEAD}[data]\ntarget = "y"\npositive = 1\nsources.main = {{ uri = "x.parquet" }}\n[data.columns]\n'
    (fault,) = found_in(tmp_path, f"{charter}x = {{ {column} }}\n").faults
    assert code in fault.cure
    assert "missing.codes" in fault.cure
    assert found_in(tmp_path, f"{charter}x = {{ {column}, missing.codes = [{code}] }}\n").faults == ()


def test_no_key_of_the_source_is_offered_where_a_column_has_both_signs(tmp_path: Path) -> None:
    frame = good_rows()
    frame.loc[::2, "amount"] = frame.loc[::2, "amount"].str.replace(".", ",")
    frame.to_csv(tmp_path / "x.csv", index=False)
    fault = found_in(tmp_path).faults[0]
    assert "write all numbers of the column in one way at the source" in fault.cure


@pytest.mark.parametrize(
    ("cells", "cure", "keys"),
    [
        (["1 234,50 €", "3,20 €"], 'data.columns.x.unit = "€"; and decimal = ","', 'decimal = ",", thousands = " "'),
        (["$1,200", "$3"], 'data.columns.x.unit = "$"; and thousands = ","', 'thousands = ","'),
        (["12 kg", "3 kg"], 'data.columns.x.unit = "kg"', ""),
    ],
)
def test_the_cure_of_numbers_with_a_unit_takes_the_one_fault_away(
    tmp_path: Path, cells: list[str], cure: str, keys: str
) -> None:
    (tmp_path / "x.csv").write_text("y;x\n" + "".join(f"{n % 2};{cell}\n" for n, cell in enumerate(cells)))
    charter = f'{HEAD}[data]\ntarget = "y"\npositive = 1\nsources.main = {{ uri = "x.csv", delimiter = ";"'
    (fault,) = found_in(tmp_path, f'{charter} }}\n[data.columns]\nx = {{ kind = "number" }}\n').faults
    assert cure in fault.cure
    unit = fault.cure.split('"')[1]
    cured = f'{charter}, {keys} }}\n[data.columns]\nx = {{ kind = "number", unit = "{unit}" }}\n'.replace(",  }", " }")
    assert found_in(tmp_path, cured).faults == ()


@pytest.mark.parametrize("cell", ["1e400", "5.5"])
def test_no_spaces_are_blamed_where_there_are_none(tmp_path: Path, cell: str) -> None:
    (tmp_path / "x.csv").write_text(f"y;x\n0;1,5\n1;{cell}\n")
    source = 'sources.main = { uri = "x.csv", delimiter = ";", decimal = "," }'
    charter = f'{HEAD}[data]\ntarget = "y"\npositive = 1\n{source}\n[data.columns]\n'
    (fault,) = found_in(tmp_path, f'{charter}x = {{ kind = "number" }}\n').faults
    assert f'missing = {{ codes = ["{cell}"] }}' in fault.cure
    assert found_in(tmp_path, f'{charter}x = {{ kind = "number", missing.codes = ["{cell}"] }}\n').faults == ()


def test_a_wrong_delimiter_is_one_fault_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("y;x\n0;1\n")
    charter = f'{HEAD}[data]\ntarget = "y"\npositive = 1\nsources.main = {{ uri = "x.csv" }}\n[data.columns]\n'
    (fault,) = found_in(tmp_path, f'{charter}x = {{ kind = "integer" }}\n').faults
    assert "name the right `delimiter` of the source, which is ',' now" in fault.what


RULED = (
    CHARTER.replace(
        "[data]",
        """[value]
unit = "case"
volume_per_year = 10
payoff = { true_positive = 0, false_positive = -10, true_negative = 0, false_negative = -10 }
[decision]
positive = "act"
negative = "leave"
[data]""",
    )
    + """[delivery]
fallback = ["rule"]
[delivery.rule]
column = "amount"
at_most = 50
then = "positive"
missing = "positive"
"""
)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("positive", "brings -8.00 EUR a case; 'leave' for all brings -4.00, a perfect model 0.00: it earns less"),
        ("negative", "brings -2.00 EUR a case; 'leave' for all brings -4.00, a perfect model 0.00; cure: none needed"),
    ],
)
def test_what_the_rule_brings_is_told_and_one_in_the_wrong_direction_asked_about(
    tmp_path: Path, then: str, said: str
) -> None:
    """Of ten rows four are a yes, all but one above the limit; a row without an outcome tells nothing of the rule."""
    amounts, outcomes = [10, 20, 30, 40, 45, 46, 60, 70, 80, 90], [0, 0, 0, 0, 0, 1, 1, 1, 1, 0]
    rows = [f"A{n},{amount},web,2026-01-01,{y}" for n, (amount, y) in enumerate(zip(amounts, outcomes, strict=True))]
    (tmp_path / "x.csv").write_text("\n".join(["id,amount,channel,at,y", *rows, ""]))
    found = found_in(tmp_path, RULED.replace('then = "positive"', f'then = "{then}"'))
    (note,) = [one.sentence() for one in found.notes if one.column == "delivery.rule"]
    assert said in note
    assert f"the rule decides 'act' in {'60' if then == 'positive' else '40'}.0% of the rows" in note
    assert ('then = "negative" under delivery.rule would bring -2.00 EUR' in note) is (then == "positive")


def test_a_target_that_holds_no_outcomes_is_told_once_and_no_rule_is_judged_by_it(tmp_path: Path) -> None:
    rows = [f"A{n},{10 + n},web,2026-01-01,{n % 3}" for n in range(12)]
    (tmp_path / "x.csv").write_text("\n".join(["id,amount,channel,at,y", *rows, ""]))
    found = found_in(tmp_path, RULED)
    (fault,) = [one.sentence() for one in found.faults]
    assert "the target holds 3 different values" in fault
    assert not [one for one in found.notes if one.column == "delivery.rule"]
