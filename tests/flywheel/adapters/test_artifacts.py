"""The artifact store: what comes out is what went in, or nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.domain.digests import Digest, digest_bytes
from flywheel.errors import InputRefused, NotFound, Tampered
from flywheel.project.tabular.folder import folder_digest
from tests.factories.tabular import applications


@pytest.fixture
def store(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "f" / "sub").mkdir(parents=True)
    (tmp_path / "f" / "a.txt").write_text("a")
    (tmp_path / "f" / "sub" / "b.txt").write_text("b")
    return tmp_path / "f"


def rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def test_bytes_are_kept_under_their_own_digest(store: Artifacts) -> None:
    digest = store.put_bytes(b"report")
    assert digest == digest_bytes(b"report")
    assert store.get_bytes(digest) == b"report"
    assert store.put_bytes(b"report") == digest


def test_a_file_has_the_digest_of_its_bytes(store: Artifacts, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"report")
    assert store.put_file(tmp_path / "x") == digest_bytes(b"report")


def test_a_link_is_not_taken_for_a_file(store: Artifacts, tmp_path: Path) -> None:
    (tmp_path / "l").symlink_to("/etc/hostname")
    with pytest.raises(InputRefused, match="link"):
        store.put_file(tmp_path / "l")


def test_a_frame_comes_back_without_index_in_its_column_order(store: Artifacts) -> None:
    frame = applications(50)[["score", "income", "channel", "applied_at"]].iloc[::-1]
    back = store.get_frame(store.put_frame(frame))
    pd.testing.assert_frame_equal(back, frame.reset_index(drop=True))


def test_some_columns_come_in_the_order_asked(store: Artifacts) -> None:
    digest = store.put_frame(applications(20))
    assert list(store.get_frame(digest, ["score", "channel"]).columns) == ["score", "channel"]
    with pytest.raises(InputRefused, match="lacks columns"):
        store.get_frame(digest, ["salary"])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda f: f.set_axis(range(7, 7 + len(f))), id="another index"),
        pytest.param(lambda f: f.astype({"channel": "category", "region": "category"}), id="categories"),
        pytest.param(lambda f: f.astype({"channel": object}), id="objects"),
        pytest.param(lambda f: f.astype({"applied_at": "datetime64[ns]"}), id="nanoseconds"),
        pytest.param(lambda f: pd.concat([f.iloc[:9], f.iloc[9:]]), id="pieces"),
    ],
)
def test_the_same_content_gives_the_same_digest(
    store: Artifacts, other: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    frame = applications(60)
    assert store.put_frame(other(frame)) == store.put_frame(frame)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda f: f.assign(score=f["score"] + (np.arange(len(f)) == 3)), id="one value"),
        pytest.param(lambda f: f.iloc[::-1], id="row order"),
        pytest.param(lambda f: f[list(f.columns[::-1])], id="column order"),
    ],
)
def test_other_content_gives_another_digest(store: Artifacts, other: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    frame = applications(60)
    assert store.put_frame(other(frame)) != store.put_frame(frame)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(pd.DataFrame([[1, 2]], columns=["a", "a"]), id="same name twice"),
        pytest.param(pd.DataFrame({1: [1]}), id="name is a number"),
        pytest.param(pd.DataFrame({"a": [1, "x"]}, dtype=object), id="mixed values"),
        pytest.param(pd.DataFrame(), id="no columns"),
    ],
)
def test_a_frame_without_one_meaning_is_refused(store: Artifacts, frame: pd.DataFrame) -> None:
    with pytest.raises(InputRefused):
        store.put_frame(frame)


def test_a_folder_is_kept_under_the_digest_of_all_its_files(store: Artifacts, folder: Path) -> None:
    digest = store.put_folder(folder)
    assert digest == folder_digest(folder) == folder_digest(store.path_of(digest))
    assert store.put_folder(folder) == digest


def test_an_altered_file_is_never_returned(store: Artifacts) -> None:
    digest = store.put_frame(applications(20))
    rewrite(store.path_of(digest), b"PAR1")
    for read in (store.get_bytes, store.get_frame, store.path_of):
        with pytest.raises(Tampered):
            read(digest)


def test_altered_content_is_not_healed_in_silence(store: Artifacts) -> None:
    digest = store.put_bytes(b"report")
    rewrite(store.path_of(digest), b"forged")
    with pytest.raises(Tampered):
        store.put_bytes(b"report")


@pytest.mark.parametrize("change", ["edit", "add", "link"])
def test_an_altered_folder_is_never_returned(store: Artifacts, folder: Path, change: str) -> None:
    digest = store.put_folder(folder)
    kept = store.path_of(digest)
    match change:
        case "edit":
            rewrite(kept / "a.txt", b"b")
        case "add":
            (kept / "evil.py").touch()
        case "link":
            (kept / "a.txt").unlink()
            (kept / "a.txt").symlink_to("sub/b.txt")
    with pytest.raises(Tampered):
        store.path_of(digest)


def test_a_stored_file_replaced_by_a_link_is_not_followed(store: Artifacts, tmp_path: Path) -> None:
    digest = store.put_bytes(b"report")
    place = store.path_of(digest)
    (tmp_path / "same").write_bytes(b"report")
    place.unlink()
    place.symlink_to(tmp_path / "same")
    with pytest.raises(Tampered):
        store.get_bytes(digest)


@pytest.mark.parametrize("name", ["../../etc/passwd", "sha256:../../x", "sha256:" + "A" * 64, "", "sha256:" + "a" * 63])
def test_only_a_digest_leads_to_a_place(store: Artifacts, name: str) -> None:
    with pytest.raises(NotFound, match="not a digest"):
        store.path_of(Digest(name))


def test_what_is_not_there_is_not_found(store: Artifacts) -> None:
    digest = digest_bytes(b"nothing")
    assert not store.has(digest)
    with pytest.raises(NotFound, match="does not hold"):
        store.get_bytes(digest)


def test_a_file_over_the_limit_is_refused(store: Artifacts, tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(20 * 1024**3)
    with pytest.raises(InputRefused, match="too large"):
        store.put_file(tmp_path / "big")


def test_nothing_half_written_is_left_behind(store: Artifacts, folder: Path) -> None:
    store.put_folder(folder)
    with pytest.raises(InputRefused):
        store.put_frame(pd.DataFrame())
    assert list((store.root / "drafts").iterdir()) == []


def test_many_writers_of_one_content_agree(store: Artifacts) -> None:
    content = b"x" * 200_000
    seen: list[Digest] = []
    threads = [threading.Thread(target=lambda: seen.append(store.put_bytes(content))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [digest_bytes(content)] * 8
