"""The line to the notary: one that runs is asked, else one is started that ends with whoever asks."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from flywheel.adapters.notary_line import LENGTH, MAX_BYTES, Line, answer_all, answers, receive, send
from flywheel.settings import Settings
from tests.factories.notaries import at_work


def test_one_that_runs_is_asked_however_long_its_path_is(settings: Settings, tmp_path: Path) -> None:
    there = settings.model_copy(update={"data_root": tmp_path / ("long" * 30)})
    assert not (there.data_root).exists()
    with at_work(there):
        assert Line(there).ask("", {}) == {"gave": True}
        assert answers(there, within_seconds=5)
    assert not answers(there, within_seconds=5)


def test_where_none_runs_one_is_started_and_another_after_its_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database.url is not None
    monkeypatch.setenv("FLYWHEEL_DATABASE__URL", settings.database.url.get_secret_value())
    line = Line(settings)
    assert line.ask("", {}) == {"gave": True}
    first = line._own
    assert first is not None
    first.program.kill()
    first.program.wait()
    assert line.ask("", {}) == {"gave": True}
    second = line._own
    assert second is not None
    second.line.close()
    assert second.program.wait(timeout=60) == 0, "it ends with whoever asked"


def test_what_is_no_message_ends_the_line() -> None:
    for sent in (LENGTH.pack(MAX_BYTES + 1), LENGTH.pack(2) + b"[]", b"\x00"):
        ours, its = socket.socketpair()
        office = threading.Thread(target=answer_all, args=(its, lambda _: True))
        office.start()
        ours.sendall(sent)
        ours.shutdown(socket.SHUT_WR)
        assert receive(ours) is None
        office.join()
        ours.close()


def test_messages_come_whole() -> None:
    ours, its = socket.socketpair()
    office = threading.Thread(target=answer_all, args=(its, lambda request: request["n"]))
    office.start()
    with ours:
        for n in ("x" * 300_000, 7):
            send(ours, f'{{"n":{n if n == 7 else chr(34) + str(n) + chr(34)}}}'.encode())
            assert receive(ours) == n
    office.join()
