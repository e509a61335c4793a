"""Let one other user pass through a folder, by an entry in its access control list; nobody else, and to no look."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

from flywheel.adapters.machine import user_name
from flywheel.errors import Unavailable

LIST = "system.posix_acl_access"
HEAD, ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
VERSION = 2
OWNER, USER, GROUP, MASK, OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
"""The kinds of entries, in their order; of several users the one with the lower number comes first."""
PASS = 0o1
UNNAMED = 0xFFFF_FFFF

Entries = dict[tuple[int, int], int]


def let_pass(folder: Path, uid: int) -> None:
    """Let a user pass who could not; what others may do stays as it is."""
    facts = folder.stat()
    if facts.st_mode & PASS or uid in {0, facts.st_uid}:
        return
    try:
        entries = _read(folder, facts.st_mode)
        if entries.get((USER, uid), 0) & entries.get((MASK, UNNAMED), 0) & PASS:
            return
        entries[USER, uid] = entries.get((USER, uid), 0) | PASS
        entries[MASK, UNNAMED] = entries.get((MASK, UNNAMED), entries[GROUP, UNNAMED]) | PASS
        packed = (ENTRY.pack(kind, entries[kind, who], who) for kind, who in sorted(entries))
        os.setxattr(folder, LIST, HEAD.pack(VERSION) + b"".join(packed))
    except OSError as error:
        if error.errno not in {errno.ENOTSUP, errno.EPERM, errno.EROFS}:
            raise
        raise Unavailable(
            f"the user {user_name(uid)}, under whom PostgreSQL runs, cannot pass through {folder}",
            found=error.strerror,
            next_step=f"run `chmod o+x {folder}`, or set FLYWHEEL_DATA_ROOT to a folder that it can reach",
        ) from error


def _read(folder: Path, mode: int) -> Entries:
    try:
        packed = os.getxattr(folder, LIST)
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        return {(OWNER, UNNAMED): mode >> 6 & 7, (GROUP, UNNAMED): mode >> 3 & 7, (OTHERS, UNNAMED): mode & 7}
    return {(kind, who): allowed for kind, allowed, who in ENTRY.iter_unpack(packed[HEAD.size :])}
