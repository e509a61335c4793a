"""Reads a body, scores its rows and words the answer: the one way of answering, on the loop as in a process apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deployments.service.answers import Answer, later, problems, refusal
from deployments.service.body import BadRequest
from deployments.service.requests import RequestReader, Row
from deployments.service.scorers import Scorer
from flywheel.adapters.predictions.log import OUTSIDE, STOOD_IN, column_of, encoder_of
from flywheel.errors import InputRefused, Unavailable
from flywheel.project.answer import Scored
from flywheel.project.contract import Contract, Mode

if TYPE_CHECKING:
    from deployments.service.own_code import OwnCodeKeeper

Answered = tuple[Answer, bytes]
"""An answer, and what must be kept before it leaves."""

BY_RULE = frozenset({OUTSIDE, STOOD_IN})
"""Marks of a row that the rule decided in the model's place."""

Encode = Callable[[Sequence[Mapping[str, Any]]], bytes]


class Respondent:
    """Knows one contract and what scores by it."""

    def __init__(
        self,
        contract: Contract,
        mode: Mode,
        scorer: Scorer,
        encode: Encode | None = None,
        own_code: OwnCodeKeeper | None = None,
    ) -> None:
        self.contract, self.mode, self.own_code = contract, mode, own_code
        self.digest = contract.model_digest if mode is Mode.MODEL else contract.digest
        self._reader, self._scorer = RequestReader(contract), scorer
        self._encode = encode or encoder_of(contract)

    def answer(self, body: bytes) -> Answered:
        """Answer one request, or say what is wrong with it."""
        now = datetime.now(UTC)
        try:
            rows = self._reader.read(body, now)
            scored = self._scorer(rows)
        except BadRequest as error:
            return problems(error, self.contract), b""
        except Unavailable as error:
            return later(error.sentence()), b""
        except InputRefused as error:
            return refusal(422, error.sentence()), b""
        kept = self._encode([self._entry(row, result, now) for row, result in zip(rows, scored, strict=True)])
        worded = self.contract.answer.worded
        predictions = [
            {"id": row.entity, **worded(result), "flags": row.flags} for row, result in zip(rows, scored, strict=True)
        ]
        head = {"version": self.contract.version, "served_by": self.mode, "digest": self.digest}
        return Answer(200, json.dumps({**head, "predictions": predictions}, allow_nan=False).encode()), kept

    def _entry(self, row: Row, result: Scored, now: datetime) -> dict[str, Any]:
        return {
            "at": now,
            "event_at": row.event_at,
            "entity": row.entity,
            "version": self.contract.version,
            "served_by": Mode.RULE.value if BY_RULE & {*row.flags} else self.mode.value,
            "score": result[0],
            "decision": result[1],
            "flags": row.flags,
            **{column_of(name): value for name, value in row.values.items()},
        }
