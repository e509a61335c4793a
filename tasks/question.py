"""A question to people, as a suspended run with a form: asked under a number, and answered once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import Pause
from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import keyset_from_paused_state
from prefect.states import Suspended
from prefect.utilities.engine import propose_state_sync

from flywheel.errors import Unavailable

MARK = "sign-"


def answers_given(run_id: str) -> Mapping[int, dict[str, Any]]:
    """Read every answer that people gave in the forms of a run, by the number of the question."""
    read = {number: _answer(run_id, number) for number in questions_asked(run_id)}
    return {number: answer for number, answer in read.items() if answer is not None}


def questions_asked(run_id: str) -> tuple[int, ...]:
    """List the numbers under which a run has asked."""
    with get_client(sync_client=True) as prefect:
        policy = prefect.read_flow_run(UUID(run_id)).empirical_policy
    keys = (key for key in policy.pause_keys or () if key.startswith(MARK))
    return tuple(sorted(int(key.removeprefix(MARK)) for key in keys))


def ask(form: type[RunInput], *, run_id: str, message: str, within_seconds: int) -> NoReturn:
    """Suspend this run under a number of its own until the form is answered; the process ends here.

    Prefect's own way gives the state no message, and takes an answer only where it would ask again.
    """
    number = max(questions_asked(run_id), default=-1) + 1
    state: State[None] = Suspended(timeout_seconds=within_seconds, pause_key=f"{MARK}{number}", message=message)
    keys = keyset_from_paused_state(state)
    state.state_details.run_input_keyset = dict(keys.items())
    with get_client(sync_client=True) as prefect:
        suspended = propose_state_sync(prefect, state, flow_run_id=UUID(run_id))
    if not suspended.is_paused():
        raise Unavailable("Prefect did not let the run wait", found=suspended.name, next_step="it is tried again")
    form.save(keys, flow_run_id=UUID(run_id))
    raise Pause(state=suspended)


def _answer(run_id: str, number: int) -> dict[str, Any] | None:
    answer = read_flow_run_input(f"suspended-{MARK}{number}-response", flow_run_id=UUID(run_id))
    return answer if isinstance(answer, dict) else None
