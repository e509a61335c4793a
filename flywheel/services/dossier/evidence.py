"""What a file of evidence is called in an exported folder."""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}$")


def evidence_name(name: str, digest: str) -> str:
    """Name it by its digest, and by its kind so that it opens with a click; never by what somebody called it."""
    suffix = _SUFFIX.search(name)
    return f"evidence/{digest.removeprefix('sha256:')}{suffix.group() if suffix else ''}"
