"""A time is read alike in training and by the endpoint, however people of its country write it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployments.service.values import Wrong, read_time
from flywheel.adapters.sources import Ground
from flywheel.project.charter_source import Source
from tests.factories.sources import read_whole

WAYS = {
    "%d/%m/%Y %Hh%M": ("09/01/2023 09h15", "9/1/2023 9H15"),
    "%d.%m.%Y um %H.%M Uhr": ("09.01.2023 um 09.15 Uhr", "9.1.2023 um 9.15 uhr"),
    "%Y-%m-%d kl. %H.%M": ("2023-01-09 kl. 09.15", "2023-1-9 kl. 9.15"),
    "%d-%m-%Y %Hu%M": ("09-01-2023 9u15", "9-1-2023 09u15"),
}


@pytest.mark.parametrize(("form", "written"), WAYS.items(), ids=WAYS)
def test_training_and_endpoint_read_the_time_of_a_country_alike(
    tmp_path: Path, form: str, written: tuple[str, ...]
) -> None:
    (tmp_path / "x.csv").write_text("y;at\n" + "".join(f"1;{one}\n" for one in written))
    source = Source(uri="x.csv", delimiter=";", date_format=form)
    trained = read_whole(source, Ground(tmp_path))["at"].to_pylist()
    asked = [read_time(one, ((), source.date_format)) for one in written]

    assert trained == asked
    assert set(asked) == {datetime(2023, 1, 9, 9, 15, tzinfo=UTC)}


def test_what_is_no_time_is_refused_with_the_formats_that_are_read() -> None:
    with pytest.raises(Wrong) as refused:
        read_time("hier", (("%d/%m/%Y %Hh%M",), ("%d.%m.%y from 1930",)))
    assert refused.value.allowed.endswith("or as %d/%m/%Y %Hh%M or %d.%m.%y")
