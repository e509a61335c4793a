"""Files as nobody would wish for them: each holds something that a look at data has taken for something else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa

ROWS = 60
IDS = [f"K{row:03}" for row in range(ROWS)]
YES = [row % 3 == 0 for row in range(ROWS)]
AMOUNTS = [row * 1.5 for row in range(ROWS)]


def _csv(odd: list[str], header: str = "id,odd,left") -> str:
    return f"{header}\n" + "".join(f"K{row:03},{odd[row % len(odd)]},{row % 3 // 2}\n" for row in range(ROWS))


TEXTS: dict[str, bytes] = {
    "beyond 64 bits": _csv(["10000000000000000000", "1", "2"]).encode(),
    "beyond doubles": _csv(["1e400", "1", "2"]).encode(),
    "almost all beyond doubles": _csv(["1e400", "2e400"]).encode(),
    "beyond exact": _csv(["9007199254740993", "-9223372036854775808", "9223372036854775807"]).encode(),
    "whole and large": _csv(["1e30", "5", "7"]).encode(),
    "nearly the largest double": _csv(["1.7e308", "-1.7e308", "7"]).encode(),
    "tiny": _csv(["4.9e-324", "5e-324"]).encode(),
    "infinite": _csv(["inf", "-Infinity", "1.5", "2.5"]).encode(),
    "whole by exponent": _csv(["1e3", "2e3", "3"]).encode(),
    "points at the end": _csv(["1.", "2.", ".5"]).encode(),
    "days of other ages": _csv(["0001-01-01", "9999-12-31", "2024-01-01"]).encode(),
    "days by format": _csv(["01.01.0001", "31.12.9999", "05.06.2024"]).encode(),
    "two digits of a year": _csv(["01.02.68", "31.12.69", "05.06.24"]).encode(),
    "times": _csv(["12:30", "09:15:01", "23:59"]).encode(),
    "weeks": _csv(["2024-W01-5", "2024-W02-1"]).encode(),
    "parts of a second": _csv(["2024-01-01T00:00:00.1234567", "2024-01-02T00:00:00.5"]).encode(),
    "days within hours": _csv(["2024-01-01T00:00:00", "2024-01-02T10:00:00+02:00", "2024-01-03"]).encode(),
    "times without minutes": _csv(["2024-01-01T10", "2024-01-02 11"]).encode(),
    "empty headers": (",,\n" + _csv(["1", "2"]).split("\n", 1)[1]).encode(),
    "spaces for headers": (" , ,\n" + _csv(["1", "2"]).split("\n", 1)[1]).encode(),
    "headers alike": _csv(["1", "2"], "a,a,a").encode(),
    "headers differing in case": _csv(["1", "2"], "Id,ID,iD").encode(),
    "headers of signs": _csv(["1", "2"], "$,%,§").encode(),
    "headers of control": _csv(["1", "2"], "a\x07,\u200b,b\u2028c").encode(),
    "header too long": _csv(["1", "2"], f"id,{'x' * 400},left").encode(),
    "spaces around numbers": _csv([" 1.5", "2.5 ", "3"]).encode(),
    "spaces around truth": _csv([" true", "false "]).encode(),
    "truth in capitals": _csv(["TRUE", "False", "tRuE"]).encode(),
    "invisible values": _csv(["a\u200b", "b\u2028", "c"]).encode(),
    "long values": _csv(["x" * 5_000, "y" * 201, "z"]).encode(),
    "quotes and backslashes": _csv(['"a""b"', "c\\d", "'"]).encode(),
    "words of many kinds": _csv(["NA", "N/A", "null", "-", "1"]).encode(),
    "only missing": _csv(["", "NA"]).encode(),
    "only missing beside others": _csv(["1,,NA,x", "2,,,x", "3,,NA,y"], "id,n,,none,odd,left").encode(),
    "leading noughts": _csv(["007", "12", "0"]).encode(),
    "numbers in arabic signs": _csv(["١٢", "٣٤"]).encode(),
    "decimal commas": _csv(["5_5", "7_25", "1.000_5"]).replace(",", ";").replace("_", ",").encode(),
    "other line ends within values": _csv(["a\u2028b", "c\x85"]).encode(),
    "points without decimals": _csv(["5.0", "7.0"]).encode(),
    "signs of plus": _csv(["+5", "+7", "1"]).encode(),
    "names beyond 64 bits": _csv([f"{10**19 + row}" for row in range(ROWS)]).encode(),
    "grouped": _csv(["1 000", "2 500", "3"]).encode(),
    "utf-16": _csv(["1", "ä"]).encode("utf-16"),
    "utf-16 without a mark": _csv(["1", "ä"]).encode("utf-16-le"),
    "utf-32": _csv(["1", "ä"]).encode("utf-32"),
    "utf-32 without a mark": _csv(["1", "ä"]).encode("utf-32-le"),
    "bytes of nothing": _csv(["\0", "1"]).encode(),
    "signs of latin": _csv(["ä", "\x81"]).encode("latin-1"),
    "old line ends": _csv(["1", "2"]).replace("\n", "\r").encode(),
    "empty lines": _csv(["1", "2"]).replace("\n", "\n\n").encode(),
    "empty lines first": ("\n\n" + _csv(["1", "2"])).encode(),
    "a line of dates": _csv(["20240105", "20240106"], "id,day,left").encode(),
}

CELLS: dict[str, pa.Array] = {
    "uint64": pa.array([2**64 - 1 - row for row in range(ROWS)], pa.uint64()),
    "uint64 small": pa.array(range(ROWS), pa.uint64()),
    "decimal128": pa.array([Decimal(10) ** 25 + row for row in range(ROWS)], pa.decimal128(38, 2)),
    "decimal128 small": pa.array([Decimal(row) / 4 for row in range(ROWS)], pa.decimal128(10, 2)),
    "decimal256": pa.array([Decimal(10) ** 60 + row for row in range(ROWS)], pa.decimal256(70, 0)),
    "time of day": pa.array([dt.time(row % 24, row) for row in range(ROWS)], pa.time64("us")),
    "time32": pa.array([dt.time(row % 24, row) for row in range(ROWS)], pa.time32("s")),
    "duration": pa.array([dt.timedelta(hours=row) for row in range(ROWS)], pa.duration("us")),
    "dates": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31)] * (ROWS // 2), pa.date32()),
    "beyond years": pa.array([2**62, 0] * (ROWS // 2), pa.timestamp("us")),
    "nanoseconds": pa.array([1_700_000_000_123_456_789 + row for row in range(ROWS)], pa.timestamp("ns")),
    "zoned": pa.array([row * 10**9 for row in range(ROWS)], pa.timestamp("ms", tz="Europe/Berlin")),
    "empty texts": pa.array(["", "a", "b"] * (ROWS // 3)),
    "spaces": pa.array([" ", "a", " a"] * (ROWS // 3)),
    "words for missing": pa.array(["NA", "?", "b"] * (ROWS // 3)),
    "infinite": pa.array([float("inf"), 1.5, float("-inf")] * (ROWS // 3)),
    "nan": pa.array([float("nan"), 1.5, 2.5] * (ROWS // 3)),
    "nothing but infinite": pa.array([float("inf")] * ROWS),
    "half": pa.array([1.0, 2.0, 65504.0] * (ROWS // 3), pa.float32()).cast(pa.float16()),
    "null": pa.nulls(ROWS),
    "dictionary": pa.array(["x", "y", ""] * (ROWS // 3)).dictionary_encode(),
    "dictionary of numbers": pa.array([1, 2, 3] * (ROWS // 3)).dictionary_encode(),
    "large strings": pa.array(["x", "y", "z"] * (ROWS // 3), pa.large_string()),
    "numbers as text": pa.array(["1", "2", "x"] * (ROWS // 3)),
    "dates as text": pa.array(["2024-01-01", "2024-01-02", "01.02.2024"] * (ROWS // 3)),
    "days as text": pa.array(["01.02.2024", "03.04.2024", "05.06.2024"] * (ROWS // 3)),
    "all numbers as text": pa.array(["1", "2", "3"] * (ROWS // 3)),
    "truth as text": pa.array(["true", "false", "TRUE"] * (ROWS // 3)),
    "binary": pa.array([b"x"] * ROWS),
    "lists": pa.array([[1]] * ROWS),
}

NO_TABLES = frozenset(
    {"utf-32", "utf-32 without a mark", "utf-16 without a mark", "bytes of nothing", "empty lines first"}
)
NO_CELLS = frozenset({"binary", "lists"})
"""What is refused."""
