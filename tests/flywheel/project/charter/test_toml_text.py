"""Text from strangers is bounded before it is parsed, and each key is found again by its line."""

from pathlib import Path

import pytest

from flywheel.errors import CharterError
from flywheel.project.charter.toml_text import dotted, key_lines, line_of, parse, read_text, senseless, statements

HOSTILE = {
    "nested arrays": "x = " + "[" * 20_000 + "]" * 20_000,
    "nested inline tables": "x = " + "{a = " * 5_000,
    "a key of many dots": "x" + ".a" * 100_000 + " = 1",
    "a header of many dots": "[x" + ".a" * 100_000 + "]",
    "quotes without end": '"""\\' * 60_000,
    "an integer of 5000 digits": "x = " + "9" * 5_000,
    "a hexadecimal integer without bound": "x = 0x" + "f" * 200_000,
    "a binary integer without bound": "x = 0b" + "1" * 100,
}


@pytest.mark.timeout(5)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_refused_quickly(text: str) -> None:
    with pytest.raises(CharterError) as caught:
        parse(text, file="project.toml")
    assert len(str(caught.value)) < 500


def test_brackets_within_strings_and_comments_do_not_nest() -> None:
    text = 'x = "' + "[" * 100 + '" # ' + "{" * 100 + "\ny = '''\n" + "[" * 100 + "\n'''\n"
    assert parse(text, file="project.toml")["x"] == "[" * 100


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \n ", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not UTF-8"),
        ('name = "x"'.encode("utf-16"), "is not UTF-8"),
        (b'name = "a\0b"', "holds a NUL"),
        (b"#" * 262_145, "is too large"),
    ],
)
def test_a_file_that_is_no_charter_is_refused_before_it_is_parsed(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "project.toml"
    path.write_bytes(content)
    with pytest.raises(CharterError, match=what):
        read_text(path)


def test_a_byte_order_mark_before_good_text_is_forgiven(tmp_path: Path) -> None:
    path = tmp_path / "project.toml"
    path.write_bytes(b"\xef\xbb\xbfx = 1\n")
    assert parse(read_text(path), file=path.name) == {"x": 1}


def test_every_key_is_found_again_by_its_line() -> None:
    text = 'a = 1\n[b]\nc = [\n  1,\n]\n"d" = 2\n[[e.f]]\ng = 1\n[[e.f]]\ng = """\nx = 1\n"""\nh.i = 2\n'
    lines = key_lines(text)
    assert lines["a",] == 1
    assert lines["b", "c"] == 3
    assert lines["b", "d"] == 6
    assert lines["e", "f", 1, "g"] == 10
    assert lines["e", "f", 1, "h", "i"] == 13
    assert ("b", "x") not in lines


def test_a_missing_key_is_placed_at_its_table() -> None:
    assert line_of(("b", "zz"), key_lines("a = 1\n[b]\nc = 1\n")) == 2


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(CharterError, match=r"project\.toml:2: is not valid TOML"):
        parse("a = 1\nb = = 2\n", file="project.toml")


def test_statements_are_cut_where_toml_cuts_them() -> None:
    assert [s.line for s in statements("a = [\n1]\nb = 'x#y' # [\nc = 1")] == [1, 3, 4]


def test_places_are_counted_from_one_as_people_count() -> None:
    assert dotted(("monitoring", "signals", 1, "watch")) == "monitoring.signals[2].watch"


@pytest.mark.parametrize("address", ["postgresql://ana:hunter2@db/shop", "see https://a:hunter2@b.example/x"])
def test_a_password_in_any_text_is_refused_and_not_said(address: str) -> None:
    (problem,) = (one for _, one in senseless({"problem": {"statement": address}}, (), file="project.toml"))
    assert problem.key == "problem.statement"
    assert "holds a password" in str(problem)
    assert "hunter2" not in str(problem)
