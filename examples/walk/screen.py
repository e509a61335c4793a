"""What the walk prints: numbered steps with their times, plain facts, and links."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field


@dataclass
class Screen:
    """A terminal, or a file: colour only where someone looks."""

    started: float = field(default_factory=time.monotonic)
    steps: int = 0
    times: dict[str, float] = field(default_factory=dict)
    _step_started: float = 0.0
    _step_name: str = ""

    def step(self, title: str) -> None:
        """Begin a step of the story."""
        self.close_step()
        self.steps += 1
        self._step_name, self._step_started = title, time.monotonic()
        self._print(f"\n{self._bold(f'{self.steps:>2}. {title}')}  {self._dim(f'{self.elapsed():5.1f} s')}")

    def say(self, text: str) -> None:
        """State a fact."""
        self._print(f"    {text}")

    def refused(self, text: str) -> None:
        """State a refusal, which here is good news."""
        self._print(f"    {self._colour(31, '✗')} {text}")

    def good(self, text: str) -> None:
        """State that something went well."""
        self._print(f"    {self._colour(32, '✓')} {text}")

    def alarm(self, text: str) -> None:
        """State that something rang."""
        self._print(f"    {self._colour(33, '!')} {text}")

    def close_step(self) -> None:
        """Note how long the step took."""
        if self._step_name:
            self.times[self._step_name] = time.monotonic() - self._step_started
            self._step_name = ""

    def elapsed(self) -> float:
        """Seconds since the walk began."""
        return time.monotonic() - self.started

    def table(self, title: str, rows: list[tuple[str, str]]) -> None:
        """Show figures side by side."""
        width = max(len(name) for name, _ in rows)
        self._print(f"\n{self._bold(title)}")
        for name, value in rows:
            self._print(f"    {name:<{width}}  {value}")

    def _print(self, text: str) -> None:
        print(text, flush=True)

    def _bold(self, text: str) -> str:
        return self._colour(1, text)

    def _dim(self, text: str) -> str:
        return self._colour(2, text)

    def _colour(self, code: int, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if sys.stdout.isatty() else text
