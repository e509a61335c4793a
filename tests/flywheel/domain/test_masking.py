"""Passwords in texts: hidden wherever they may have got to, and nothing else is."""

from __future__ import annotations

import pytest

from flywheel.domain.masking import without_passwords_in
from flywheel.errors import InputRefused, Problem, ending_of, holds_secret, shorten, without_secrets

SECRET = "hunter2!"
TEXTS = (
    f"postgresql+psycopg://ana:{SECRET}@db.bank.example/shop",
    f"could not reach mailtos://ops:{SECRET}@mail.example?to=x",
    f"see https://bot:{SECRET}@git.example/a.git and redis://:{SECRET}@cache:6379/0",
    f"host=db user=ana password={SECRET} dbname=x",
    f"https://api.example/v1?a=1&token={SECRET}&b=2",
    f"API_KEY={SECRET}",
    f"postgresql://ana:a@{SECRET}@db/x",
)
HARMLESS = (
    "https://bank.example:8443/models?version=3",
    "mailtos://user:password@host",
    "ana@bank.example signed card-default:1 at 09:00",
    "sql://shop",
    "token ring",
    "http://[::1]:4200/enter#flywheel%3Aword",
    "postgresql:///flywheel?host=/tmp/pg",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_password_is_shown_nowhere(text: str) -> None:
    said = (
        without_secrets(text),
        InputRefused("no", found=text, allowed=text, next_step=text).sentence(),
        str(Problem("project.toml", "name", text, found=text)),
        shorten(text),
        ending_of(text),
    )
    assert [one for one in said if SECRET in one] == []


@pytest.mark.parametrize("text", [text for text in TEXTS if holds_secret(text)])
def test_a_password_in_an_address_is_kept_nowhere(text: str) -> None:
    assert SECRET not in repr(without_passwords_in({"a": [text, {"b": text}], "c": (text,)}))


@pytest.mark.parametrize("text", ["select * from t where t.token=5 and pwd=1", "api_key=x as a word", *HARMLESS])
def test_what_a_charter_may_say_is_kept_to_the_letter(text: str) -> None:
    assert not holds_secret(text), "the charter would refuse it"
    assert without_passwords_in({"query": [text]}) == {"query": [text]}


@pytest.mark.parametrize("text", HARMLESS)
def test_nothing_else_is_touched(text: str) -> None:
    assert without_secrets(text) == text
    assert not holds_secret(text)


def test_all_that_is_no_text_stays() -> None:
    assert without_passwords_in({"a": 1, "b": None, "c": [True, 0.5]}) == {"a": 1, "b": None, "c": [True, 0.5]}
