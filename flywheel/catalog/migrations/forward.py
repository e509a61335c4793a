"""The one way of the record: forward."""

from __future__ import annotations

from flywheel.errors import Refused


def downgrade() -> None:
    """Refuse to go back: an older schema cannot hold what was recorded since."""
    raise Refused("the record only goes forward", next_step="restore a backup instead")
