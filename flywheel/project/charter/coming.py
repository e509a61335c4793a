"""What a charter cannot ask for yet: a key or a value that nothing acts on is refused, with what to do meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flywheel.project.charter.toml_text import Path

ANY = "*"
"""Stands for a place in a list and for a name that the author chooses."""


@dataclass(frozen=True)
class Coming:
    """With which block of work it comes, and what to do until then."""

    comes_with: str
    meanwhile: str = "leave it out"

    @property
    def what(self) -> str:
        """Why it is refused."""
        return f"does nothing yet: it comes with {self.comes_with}"


_ONE_LIMIT = "leave it out; the limits of a gate are the policy's, under [thresholds]"

KEYS: Mapping[tuple[str, ...], Coming] = MappingProxyType(
    {
        ("holdout",): Coming("Monitoring"),
        ("monitoring", "escalate"): Coming("Monitoring", "leave it out; name every channel under page"),
        ("monitoring", "label_delay"): Coming("Monitoring"),
        ("monitoring", "false_alarms_per_year"): Coming("Monitoring"),
        ("monitoring", "signals", ANY, "against"): Coming("Monitoring", "leave it out; it is compared with training"),
        ("monitoring", "signals", ANY, "below"): Coming("Monitoring", _ONE_LIMIT),
        ("monitoring", "signals", ANY, "above"): Coming("Monitoring", _ONE_LIMIT),
        ("retraining", "unattended_releases"): Coming("Retraining", "leave it out; people sign every release"),
        ("retraining", "max_change"): Coming("Retraining", "leave it out; people sign every release"),
        ("retraining", "until"): Coming("Retraining", "leave it out; people sign every release"),
        ("research", "metric"): Coming(
            "Research", "leave it out; candidates are ranked by money, AUC stands beside it"
        ),
        ("research", "budget", "money"): Coming("Research", "leave it out; trials and minutes end the search"),
        ("data", "columns", ANY, "known_by"): Coming("Research"),
        ("it", "batch"): Coming("Products", "leave it out; nothing is delivered as a batch yet"),
        ("it", "max_memory_mb"): Coming("Products", "leave it out; max_package_mb and max_latency_ms are measured"),
        ("population", "outside"): Coming("Serving", "leave it out; a row outside is flagged, and INPUT-001 rings"),
        ("prior_art",): Coming("Ideation", "leave it out; name it in problem.statement"),
    }
)
"""Keys that nothing acts on."""

_OTHER_TASK = Coming("Research", 'write task = "binary" or "regression"')
_OTHER_FORM = Coming("Products", 'write deliver_as = ["api"], or leave it out')
_OTHER_WATCH = Coming("Monitoring", "watch input, sentinels, drift or parity")

VALUES: Mapping[tuple[str, ...], Mapping[str, Coming]] = MappingProxyType(
    {
        ("deliver_as", ANY): dict.fromkeys(("batch", "report", "app"), _OTHER_FORM),
        ("research", "task"): dict.fromkeys(("multiclass", "count", "ranking", "forecast"), _OTHER_TASK),
        ("monitoring", "signals", ANY, "watch"): dict.fromkeys(("kpi", "health"), _OTHER_WATCH),
    }
)
"""Values that nothing acts on, by the key that takes them."""

RENAMED: Mapping[tuple[str, ...], Mapping[str, str]] = MappingProxyType(
    {("research", "task"): {"classification": "binary"}}
)
"""What a value is called now."""


def coming_key(path: Path) -> Coming | None:
    """Say with what a key comes that is not known yet."""
    return next((coming for pattern, coming in KEYS.items() if _fits(pattern, path)), None)


def coming_value(path: Path, value: object) -> Coming | None:
    """Say with what a value comes that its key does not take yet."""
    return next((values.get(str(value)) for pattern, values in VALUES.items() if _fits(pattern, path)), None)


def present_name(path: Path, value: object) -> str:
    """Say what a value is called now; nothing where it never had another name."""
    return next((names.get(str(value), "") for pattern, names in RENAMED.items() if _fits(pattern, path)), "")


def _fits(pattern: tuple[str, ...], path: Path) -> bool:
    return len(pattern) == len(path) and all(wanted in (ANY, part) for wanted, part in zip(pattern, path, strict=True))
