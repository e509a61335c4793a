"""Dates with a time are found as the people of each country write them, and are read alike wherever rows come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.project.charter.source import Source
from flywheel.project.checking.cures import cure_of_times
from flywheel.project.proposing.seeming import seeming
from flywheel.project.reading.date_forms import formats_of, ways_of
from flywheel.project.reading.moments import moment_of

WAYS = {
    "09/01/2023 09h15": "%d/%m/%Y %Hh%M",
    "09/01/2023 9h15": "%d/%m/%Y %Hh%M",
    "09/01/2023 à 09h15": "%d/%m/%Y à %Hh%M",
    "09/01/2023 9 h 15": "%d/%m/%Y %H h %M",
    "09/01/2023\u00a009h15min": "%d/%m/%Y %Hh%Mmin",
    "09/01/2023 09:15:30": "%d/%m/%Y %H:%M:%S",
    "09/01/2023, 09:15": "%d/%m/%Y, %H:%M",
    "09/01/2023 - 09:15": "%d/%m/%Y - %H:%M",
    "09.01.2023 09:15 Uhr": "%d.%m.%Y %H:%M Uhr",
    "9.1.2023 um 9.15 Uhr": "%d.%m.%Y um %H.%M Uhr",
    "09.01.2023 kl. 09.15": "%d.%m.%Y kl. %H.%M",
    "2023-01-09 kl 09.15": "%Y-%m-%d kl %H.%M",
    "09.01.2023 14.30": "%d.%m.%Y %H.%M",
    "9.1.2023 klo 14.30": "%d.%m.%Y klo %H.%M",
    "09-01-2023 9u15": "%d-%m-%Y %Hu%M",
    "09-01-2023 om 9.15 uur": "%d-%m-%Y om %H.%M uur",
    "09/01/2023 alle ore 9.15": "%d/%m/%Y alle ore %H.%M",
    "09/01/2023 a las 9:15 h": "%d/%m/%Y a las %H:%M h",
    "09/01/2023 às 9h15": "%d/%m/%Y às %Hh%M",
    "09.01.2023 godz. 9:15": "%d.%m.%Y godz. %H:%M",
    "9. 1. 2023 v 9:15 hod.": "%d. %m. %Y v %H:%M hod.",
    "09.01.2023. 9:15": "%d.%m.%Y. %H:%M",
    "2023. 01. 09. 9:15": "%Y. %m. %d. %H:%M",
    "2023.01.09 9:15": "%Y.%m.%d %H:%M",
    "09.01.2023 saat 9:15": "%d.%m.%Y saat %H:%M",
    "1/9/2023, 9:15:00 AM": "%m/%d/%Y, %I:%M:%S %p",
    "2023-01-09 09:15:30.123456789": "%Y-%m-%d %H:%M:%S.%f",
    "09.01.2023 09:15:30.1234567": "%d.%m.%Y %H:%M:%S.%f",
    "09-Jan-2023 9.15.30.000000000 AM": "%d-%b-%Y %I.%M.%S.%f %p",
    "2023-01-09 09:15:30 +0000": "%Y-%m-%d %H:%M:%S %z",
    "2023-01-09 09:15:30.1234567 +00:00": "%Y-%m-%d %H:%M:%S.%f %z",
    "2023-01-09 09:15:30 UTC": "%Y-%m-%d %H:%M:%S UTC",
    "01/09/2023 09:15 GMT": "%m/%d/%Y %H:%M GMT",
    "09JAN2023:09:15:30": "%d%b%Y:%H:%M:%S",
    "20230109T091530Z": "%Y%m%dT%H%M%SZ",
    "20230109T091530": "%Y%m%dT%H%M%S",
    "09/01/2023 9:15:00,250": "%d/%m/%Y %H:%M:%S,%f",
}
NONE = ("09/01/2023 9", "09/01/2023 25h15", "31/02/2023 09h15", "1.10", "Version 1.1.2023 9", "12h30", "1/2 h", "")


@pytest.mark.parametrize(("written", "form"), WAYS.items(), ids=WAYS)
def test_the_way_of_a_country_is_found_taken_by_a_charter_and_read(written: str, form: str) -> None:
    hour, minute = (14, 30) if "14" in written else (9, 15)

    assert form in formats_of([written])
    source = Source(uri="data/a.csv", date_format=form)
    read = moment_of(written, source.date_format)
    assert read is not None
    assert read.replace(second=0, microsecond=0) == datetime(2023, 1, 9, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("written", NONE)
def test_what_names_no_day_and_time_is_none(written: str) -> None:
    assert formats_of([written]) == ()


def test_one_column_may_write_its_times_of_day_in_several_ways() -> None:
    assert formats_of(["23/01/2023 9h", "24/01/2023 9h15", "25/01/2023 09H30"]) == ("%d/%m/%Y %Hh", "%d/%m/%Y %Hh%M")
    assert formats_of(["23.01.2023", "24.01.2023 9:15"]) == ("%d.%m.%Y", "%d.%m.%Y %H:%M")


def test_what_reads_the_day_alike_is_one_way() -> None:
    open_ways = formats_of(["03/01/2023 9h", "04/01/2023 9h15"])

    assert ways_of(open_ways) == (("%m/%d/%Y %Hh", "%m/%d/%Y %Hh%M"), ("%d/%m/%Y %Hh", "%d/%m/%Y %Hh%M"))


@given(
    microseconds=st.integers(0, 4_000_000_000_000_000),
    decimals=st.integers(0, 9),
    zone=st.sampled_from(("", "Z", "+01:30", " +0130", " UTC")),
    apart=st.sampled_from("T "),
)
def test_a_second_may_have_as_many_decimals_as_databases_write(
    microseconds: int, decimals: int, zone: str, apart: str
) -> None:
    """The class: whatever programs write as a moment is read as it stands, to the microsecond, in its zone."""
    day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    fraction = f".{day.microsecond:06}789"[: decimals + 1] if decimals else ""
    written = f"{day:%Y-%m-%d}{apart}{day:%H:%M:%S}{fraction}{zone}"
    kept = day.replace(microsecond=int(fraction[1:7].ljust(6, "0") or 0))
    read = moment_of(written) or moment_of(written, formats_of([written]))
    assert read == (kept - timedelta(hours=1, minutes=30) if "1" in zone else kept)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "EST", "CEST"])
def test_the_name_of_a_zone_is_told_with_what_cures_it(zone: str) -> None:
    written = [f"2023-01-{day:02} 09:15:30 {zone}" for day in range(1, 29)]
    assert formats_of(written) == ()
    asked, cure = seeming(dict.fromkeys(written, 3)), cure_of_times(written, source="main", column="at", is_all=True)
    for said in (asked, cure):
        assert f"{zone}" in said
        assert "write times with their offset such as +01:00" in said
    assert moment_of("2023-01-09 09:15:30+01:00") is not None
