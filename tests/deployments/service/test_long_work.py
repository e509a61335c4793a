"""Large bodies are answered by a process apart: whatever becomes of it, each caller hears the answer to his own."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deployments.service.long_work import YIELDS, AnswersApart, AnswersOnThreads, fork_nursery, serve
from deployments.service.requests import Row
from deployments.service.respondent import Answered, Respondent
from flywheel.project.answer import Scored
from flywheel.project.contract import Mode
from tests.deployments.waiting import eventually
from tests.factories.serving import body_of, make_contract, make_row


def half(rows: Sequence[Row]) -> list[Scored]:
    return [(0.5, "decline") for _ in rows]


def mortal(rows: Sequence[Row]) -> list[Scored]:
    """Score, or end the process where one asks for that."""
    if rows[0].entity == "dies":
        os._exit(7)
    return half(rows)


def apart() -> AnswersApart:
    return AnswersApart(fork_nursery(Respondent(make_contract(), Mode.MODEL, mortal)))


def asked(apart: AnswersApart | AnswersOnThreads, *bodies: bytes) -> list[Answered]:
    """Ask all at once."""

    async def ask() -> list[Answered]:
        try:
            return await asyncio.gather(*(apart.answer(body) for body in bodies))
        finally:
            apart.close()

    return asyncio.run(ask())


def test_it_answers_word_for_word_as_the_loop_does_whatever_is_asked() -> None:
    bodies = [body_of(make_row()), body_of(*[make_row()] * 300), body_of(make_row(age="x")), b"no JSON"]
    respondent = Respondent(make_contract(), Mode.MODEL, half)
    here, there = [respondent.answer(body) for body in bodies], asked(apart(), *bodies)
    assert [answer for answer, _ in there] == [answer for answer, _ in here]
    assert [len(kept) for _, kept in there] == [len(kept) for _, kept in here]
    on_threads = asked(AnswersOnThreads(respondent, ThreadPoolExecutor(1)), *bodies)
    assert [answer for answer, _ in on_threads] == [answer for answer, _ in here]


def test_each_of_many_who_ask_at_once_hears_the_answer_to_his_own() -> None:
    answered = asked(apart(), *(body_of(make_row(id=f"A{i}")) for i in range(20)))
    assert [json.loads(answer.body)["predictions"][0]["id"] for answer, _ in answered] == [f"A{i}" for i in range(20)]


def test_whoever_was_asking_when_it_died_is_asked_to_come_again_and_the_next_is_answered() -> None:
    dies, lives = body_of(make_row(id="dies")), body_of(make_row())
    answered = asked(apart(), lives, dies, lives)
    assert [answer.status for answer, _ in answered] == [200, 503, 200]
    assert answered[1][1] == b"", "nothing is kept of what was not answered"


def test_who_goes_away_while_it_answers_leaves_his_answer_to_nobody() -> None:
    async def ask() -> Answered:
        other = apart()
        gone = asyncio.ensure_future(other.answer(body_of(make_row(id="gone"))))
        await asyncio.sleep(0.05)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        try:
            return await other.answer(body_of(make_row(id="stays")))
        finally:
            other.close()

    answer, _ = asyncio.run(ask())
    assert json.loads(answer.body)["predictions"][0]["id"] == "stays"


def test_it_goes_when_it_has_rested_and_comes_again_when_it_is_asked(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("deployments.service.long_work.REST_SECONDS", 0.05)

    async def ask() -> tuple[bool, int]:
        other = apart()
        await other.answer(body_of(make_row()))
        was_there = other._worker is not None
        await asyncio.sleep(0.2)
        assert other._worker is None
        answer, _ = await other.answer(body_of(make_row()))
        other.close()
        return was_there, answer.status

    assert asyncio.run(ask()) == (True, 200)


def test_it_ends_with_whoever_asks_it() -> None:
    answers = io.BytesIO()
    body = body_of(make_row())
    serve(io.BytesIO(len(body).to_bytes(4, "big") + body), answers, Respondent(make_contract(), Mode.MODEL, half))
    assert answers.getvalue(), "it came to its end when nothing more came"


def test_who_answers_is_a_fork_that_yields_and_knows_when_the_server_is_gone() -> None:
    async def ask() -> tuple[int, int]:
        other = apart()
        await other.answer(body_of(make_row()))
        assert other._worker is not None
        pid = int(Path(f"/proc/self/fdinfo/{other._worker.pidfd}").read_text().partition("Pid:")[2].split()[0])
        nice = os.getpriority(os.PRIO_PROCESS, pid) - os.getpriority(os.PRIO_PROCESS, 0)
        open_there = {one.readlink() for one in Path(f"/proc/{pid}/fd").iterdir() if int(one.name) > 2}
        assert len(open_there) == 1, "what the server has open it has not"
        other.close()
        return nice, pid

    nice, pid = asyncio.run(ask())
    assert nice == min(YIELDS, 19 - os.getpriority(os.PRIO_PROCESS, 0))
    eventually(lambda: not Path(f"/proc/{pid}").exists(), "who answered is gone")


def test_a_nursery_that_is_lost_is_told_and_large_bodies_are_asked_to_come_again() -> None:
    async def ask() -> tuple[int, bool]:
        nursery = fork_nursery(Respondent(make_contract(), Mode.MODEL, half))
        other, lost = AnswersApart(nursery), asyncio.Event()
        other.watch(asyncio.get_running_loop(), lost.set)
        pid = int(
            Path("/proc/self/task/self/children".replace("self/children", f"{os.getpid()}/children"))
            .read_text()
            .split()[-1]
        )
        os.kill(pid, signal.SIGKILL)
        await asyncio.wait_for(lost.wait(), 10)
        answer, _ = await other.answer(body_of(make_row()))
        other.close()
        return answer.status, lost.is_set()

    assert asyncio.run(ask()) == (503, True)


def test_on_threads_no_more_wait_than_are_answered_in_time() -> None:
    gate = threading.Event()

    def slow(rows: Sequence[Row]) -> list[Scored]:
        gate.wait(10)
        return half(rows)

    async def ask() -> list[int]:
        apart = AnswersOnThreads(Respondent(make_contract(), Mode.MODEL, slow), ThreadPoolExecutor(1), 3)
        asked = [asyncio.ensure_future(apart.answer(body_of(make_row()))) for _ in range(5)]
        await asyncio.sleep(0.1)
        gate.set()
        answered = await asyncio.gather(*asked)
        apart.close()
        return [answer.status for answer, _ in answered]

    assert asyncio.run(ask()) == [200, 200, 200, 503, 503]
