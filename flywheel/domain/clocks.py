"""Clocks: by whose time decisions go, and when none of them is believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flywheel.errors import counted

SLACK = timedelta(seconds=60)
"""How far two clocks may differ, and how far time may run behind the last event, unless a setting says otherwise."""


@dataclass(frozen=True)
class Times:
    """What the clocks say at one moment: the deciding one, this process's, and the last event's."""

    decided: datetime
    ours: datetime
    last: datetime

    def trouble(self, slack: timedelta) -> str:
        """Say why this time is not believed; nothing where it is."""
        if self.last - self.decided > slack:
            return (
                f"the clock runs back: it shows {_shown(self.decided)}, but the last event is of {_shown(self.last)}, "
                f"{_apart(self.last - self.decided)} later"
            )
        if abs(self.ours - self.decided) > slack:
            return (
                f"two clocks disagree: this machine's says {_shown(self.ours)}, the database's {_shown(self.decided)}, "
                f"{_apart(abs(self.ours - self.decided))} apart"
            )
        return ""


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _apart(span: timedelta) -> str:
    return counted(span.days, "day") if span.days else f"{span.total_seconds():.0f} s"
