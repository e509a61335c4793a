"""How many requests an endpoint answered and how many it refused, and why: counted by the hour, in small files."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flywheel.errors import counted

FOLDER = "requests"
"""Beside the segments of predictions, under the predictions' root."""
MOST_REASONS = 50
MOST_BYTES, MOST_COUNTED = 1_000_000, 10**12
"""Beyond these a file of an hour's counts is none of ours."""
OTHER = "other reasons"
_HOUR = "%Y-%m-%dT%H"


@dataclass(frozen=True)
class Tally:
    """Requests of a stretch of time: how many were asked, and how many were refused for which reason."""

    asked: int = 0
    refused: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    unread: tuple[str, ...] = ()
    """Files of counts that cannot be read, and so are not in these."""

    @property
    def share(self) -> float:
        """Which part was refused."""
        return self.refused / self.asked if self.asked else 0.0

    def sentence(self) -> str:
        """Say it in one line, the most frequent reason with it."""
        why = f"; most: {self.reasons[0][0]} ({self.reasons[0][1]:,})" if self.reasons else ""
        odd = f"; {self.unread[0]} holds no counts" if self.unread else ""
        more = f", and {counted(len(self.unread) - 1, 'other file')} neither" if len(self.unread) > 1 else ""
        return f"{self.refused:,} of {counted(self.asked, 'request')} refused{why}{odd}{more}"


class TallyWriter:
    """Counts requests as they end, and writes the counts within a second on a thread of its own."""

    def __init__(
        self,
        root: Path,
        project: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        flush_seconds: float = 1.0,
    ) -> None:
        self._folder = root / FOLDER / project
        self._folder.mkdir(parents=True, exist_ok=True)
        self._clock, self._flush_seconds, self._name = clock, flush_seconds, uuid.uuid4().hex[:12]
        self._asked, self._refused = Counter[str](), Counter[str]()
        self._reasons: dict[str, Counter[str]] = {}
        self._changed: set[str] = set()
        self._lock, self._is_closing = threading.Lock(), threading.Event()
        self.failure = ""
        self._thread = threading.Thread(target=self._run, name="request-tally", daemon=True)
        self._thread.start()

    def count(self, reasons: Iterable[str] = ()) -> None:
        """Count a request; it was refused where there are reasons."""
        hour, why = self._clock().strftime(_HOUR), list(dict.fromkeys(reasons))
        with self._lock:
            self._asked[hour] += 1
            self._refused[hour] += bool(why)
            known = self._reasons.setdefault(hour, Counter())
            for reason in why:
                known[reason if reason in known or len(known) < MOST_REASONS else OTHER] += 1
            self._changed.add(hour)

    def close(self) -> None:
        """Write what is left and stop."""
        self._is_closing.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._is_closing.wait(self._flush_seconds):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, set()
            told = {hour: (self._asked[hour], self._refused[hour], dict(self._reasons[hour])) for hour in changed}
        try:
            for hour, (asked, refused, reasons) in told.items():
                path = self._folder / f"{hour}_{self._name}.json"
                draft = path.with_suffix(".part")
                document = {"asked": asked, "refused": refused, "reasons": reasons}
                draft.write_text(json.dumps(document), encoding="utf-8")
                draft.replace(path)
            self.failure = ""
            self._forget()
        except OSError as error:  # a full or lost disk: counted on, and written when it can be
            self.failure = f"the tally of requests cannot be written: {error}"
            with self._lock:
                self._changed |= changed

    def _forget(self) -> None:
        """Let go of hours that are over and written."""
        with self._lock:
            present = self._clock().strftime(_HOUR)
            for hour in [hour for hour in self._asked if hour < present and hour not in self._changed]:
                del self._asked[hour], self._refused[hour], self._reasons[hour]


_Counts = tuple[int, int, dict[str, int]]
_ODD = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a file raises that nobody of ours wrote."""


def prune(root: Path, *, before: datetime) -> int:
    """Remove the counts of hours that were over before a time; say how many files there were."""
    last = before.astimezone(UTC).strftime(_HOUR)
    old = [path for path in (root / FOLDER).glob("*/*_*.json") if path.name.partition("_")[0] < last]
    kept = [path for path in old if not _is_removed(path)]
    return len(old) - len(kept)


def _is_removed(path: Path) -> bool:
    """Whether a file is gone now; what is no file, or not ours to remove, stays, and is read by nothing."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def read_tally(root: Path, project: str, *, since: datetime, until: datetime) -> Tally:
    """Add up the whole hours that a stretch of time touches; a file that holds no counts is named and passed over."""
    first, last = since.astimezone(UTC).strftime(_HOUR), until.astimezone(UTC).strftime(_HOUR)
    asked = refused = 0
    reasons: Counter[str] = Counter()
    unread = []
    folder = root / FOLDER / project
    for path in sorted(folder.glob("*_*.json")) if folder.is_dir() else ():
        if first <= path.name.partition("_")[0] <= last:
            try:
                more_asked, more_refused, more_reasons = _counts_in(path)
            except FileNotFoundError:  # it was pruned meanwhile
                continue
            except _ODD:
                unread.append(path.name)
                continue
            asked, refused = asked + more_asked, refused + more_refused
            reasons.update(more_reasons)
    return Tally(asked, refused, tuple(reasons.most_common()), tuple(unread))


def _counts_in(path: Path) -> _Counts:
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise ValueError("no file of counts")
    said = json.loads(path.read_bytes())
    counts = [said["asked"], said["refused"], *said["reasons"].values()]
    if any(type(count) is not int or not 0 <= count < MOST_COUNTED for count in counts):
        raise ValueError("no counts")
    return said["asked"], said["refused"], said["reasons"]
