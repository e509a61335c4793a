"""Files are read with declared types, within limits known before loading."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from flywheel.adapters.sources.sources import Ground, Reading
from flywheel.errors import InputRefused
from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import reading_schema
from flywheel.project.charter.source import Source
from flywheel.setting_groups import LimitSettings
from tests.factories.sources import DATA, put, read, read_whole


def test_data_10_a_csv_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "x,x\n1,2\n")
    with pytest.raises(InputRefused, match="names a column twice"):
        read(tmp_path, "x.csv")


@pytest.mark.parametrize("rows", ["1,2,3\n", "1\n", "1,2\n1,2,3\n"])
def test_data_13_ragged_rows_are_refused(tmp_path: Path, rows: str) -> None:
    put(tmp_path, "x.csv", f"x,n\n{rows}")
    with pytest.raises(InputRefused, match=r"holds \d values? in a row of 2 columns; first '1.*' in row [12]; cure"):
        read(tmp_path, "x.csv")


def test_data_14_texts_that_look_like_nothing_stay_texts(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "country,other\nNA,null\nnull,NaN\nNO,\n")
    table = read(tmp_path, "x.csv")
    assert table["country"].to_pylist() == ["NA", "null", "NO"]
    assert table["other"].to_pylist() == ["null", "NaN", None]


def test_data_16_an_integer_of_40_digits_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", f"n\n{'9' * 40}\n")
    with pytest.raises(InputRefused, match="n: 1 of 1 values is not a whole number"):
        read(tmp_path, "x.csv")


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        ("x,n\n1,2\n".encode("utf-16"), "offset 0"),
        (b"x,n\n1\0,2\n", "offset 5"),
        (b"country\nM\xfcnchen\n", "offset 9"),
        (b"country\n" + b"a\n" * 524_284 + b"\xc3", "offset 1048576"),
    ],
)
def test_data_17_bytes_that_are_no_text_are_refused_at_their_offset(
    tmp_path: Path, content: bytes, offset: str
) -> None:
    put(tmp_path, "x.csv", content)
    with pytest.raises(InputRefused, match=offset):
        read(tmp_path, "x.csv", limits=LimitSettings())


def test_data_17_a_byte_order_mark_before_good_text_is_forgiven(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", b"\xef\xbb\xbfx,n\n1,2\n")
    assert read(tmp_path, "x.csv").column_names == ["x", "n"]


@pytest.mark.parametrize("content", [b'\xef\xbb\xbf"x","n"\n1,2\n', '\ufeff"x","n"\n1,2\n'.encode("utf-8")])
def test_a_quoted_header_behind_a_mark_is_a_header(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, "x.csv", content)
    assert read(tmp_path, "x.csv").to_pydict() == {"x": [1.0], "n": [2]}


@pytest.mark.parametrize(
    "content",
    ["x,n\n\n1,2\n3,4\n", "x,n\n\n\n\n1,2\n3,4\n", "x,n\r\r\n1,2\r\r\n3,4\r\r\n", "x,n\r\n\r\n1,2\r\n\r\n3,4\r\n"],
)
def test_empty_lines_are_no_rows_and_end_nothing(tmp_path: Path, content: str) -> None:
    put(tmp_path, "x.csv", content)
    assert read(tmp_path, "x.csv").to_pydict() == {"x": [1.0, 3.0], "n": [2, 4]}


def test_blanks_around_values_and_headers_are_no_part_of_them(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "x , n,\tcountry\n  1.5, 2, a b \n3, 4 ,\u00a0 \n")
    assert read(tmp_path, "x.csv").to_pydict() == {"x": [1.5, 3.0], "n": [2, 4], "country": ["a b", None]}


def test_data_20_a_gzip_bomb_is_stopped_at_the_limit(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "x.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"x\n")
        for _ in range(40):
            file.write(b"0\n" * 524_288)
    with pytest.raises(InputRefused, match="too large when unpacked"):
        read(tmp_path, "x.csv.gz")


def test_data_20_a_broken_gzip_file_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv.gz", gzip.compress(b"x\n1\n" * 1_000)[:-20])
    with pytest.raises(InputRefused, match="not a whole gzip file"):
        read(tmp_path, "x.csv.gz")


def test_a_header_that_no_rule_may_name_is_left_out_and_named(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "k`==1 or @pd.io or `k,n\n1,2\n")
    reading = Reading("main", Source(uri="x.csv"), Ground(tmp_path))
    assert [batch.schema.names for batch in reading.batches(reading_schema(DATA), LimitSettings())] == [["n"]]
    assert reading.headers.left_out == ("k`==1 or @pd.io or `k",)


@pytest.mark.parametrize("content", ['"x\ny",n\n1,2\n', "z,n\r1,2\r", "z,n\r\n1,2\r\n"])
def test_lines_may_end_in_any_way_and_headers_may_go_on(tmp_path: Path, content: str) -> None:
    put(tmp_path, "x.csv", content)
    assert read(tmp_path, "x.csv")["n"].to_pylist() == [2]


def test_a_header_that_never_ends_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", '"x,z\n1,2\n')
    with pytest.raises(InputRefused, match="rows that cannot be read"):
        read(tmp_path, "x.csv")


def test_a_csv_is_read_with_its_declared_types(tmp_path: Path) -> None:
    put(
        tmp_path,
        "x.csv",
        'x,n,country,at,y\n1.5,7,"a,\nb",2026-01-01T10:00:00+01:00,true\nn/a,,DE,2026-01-02T00:00:00Z,false\n',
    )
    table = read(tmp_path, "x.csv")
    assert table.schema.types == [pa.float64(), pa.int64(), pa.string(), pa.timestamp("us", tz="UTC"), pa.bool_()]
    assert table.to_pylist()[1]["x"] is None
    assert table["country"][0].as_py() == "a,\nb"
    assert table["at"][0].as_py().isoformat() == "2026-01-01T09:00:00+00:00"


def test_times_without_a_zone_are_utc(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "at\n2026-01-01 10:00:00\n2026-01-02\n")
    assert read(tmp_path, "x.csv")["at"][0].as_py().isoformat() == "2026-01-01T10:00:00+00:00"


@pytest.mark.parametrize("value", ["inf", "nan", "NA", "1,5", "true"])
def test_what_is_no_number_is_refused_in_a_column_of_numbers(tmp_path: Path, value: str) -> None:
    put(tmp_path, "x.csv", f'x,country\n"{value}",a\n')
    with pytest.raises(InputRefused, match=f"x: 1 of 1 values is not a number; first '{value}' in row 1; cure"):
        read(tmp_path, "x.csv")


def test_a_csv_of_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "x,n\n")
    table = read(tmp_path, "x.csv")
    assert (table.num_rows, table.schema.types) == (0, [pa.float64(), pa.int64()])


@pytest.mark.parametrize("value", ["1,5x", "inf"])
def test_a_value_of_another_kind_is_named_with_its_column_and_row(tmp_path: Path, value: str) -> None:
    rows = [f'"{value}"' if row == 700 else f"{row}" for row in range(1, 900)]
    put(tmp_path, "x.csv", "\n".join(["x", *rows, ""]))
    with pytest.raises(InputRefused, match=rf"x: 1 of 899 values is not a number; first '{value}' in row 700"):
        read(tmp_path, "x.csv")


def test_a_wrong_value_far_into_a_large_file_is_named_by_its_row_in_the_file(tmp_path: Path) -> None:
    rows = ["1" * 15] * 400_000
    rows[399_998] = "one"
    put(tmp_path, "x.csv", "\n".join(["n", *rows, ""]))
    with pytest.raises(InputRefused, match="first 'one' in row 399,999"):
        read(tmp_path, "x.csv", limits=LimitSettings())


def test_times_with_and_without_a_zone_may_stand_in_one_column(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "at\n2026-01-01T10:00:00+02:00\n2026-01-01 10:00:00\n2026-01-01\n")
    assert [f"{moment:%H}" for moment in read(tmp_path, "x.csv")["at"].to_pylist()] == ["08", "10", "00"]


UGLY = (
    "\ufeffKunden-Nr;emp.var.rate;;Betrag (€);Betrag (€);seit\r\n"
    "A1;1.234,5;x;10;20;31.12.2024\r\nA2;-0,5;?;11;?;01.02.2025\r\n"
)
UGLY_DATA = {
    "target": "amount",
    "positive": 10,
    "sources": {
        "main": {
            "uri": "x.csv",
            "delimiter": ";",
            "decimal": ",",
            "thousands": ".",
            "missing": ["?"],
            "date_format": "%d.%m.%Y",
        }
    },
    "columns": {
        "customer": {"kind": "text", "alias": "Kunden-Nr"},
        "rate": {"kind": "number", "alias": "emp.var.rate"},
        "nameless": {"kind": "category", "alias": "#3"},
        "amount": {"kind": "integer", "alias": "Betrag (€)#1"},
        "limit": {"kind": "integer", "alias": ["credit limit", "Betrag (€)#2"]},
        "since": {"kind": "time", "alias": "seit"},
    },
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "iso-8859-15"])
def test_a_file_is_read_in_the_form_that_the_charter_says(tmp_path: Path, encoding: str) -> None:
    text = UGLY if encoding == "utf-8" else UGLY.removeprefix("\ufeff")
    put(tmp_path, "x.csv", text.encode(encoding))
    data = Data.model_validate(UGLY_DATA)
    source = data.sources["main"].model_copy(update={"encoding": encoding})
    rows = read_whole(source, Ground(tmp_path), data=data).to_pylist()
    assert [row["customer"] for row in rows] == ["A1", "A2"]
    assert [row["rate"] for row in rows] == [1234.5, -0.5]
    assert [row["nameless"] for row in rows] == ["x", None]
    assert [(row["amount"], row["limit"]) for row in rows] == [(10, 20), (11, None)]
    assert [f"{row['since']:%Y-%m-%d %Z}" for row in rows] == ["2024-12-31 UTC", "2025-02-01 UTC"]


@pytest.mark.parametrize(
    ("form", "content", "expected"),
    [
        ({"header": False}, "7,a\n8,b\n", [7, 8]),
        ({"delimiter": "\t", "header": False}, '7\ta,b\n8\t"\n', None),
        ({"delimiter": "\t", "header": False, "quote": ""}, '7\ta,b\n8\t"\n', [7, 8]),
        ({"delimiter": "|", "header": False, "quote": "'"}, "7|'a|b'\n8|c\n", [7, 8]),
        ({"delimiter": ";", "header": False, "thousands": "'"}, "1'007;x\n8;y\n", [1007, 8]),
    ],
)
def test_files_without_headers_and_with_other_signs_are_read(
    tmp_path: Path, form: dict[str, object], content: str, expected: list[int] | None
) -> None:
    put(tmp_path, "x.csv", content)
    columns = {"n": {"kind": "integer", "alias": "#1"}}
    data = Data.model_validate({"sources": {"main": {"uri": "x.csv", **form}}, "columns": columns})
    if expected is None:
        with pytest.raises(InputRefused, match="quote"):
            read_whole(data.sources["main"], Ground(tmp_path), data=data)
        return
    assert read_whole(data.sources["main"], Ground(tmp_path), data=data)["n"].to_pylist() == expected


def test_every_fault_is_told_at_once_with_value_row_count_and_cure(tmp_path: Path) -> None:
    rows = [f"{row},{row},2026-01-01" for row in range(1, 100)]
    rows[4], rows[9], rows[10], rows[50] = "?,5,2026-01-01", '"1,5",x,31.12.2025', '"2,5",11,2026-01-01', "51,51"
    put(tmp_path, "x.csv", "\n".join(["x,n,at", *rows, ""]))
    with pytest.raises(InputRefused) as refused:
        read(tmp_path, "x.csv")
    lines = str(refused.value).splitlines()
    assert len(lines) == 4
    assert "holds 2 values in a row of 3 columns; first '51,51' in row 51" in lines[0]
    assert "x: 3 of 98 values are not a number; first '?' in row 5; also '1,5', '2,5'" in lines[1]
    assert "n: 1 of 98 values is not a whole number (kind integer); first 'x' in row 10" in lines[2]
    assert (
        "at: 1 of 98 values is not a time; first '31.12.2025' in row 10; cure: date_format = \"%d.%m.%Y\"" in lines[3]
    )


def test_rows_after_a_ragged_one_keep_their_number_in_the_file(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "x,n\n1,1\n2\n3,3\n4\n5,five\n")
    with pytest.raises(InputRefused, match="first 'five' in row 5"):
        read(tmp_path, "x.csv")
