"""The artifact store: files, frames and folders under the digest of their content, verified whenever they are read."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.adapters.drafts import draft
from flywheel.adapters.parquet import read_batches, read_frame, read_table, write_batches, write_frame
from flywheel.domain.digests import Digest
from flywheel.errors import InputRefused, NotFound, Tampered
from flywheel.project.reading.table import Table
from flywheel.project.tabular.folder import folder_digest, list_files

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DIGEST = re.compile(r"sha256:([0-9a-f]{2})([0-9a-f]{62})")
MAX_BYTES = 4_000_000_000
READ_ONLY = 0o444


@dataclass(frozen=True)
class Artifacts:
    """Content-addressed store; a place in it is made from a digest alone, never from a name that someone gave."""

    root: Path
    max_bytes: int = MAX_BYTES

    def put_bytes(self, content: bytes) -> Digest:
        """Keep bytes."""
        with self._draft() as draft:
            path = draft / "content"
            path.write_bytes(content)
            return self._keep_file(path)

    def put_file(self, source: Path) -> Digest:
        """Keep a copy of a file; links are refused."""
        with self._draft() as draft:
            path = draft / "content"
            with os.fdopen(_open_source(source), "rb") as read, path.open("wb") as write:
                if (size := os.fstat(read.fileno()).st_size) > self.max_bytes:
                    raise InputRefused("a file is too large", found=size, allowed=f"{self.max_bytes} bytes")
                shutil.copyfileobj(read, write, 1 << 20)
            return self._keep_file(path)

    def put_frame(self, frame: pd.DataFrame) -> Digest:
        """Keep a frame as canonical Parquet, without its index."""
        with self._draft() as draft:
            path = draft / "content"
            write_frame(frame, path)
            return self._keep_file(path)

    def put_batches(self, batches: Iterable[pa.RecordBatch]) -> Digest:
        """Keep a table that comes in batches as canonical Parquet: the same bytes as the whole frame would give."""
        with self._draft() as draft:
            path = draft / "content"
            write_batches(batches, path)
            return self._keep_file(path)

    def put_folder(self, source: Path) -> Digest:
        """Keep a copy of a folder under the digest over all its files; links and hidden names are refused."""
        names = list_files(source, max_bytes=self.max_bytes)
        with self._draft() as draft:
            copy = draft / "content"
            for name in names:
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, copy / name, follow_symlinks=False)
                _settle(copy / name)
            digest = folder_digest(copy, max_bytes=self.max_bytes)
            target = self._place("folders", digest)
            if target.exists():
                self._verify_folder(target, digest)
            else:
                _publish(copy, target)
        return digest

    def get_bytes(self, digest: Digest) -> bytes:
        """Read bytes, if they are still those of the digest."""
        with self._verified(digest) as file:
            return file.read()

    def get_frame(self, digest: Digest, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read a frame, or some of its columns, from the very file that was verified."""
        with self._verified(digest) as file:
            return read_frame(file, columns=columns)

    def batches_of(self, digest: Digest, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read a table, or some of its columns, a row group at a time, so that it need not fit into memory.

        The file is verified before the first batch. There is at least one batch, so that the columns are known.
        """
        with self._verified(digest) as file:
            yield from read_batches(file, columns=columns)

    @contextmanager
    def table(self, digest: Digest) -> Iterator[Table]:
        """Open a table to be read a part at a time, as often as is needed, from the very file that was verified."""
        with self._verified(digest) as file:
            yield read_table(file)

    def path_of(self, digest: Digest) -> Path:
        """Where a file or folder lies, after verifying it; verify again when it is parsed much later."""
        folder = self._place("folders", digest)
        if folder.exists():
            self._verify_folder(folder, digest)
            return folder
        with self._verified(digest):
            return self._place("files", digest)

    def has(self, digest: Digest) -> bool:
        """Whether something is kept under the digest; says nothing of its state."""
        return self._place("files", digest).exists() or self._place("folders", digest).exists()

    def _place(self, kind: str, digest: Digest) -> Path:
        match = DIGEST.fullmatch(digest)
        if not match:
            raise NotFound("not a digest", found=digest, allowed="sha256: and 64 hexadecimal digits")
        return self.root / kind / match[1] / match[2]

    def _draft(self) -> AbstractContextManager[Path]:
        return draft(self.root / "drafts")

    def _keep_file(self, path: Path) -> Digest:
        _settle(path)
        with path.open("rb") as file:
            digest = _digest_of(file)
        target = self._place("files", digest)
        if target.exists():
            with self._verified(digest):
                return digest
        _publish(path, target)
        return digest

    @contextmanager
    def _verified(self, digest: Digest) -> Iterator[BufferedReader]:
        place = self._place("files", digest)
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise NotFound("the artifact store does not hold this", found=digest) from None
        except OSError as error:
            raise Tampered(f"a stored file is not a file: {error.strerror}", found=digest) from error
        with os.fdopen(descriptor, "rb") as file:
            if (size := os.fstat(descriptor).st_size) > self.max_bytes:
                raise Tampered(
                    "a stored file has grown over every limit", found=size, allowed=f"{self.max_bytes} bytes"
                )
            if (found := _digest_of(file)) != digest:
                raise Tampered("a stored file was altered", found=found, allowed=digest)
            file.seek(0)
            yield file

    def _verify_folder(self, folder: Path, digest: Digest) -> None:
        try:
            found = folder_digest(folder, max_bytes=self.max_bytes)
        except (InputRefused, NotFound) as error:
            raise Tampered(f"a stored folder was altered: {error.what}", found=error.found, allowed=digest) from error
        if found != digest:
            raise Tampered("a stored folder was altered", found=found, allowed=digest)


def _open_source(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise NotFound("there is no such file", found=path.name) from None
    except OSError as error:
        raise InputRefused(
            f"not a file that can be kept: {error.strerror}", found=path.name, allowed="no link"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputRefused("not a file that can be kept", found=path.name, allowed="a regular file")
    return descriptor


def _digest_of(file: BufferedReader) -> Digest:
    return Digest(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")


def _settle(path: Path) -> None:
    """Make sure that the bytes are on disk before anything points at them."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(READ_ONLY)


def _publish(draft: Path, target: Path) -> None:
    """Move a finished draft to its place in one step; whoever comes second finds equal content there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft.rename(target)
    except OSError:
        if not target.exists():
            raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
