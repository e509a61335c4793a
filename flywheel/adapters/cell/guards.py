"""Which guards this machine has for a cell, and which it lacks."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flywheel.adapters import machine
from flywheel.adapters.cell.landlock import readable_places
from flywheel.adapters.cell.seccomp import is_known_machine
from flywheel.errors import Refused


class Guard(StrEnum):
    """What keeps a cell closed."""

    LANDLOCK = "Landlock"
    SECCOMP = "seccomp"
    USER = "a user of its own"


@dataclass(frozen=True)
class Guards:
    """What a cell is closed by; whatever stands here is in force before a line of the project's code runs."""

    landlock: int
    """The version of Landlock; 0 for none."""
    has_seccomp: bool
    user: int | None
    """The user that the cell becomes; none where it stays ours."""
    is_root: bool
    """Whether we are root, so that a user of its own is asked for."""

    @property
    def present(self) -> tuple[Guard, ...]:
        """The guards that hold."""
        return tuple(guard for guard in Guard if self._has(guard))

    @property
    def lacking(self) -> tuple[Guard, ...]:
        """The guards that should hold and do not; nobody but root can give a cell another user."""
        wanted = Guard if self.is_root else (Guard.LANDLOCK, Guard.SECCOMP)
        return tuple(guard for guard in wanted if not self._has(guard))

    def sentence(self) -> str:
        """Say how code ran under these guards."""
        gap = f"without {', '.join(self.lacking)}; " if self.lacking else ""
        return f"ran in a cell, {gap}closed by {', '.join(self.present) or 'limits alone'}"

    def _has(self, guard: Guard) -> bool:
        return {Guard.LANDLOCK: self.landlock > 0, Guard.SECCOMP: self.has_seccomp}.get(guard, self.user is not None)


def guards_here(user: int, *, with_ours: bool = True) -> Guards:
    """Look at this machine; the user is the number that a cell gets where we are root.

    A cell that is handed our modules need not read our files.
    """
    places = readable_places(with_ours=with_ours)
    is_own = machine.is_root() and machine.can_become(user) and not unreachable(places)
    return Guards(machine.landlock_version(), is_known_machine(), user if is_own else None, machine.is_root())


def enough(guards: Guards, *, is_high_risk: bool) -> Guards:
    """Refuse to run code at high risk in a cell that is not closed all round."""
    if guards.lacking and is_high_risk:
        raise Refused(
            "at high risk a project's own code runs only in a complete cell",
            found=f"a cell without {', '.join(guards.lacking)}",
            next_step="`flywheel doctor` says what this machine lacks",
        )
    return guards


def unreachable(places: Iterable[Path]) -> tuple[Path, ...]:
    """Name the folders that keep a stranger from the interpreter and the libraries."""
    ways = {folder for place in places for folder in (place, *place.parents)}
    return tuple(sorted(folder for folder in ways if not _is_open(folder)))


def _is_open(place: Path) -> bool:
    mode = place.stat().st_mode
    return bool(mode & (stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH))
