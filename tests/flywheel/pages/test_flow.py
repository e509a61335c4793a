"""The picture of where a version came from: raw data left, the version right, much of one kind counted."""

from __future__ import annotations

from flywheel.pages.flow import SHOWN, Step, lineage_picture

VERSION = ("version", "card:1")
DATA = ("dataset", "card/training@1")


def source(number: int) -> tuple[str, str]:
    return ("source", f"file-{number}.csv")


def test_things_stand_in_columns_by_their_way_from_raw_data() -> None:
    steps: list[Step] = [(source(1), "fed", DATA), (DATA, "trained", VERSION)]
    picture = lineage_picture(steps)
    assert picture.index("file-1.csv") < picture.index("training@1") < picture.index("card:1")
    assert picture.count("<rect") == 3


def test_many_that_are_alike_are_one_box_with_their_number_and_what_differs_stays_apart() -> None:
    steps: list[Step] = [(source(number), "fed", DATA) for number in range(SHOWN + 5)]
    other = ("source", "bureau.csv")
    picture = lineage_picture([*steps, (other, "fed", DATA), (other, "trained", VERSION), (DATA, "trained", VERSION)])
    assert f"{SHOWN + 5} sources" in picture
    assert "bureau.csv" in picture
    assert picture.count("<rect") == 4


def test_a_few_that_are_alike_keep_their_names() -> None:
    picture = lineage_picture([(source(number), "fed", DATA) for number in range(SHOWN)])
    assert picture.count("<rect") == SHOWN + 1


def test_a_circle_does_not_hang_and_nothing_gives_no_picture() -> None:
    assert lineage_picture([(DATA, "fed", VERSION), (VERSION, "fed", DATA)]).count("<rect") == 2
    assert lineage_picture([]) == ""


def test_names_from_outside_are_escaped() -> None:
    assert "<b>" not in lineage_picture([(("source", "<b>"), "fed", DATA)])
