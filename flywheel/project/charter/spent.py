"""What a charter says that no longer acts, or acts for other models alone: no mistake, and worth knowing at a check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flywheel.domain.monitoring import Watch
from flywheel.project.charter.charter import Charter


def spent_words(charter: Charter, *, today: date) -> Iterator[str]:
    """Name waivers that have ended, and a watch that has nothing to compare where the model is packaged here."""
    for place, waiver in enumerate(charter.data.waivers if charter.data else ()):
        if waiver.until < today:
            yield (
                f"data.waivers[{place}]: the waiver of {waiver.check} for {waiver.column} ended on "
                f"{waiver.until}, and its finding counts again; next: mend {waiver.column}, name a later day, "
                "or take the waiver out"
            )
    for stage, day in charter.timeline.due.items() if charter.timeline else ():
        if day < today:
            yield f"timeline.{stage.value}_by: {day} is past; whoever signs reads it as it stands"
    for place, signal in enumerate(charter.monitoring.signals if charter.monitoring else ()):
        if signal.watch is Watch.PARITY:
            yield (
                f"monitoring.signals[{place}]: parity asks the golden rows of a model behind an address again; a model "
                "that is trained and packaged here has none, and nothing is compared"
            )
