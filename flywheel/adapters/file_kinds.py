"""Tells by its first bytes what a file is, so that what is no table is refused by its name and not by its ruins."""

from __future__ import annotations

import codecs
import gzip
import stat
import zlib
from pathlib import Path

from flywheel.errors import InputRefused

TABLES = "a CSV file (also .csv.gz) or a Parquet file"
_EXPORT = "export the table as CSV or Parquet"
_HEAD_BYTES = 64 << 10
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_KINDS = (
    (b"PK\x03\x04", "a workbook or another zip archive", f"open it and {_EXPORT}"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook of Excel", f"open it and {_EXPORT}"),
    (b"SQLite format 3\0", "a SQLite database", f"{_EXPORT}, or give its table as a source sql://NAME"),
    (b"ARROW1", "an Arrow file", _EXPORT),
    (b"FEA1", "a Feather file", _EXPORT),
    (b"ORC", "an ORC file", _EXPORT),
    (b"Obj\x01", "an Avro file", _EXPORT),
    (b"\x89HDF", "an HDF5 file", _EXPORT),
    (b"%PDF", "a PDF", _EXPORT),
    (b"\x89PNG", "a picture", _EXPORT),
    (b"\xff\xd8\xff", "a picture", _EXPORT),
    (b"BZh", "packed by bzip2", "unpack it, or pack it by gzip as .csv.gz"),
    (b"\xfd7zXZ", "packed by xz", "unpack it, or pack it by gzip as .csv.gz"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", "unpack it, or pack it by gzip as .csv.gz"),
    (b"$FL2", "an SPSS file", _EXPORT),
    (b"<stata_dta>", "a Stata file", _EXPORT),
)
_MARKUP = ((b"<!doctype", "a web page"), (b"<html", "a web page"), (b"<?xml", "XML"), (b"{", "JSON"), (b"[{", "JSON"))


def require_table(path: Path) -> bool:
    """Refuse what is no table, saying what it is instead; give whether it is Parquet, else it is text."""
    if not path.exists():
        raise InputRefused("there is no such file", found=path, allowed=TABLES)
    if not stat.S_ISREG(path.stat().st_mode):
        inside = sorted(one.name for one in path.iterdir() if one.is_file())[:3] if path.is_dir() else []
        what = "is a folder" if path.is_dir() else "is no plain file"
        next_step = f"name one file in it, such as {', '.join(inside)}" if inside else ""
        raise InputRefused(f"{path.name or path} {what}", found=path, allowed=TABLES, next_step=next_step)
    head = _head(path)
    if not head:
        raise _no_table(path, "is empty", found="0 bytes", next_step=_EXPORT)
    is_parquet = head.startswith(_PARQUET)
    if is_parquet is not (path.suffix == ".parquet"):
        next_step = "give it the ending .parquet" if is_parquet else _EXPORT
        found = "Parquet" if is_parquet else _kind(head)[0] or "something else"
        raise _no_table(path, "does not hold what its ending says", found=found, next_step=next_step)
    if not is_parquet:
        kind, next_step = _kind(head)
        if kind:
            raise _no_table(path, "is no table", found=kind, next_step=next_step)
    return is_parquet


def _head(path: Path) -> bytes:
    """Read how it begins, unpacked where its ending says that it is packed."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if path.suffix != ".gz":
        if head.startswith(_GZIP):
            raise _no_table(path, "is packed by gzip", found=path.name, next_step="give it the ending .csv.gz")
        return head
    try:
        with gzip.open(path, "rb") as packed:
            return packed.read(_HEAD_BYTES)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        found = "text" if not _strange(head) else "other bytes"
        next_step = "take the ending .gz away" if found == "text" else "pack it anew"
        raise _no_table(path, f"is not a whole gzip file ({error})", found=found, next_step=next_step) from error


def _kind(head: bytes) -> tuple[str, str]:
    """Say what else than text a file is, and what to do; nothing where it may be text of rows."""
    for mark, kind, next_step in _KINDS:
        if head.startswith(mark):
            return kind, next_step
    begins = head.lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    for mark, kind in _MARKUP:
        if begins.startswith(mark):
            return kind, _EXPORT
    if _strange(head):
        return "bytes that are no text", f"{_EXPORT}; as text it should be UTF-8"
    return "", ""


def _strange(head: bytes) -> bool:
    """Whether there are bytes which no text of rows holds."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    controls = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\r\f")
    return b"\0" in head or controls > len(head) / 200


def _no_table(path: Path, what: str, *, found: str, next_step: str) -> InputRefused:
    return InputRefused(f"{path.name} {what}", found=found, allowed=TABLES, next_step=next_step)
