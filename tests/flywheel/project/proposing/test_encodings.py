"""Bytes become the words that were meant, and wherever they do not show their encoding somebody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.errors import InputRefused
from flywheel.project.charter.marks import open_marks
from flywheel.project.loader import problems_in
from flywheel.project.proposing.deciding import settled
from flywheel.project.proposing.encodings import encoding_of
from flywheel.project.reading.text_form import ENCODINGS
from flywheel.services.data.proposals import decisions, write_proposed

KEY = "data.sources.main.encoding"
WORDS = {
    "german": "Köln Zürich Gräfing Straße Österreich",
    "french": "Café élève façon forêt Noël",
    "spanish": "Málaga Señor Coruña año",
    "nordic": "Århus Tromsø Malmö Ærø",
    "polish": "Łódź Kraków Gdańsk Częstochowa",
    "czech": "Plzeň České Budějovice Ústí střed",
    "hungarian": "Győr Pécs Tűzoltó Nyíregyháza",
    "turkish": "İstanbul Muğla Beşiktaş çok",
    "russian": "Москва Казань Омск область",
    "greek": "Αθήνα Θεσσαλονίκη Πάτρα",
    "japanese": "東京 大阪 ラーメン おおさか",
    "korean": "서울 부산 대구",
    "chinese": "北京 上海 广州是 中国",
    "taiwanese": "台北 高雄 台中",
}
WRITTEN = (
    *((language, "cp1252") for language in ("german", "french", "spanish", "nordic")),
    *((language, "mac-roman") for language in ("german", "french", "spanish")),
    *((language, "cp850") for language in ("german", "french")),
    *((language, "cp1250") for language in ("polish", "czech", "hungarian")),
    ("polish", "iso-8859-2"),
    ("polish", "cp852"),
    ("turkish", "cp1254"),
    ("russian", "cp1251"),
    ("russian", "koi8-r"),
    ("russian", "cp866"),
    ("greek", "cp1253"),
    ("japanese", "shift-jis"),
    ("japanese", "euc-jp"),
    ("korean", "euc-kr"),
    ("chinese", "gb18030"),
    ("taiwanese", "big5"),
)


def table(words: str) -> str:
    """Write a table whose words repeat, with a header that holds one."""
    listed = words.split()
    rows = [f"{n % 60},{listed[n % len(listed)]},{listed[n % 5 == 0]}" for n in range(300)]
    return "\n".join([f"alter,{listed[0]},churn", *rows, ""])


@pytest.mark.parametrize(("language", "encoding"), WRITTEN)
def test_words_are_read_as_they_were_written_and_asked(language: str, encoding: str) -> None:
    content = table(WORDS[language]).encode(encoding)
    found = encoding_of(content)
    assert content.decode(found.name) == table(WORDS[language])
    assert found.name in ENCODINGS
    assert any(word in found.asked for word in WORDS[language].split())


@pytest.mark.parametrize(
    ("content", "encoding", "asked"),
    [
        ("ü".encode(), "utf-8", ""),
        (b"a,b\n1,2\n", "utf-8", ""),
        ("\ufeffü".encode(), "utf-8", ""),
        ("ü".encode("utf-16"), "utf-16", ""),
        ("aü".encode()[:-1], "utf-8", ""),
        (b"K\xc3\xb6ln " * 50 + b"Z\xfcrich", "utf-8", "the byte at offset 301 "),
    ],
)
def test_utf8_is_seen_and_one_wrong_byte_in_it_is_asked_about(content: bytes, encoding: str, asked: str) -> None:
    found = encoding_of(content)
    assert found.name == encoding
    assert found.asked.startswith(asked)
    assert bool(found.asked) is bool(asked)


@pytest.fixture
def text(tmp_path: Path) -> str:
    """A charter of a table whose words may be Polish or Spanish."""
    (tmp_path / "x.csv").write_bytes(table("Gdańsk Kraków").encode("cp1250"))
    proposal = write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    assert any("Gdañsk" in line and "Gdańsk" in line for line in decisions(proposal))
    return (tmp_path / "churn" / "project.toml").read_text(encoding="utf-8")


def test_another_answer_reads_headers_and_words_anew(text: str) -> None:
    mark = next(mark for mark in open_marks(text) if mark.key == KEY)
    assert mark.proposed == '"cp1252"'
    assert '"Gdañsk"' in settled(text, mark)
    after = settled(text, mark, "cp1250")
    assert 'encoding = "cp1250"\n' in after
    assert 'alias = "Gdańsk"' in after
    assert 'categories = ["Gdańsk", "Kraków"]' in after
    assert "ñ" not in after
    assert problems_in(after) == problems_in(settled(text, mark))


@pytest.mark.parametrize("answer", ["euc-kr", "klingon"])
def test_an_encoding_that_does_not_read_the_words_is_refused(text: str, answer: str) -> None:
    mark = next(mark for mark in open_marks(text) if mark.key == KEY)
    with pytest.raises(InputRefused, match="encoding"):
        settled(text, mark, answer)
