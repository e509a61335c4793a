"""The sign-off's form: nothing is chosen for a person who does not say who they are, and no text becomes a link."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from flywheel.catalog.engine import Catalog
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.services.identity import Identity
from tasks.shapes import Filed
from tasks.sign_off import SignoffForm, _question, record_answer
from tests.factories.desk import make_desk
from tests.factories.people import BEN
from tests.fakes.clock import SettableClock

DIGEST = "sha256:" + "ab" * 32
DOSSIER: Filed = {"digest": DIGEST, "summary": "The model earns 12 EUR."}


def test_an_untouched_form_names_nobody_and_shows_no_code() -> None:
    form = SignoffForm()
    assert (form.reviewer, form.code, form.comment) == ("", "", "")
    assert (form.role, form.decision, form.feedback) == (Role.VALIDATOR, Answer.APPROVE, Feedback.APPROVED)
    assert (form.until, form.traffic_share, form.only) == ("", 1.0, "")


def test_a_form_that_names_nobody_is_no_answer() -> None:
    form = SignoffForm().model_dump(mode="json")
    assert record_answer.fn("card-default:1", DOSSIER, form, "run:0") == ""


@pytest.mark.parametrize(
    "field",
    [
        {"feedback": "splendid"},
        {"traffic_share": "0"},
        {"until": "x" * 11},
        {"reviewer": "x" * 201},
        {"comment": "x" * 4_001},
        {"code": "1" * 13},
        {"role": "emperor"},
        {"decision": "maybe"},
    ],
)
def test_a_form_out_of_bounds_is_refused(field: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        SignoffForm(**field)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed", [{"reviewer": "ben\x00@bank.example"}, {"until": "9999-12-31"}, {"comment": "\x1b[2J"}, {"only": "region"}]
)
def test_what_nobody_can_mean_is_asked_again_and_ends_no_run(
    catalog: Catalog, identity: Identity, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, typed: dict[str, str]
) -> None:
    desk = make_desk(catalog, identity, clock)
    bench = SimpleNamespace(catalog=catalog, identity=identity)
    monkeypatch.setattr(sys.modules["tasks.sign_off"], "workbench", lambda: bench)
    form = SignoffForm(**{"reviewer": BEN, "code": "123456"} | typed).model_dump(mode="json")  # type: ignore[arg-type]
    filed: Filed = {"digest": desk.dossier, "summary": ""}
    note = record_answer.fn(desk.version.id, filed, form, "run:0")
    assert note.startswith(form["reviewer"])
    assert _question(desk.version.id, filed, "waiting", note).replace("\n", "").isprintable()


def test_the_question_says_what_is_signed_and_what_is_missing() -> None:
    text = _question("card-default:1", DOSSIER, "waiting for 1 x business", "")
    for said in ("Sign-off of card-default:1", "waiting for 1 x business", DOSSIER["summary"], DIGEST[:19]):
        assert said in text
    assert DIGEST not in text, "long words are cut off in a form"
    assert "Not accepted" not in text


@pytest.mark.parametrize(
    ("typed", "live"),
    [
        ("[click](https://evil.example)", "](http"),
        ("![x](//evil.example/p.png)", "!["),
        ("https://evil.example", "https://"),
        ("www.evil.example", "www."),
        ("eve@evil.example", "eve@"),
        ("<img src=x>", " <img"),
        ("a\n\n# a heading", "\n# "),
        ("&lt;b&gt;", " &lt;"),
    ],
)
def test_what_a_person_typed_becomes_no_link_picture_or_heading(typed: str, live: str) -> None:
    text = _question("card-default:1", DOSSIER, "waiting", f"said {typed}")
    assert "Not accepted" in text
    assert live not in text
