"""What an endpoint answers with: a status, a JSON body, and refusals in one sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deployments.service.body import BadRequest
from deployments.service.requests import reasons_of
from flywheel.project.contract import Contract

CLOSE = ((b"connection", b"close"),)


@dataclass(frozen=True)
class Answer:
    """A status, a JSON body and what else the caller should see."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    reasons: tuple[str, ...] = ()


def later(words: str = "overloaded, try again later", *headers: tuple[bytes, bytes]) -> Answer:
    """Ask the caller to come again in a second."""
    return refusal(503, words, headers=((b"retry-after", b"1"), *headers))


def problems(error: BadRequest, contract: Contract) -> Answer:
    """Say what is wrong with a request, the first mistake in the sentence."""
    first = error.problems[0]
    sentence = "; ".join(f"{key} {first[key]}" if key != "what" else str(first[key]) for key in first)
    said = {"error": sentence, "problems": list(error.problems)}
    return Answer(422, json.dumps(said).encode(), reasons=reasons_of(error, contract))


def too_large(most: int) -> Answer:
    """Refuse a body for its size, and the rest of its connection."""
    return refusal(413, "the body is too large", allowed=f"{most} bytes", headers=CLOSE)


def refusal(
    status: int,
    what: str,
    *,
    found: bytes | None = None,
    allowed: str = "",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> Answer:
    """Say no in one sentence, as JSON."""
    parts = [what]
    if found is not None:
        parts.append(f"found {found[:80].decode('latin-1')!r}")
    if allowed:
        parts.append(f"allowed: {allowed}")
    return Answer(status, json.dumps({"error": "; ".join(parts)}).encode(), headers, (what,))
