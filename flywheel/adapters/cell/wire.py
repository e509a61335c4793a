"""How columns pass into a lasting cell and out of it: a head in JSON, then eight bytes a value, column by column.

Both ends read it with nothing but arithmetic and JSON, and whoever reads knows beforehand how long it must be.
"""

from __future__ import annotations

import struct

SIZES = struct.Struct("<QQ")
"""Bytes of the head and of the values."""
BYTES = 8
MISSING = -1
"""The code of a word that is not there."""
LONGEST_WORD = 256
READY, OPEN, DONE, REFUSED = "ready", "open", "done", "refused"
"""What a cell says: that it is closed and ready, that it could not be closed, an answer, why there is none."""
EXHAUSTED = 5
"""The exit status of a cell whose memory lacked."""


def message(head: bytes, *values: bytes | memoryview) -> list[bytes | memoryview]:
    """Put a message together, to be written piece by piece."""
    return [SIZES.pack(len(head), sum(len(one) for one in values)) + head, *values]
