"""Which categories a model learns one by one, and which share the code of the unknown: said, never silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_LEVELS = 100
"""A category keeps this many levels, the most frequent ones."""
MIN_ROWS_OF_LEVEL = 20
"""A level that was seen less often tells nothing of its own."""


@dataclass(frozen=True)
class LevelsKept:
    """The levels that are learned one by one, and the others with their rows."""

    kept: tuple[str, ...]
    folded: Mapping[str, int]
    rows: int
    trained_share: float = 1.0
    """Which part of the counted rows training will see, as far as it is known beforehand."""

    def sentence(self) -> str:
        """Say what was folded, and why."""
        few = sum(count * self.trained_share < MIN_ROWS_OF_LEVEL for count in self.folded.values())
        of = (
            "rows" if self.trained_share == 1 else f"rows in training, which sees about {self.trained_share:.0%} of all"
        )
        many = len(self.folded) - few
        why = [f"{few:,} with fewer than {MIN_ROWS_OF_LEVEL} {of}"] if few else []
        why += [f"{many:,} beyond the {MAX_LEVELS} most frequent"] if many else []
        total, share = len(self.kept) + len(self.folded), sum(self.folded.values()) / max(self.rows, 1)
        return f"{len(self.folded):,} of {total:,} categories in {share:.1%} of the rows ({', '.join(why)})"


def kept_levels(counts: Mapping[str, int], *, trained_share: float = 1.0) -> LevelsKept:
    """Part levels by how often they were seen; before training, by how often it will see them."""
    order = sorted(counts, key=lambda level: (-counts[level], level))
    kept = tuple(level for level in order if counts[level] * trained_share >= MIN_ROWS_OF_LEVEL)[:MAX_LEVELS]
    known = set(kept)
    folded = {level: counts[level] for level in order if level not in known}
    return LevelsKept(kept, folded, sum(counts.values()), trained_share)
