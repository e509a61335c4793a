"""Backups: everything is destroyed and comes back from one folder, or the reason is said and nothing overwritten."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.postgres import postgres
from flywheel.catalog.credential import PersonSecretRow
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.logins import Login
from flywheel.domain.signoffs import Role
from flywheel.errors import FlywheelError, InputRefused, Refused, Tampered
from flywheel.project.manifest import write_manifest
from flywheel.services.people.identity import Identity, accepted_step
from flywheel.services.record import backups, heads, record
from flywheel.services.record.sealing import NotarySeal, Seal
from flywheel.services.workbench import migrate_record
from flywheel.settings import Settings
from tests.factories.events import refusal
from tests.factories.people import enrolled

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
EVENTS = 5
PERSON = "a@b.example"


class Installation:
    """An embedded installation with a record, an artifact and a person."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = Settings.load(environ={"FLYWHEEL_DATA_ROOT": str(root / "data")})
        self.data = self.settings.data_root

    def catalog(self) -> Catalog:
        url = postgres.database_url(self.settings, self.settings.database.name, login=Login.NOTARY)
        return Catalog.open(url, sealer=NotarySeal.of(self.settings))

    def build(self) -> Digest:
        """Let something happen in it; gives the digest of what it keeps."""
        artifacts = Artifacts(self.settings.artifacts_root)
        with postgres.running(self.settings):
            migrate_record(self.settings)
            catalog = self.catalog()
            with catalog.begin() as work:
                for number in range(EVENTS):
                    work.append(refusal(number))
            identity = Identity.of(self.settings)
            roles = {"p": {Role.VALIDATOR}}
            self.secret = enrolled(catalog, identity, PERSON, roles=roles).secret
            catalog.close()
        return artifacts.put_bytes(b"what was approved")

    def back_up(self, name: str = "backup", *, with_keys: bool = True) -> backups.Backup:
        with postgres.running(self.settings):
            catalog = self.catalog()
            folder = self.root / name
            made = backups.make_backup(catalog, settings=self.settings, folder=folder, now=NOW, with_keys=with_keys)
            catalog.close()
        return made

    def recover(self, made: backups.Backup, *, up_to: int | None = None) -> backups.Recovered:
        return backups.recover(settings=self.settings, folder=made.folder, public_key=made.public_key, up_to=up_to)


@pytest.fixture(scope="module")
def origin() -> Iterator[tuple[Installation, Digest, backups.Backup]]:
    """One installation and its backup, from which each test takes a copy."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:  # short: a socket's path may have 107 bytes
        installation = Installation(Path(folder))
        kept = installation.build()
        yield installation, kept, installation.back_up()


@pytest.fixture
def elsewhere(origin: tuple[Installation, Digest, backups.Backup]) -> Iterator[tuple[Installation, backups.Backup]]:
    """A copy of the backup, and a place where nothing is."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        _, _, made = origin
        copy = shutil.copytree(made.folder, Path(folder) / "backup")
        yield (
            Installation(Path(folder)),
            backups.Backup(copy, made.digest, made.sequence, made.public_key, made.has_keys),
        )


def test_what_was_destroyed_comes_back_whole(
    origin: tuple[Installation, Digest, backups.Backup], elsewhere: tuple[Installation, backups.Backup]
) -> None:
    installation, kept, _ = origin
    fresh, made = elsewhere
    done = fresh.recover(made)
    assert done.verification.is_sound
    assert (done.verification.count, done.heads) == (made.sequence, 1)
    assert Artifacts(fresh.settings.artifacts_root).get_bytes(kept) == b"what was approved"
    assert Seal.of(fresh.settings).public_key == Seal.of(installation.settings).public_key
    assert {path.stat().st_mode & 0o777 for path in (fresh.data / "keys").iterdir()} == {0o600}
    with postgres.running(fresh.settings):
        catalog = fresh.catalog()
        known = heads.read_heads(fresh.data / "heads", public_key=made.public_key)
        assert record.verify_events(catalog, known_heads=known).is_sound
        with catalog.begin() as work:
            secret = work.session.get_one(PersonSecretRow, PERSON)
            code = pyotp.TOTP(installation.secret).at(NOW)
            assert accepted_step(Identity.of(fresh.settings), secret, code=code, now=NOW)
            work.append(refusal("later"))
        assert record.verify_events(catalog, known_heads=known).is_sound
        catalog.close()


def test_nothing_is_recovered_over_what_is_there(origin: tuple[Installation, Digest, backups.Backup]) -> None:
    installation, _, made = origin
    with pytest.raises(Refused, match="is not empty"):
        installation.recover(made)


def test_an_older_backup_than_the_heads_that_are_kept_elsewhere_is_taken_on_an_explicit_word_alone(
    origin: tuple[Installation, Digest, backups.Backup], elsewhere: tuple[Installation, backups.Backup]
) -> None:
    (installation, _, _), (fresh, made) = origin, elsewhere
    later, kept = installation.root / "later", fresh.root / "heads"
    with postgres.running(installation.settings):
        catalog = installation.catalog()
        with catalog.begin() as work:
            work.append(refusal("later"))
        heads.export_head(catalog, seal=Seal.of(installation.settings), folders=(later, kept), now=NOW)
        catalog.close()
    outside = fresh.settings.record.model_copy(update={"heads": kept})
    fresh.settings = fresh.settings.model_copy(update={"record": outside})
    with pytest.raises(Refused, match=f"know event {made.sequence + 1}"):
        fresh.recover(made)
    with pytest.raises(Refused, match="ends with another event"):
        fresh.recover(made, up_to=made.sequence + 1)
    assert not fresh.data.exists()
    assert fresh.recover(made, up_to=made.sequence).made_at == NOW


def altered(folder: Path) -> None:
    path = folder / "databases" / "flywheel.dump"
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def shortened(folder: Path) -> None:
    (folder / "files" / "artifacts.tar").unlink()


def added(folder: Path) -> None:
    (folder / "files" / "more.tar").write_bytes(b"")


def renamed(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace(f'"sequence": {EVENTS}', '"sequence": 0').replace("p", "q", 1))


@pytest.mark.parametrize("change", [altered, shortened, added, renamed])
def test_backup_that_was_touched_is_refused_before_anything_is_written(
    elsewhere: tuple[Installation, backups.Backup], change: Callable[[Path], None]
) -> None:
    fresh, made = elsewhere
    change(made.folder)
    with pytest.raises(Tampered, match="use another backup"):
        fresh.recover(made)
    assert not fresh.data.exists()


def test_backup_of_another_installation_is_refused(elsewhere: tuple[Installation, backups.Backup]) -> None:
    fresh, made = elsewhere
    with pytest.raises(Tampered, match="does not have the seal"):
        backups.recover(settings=fresh.settings, folder=made.folder, public_key="ab" * 32)


def of_a_stranger(made: backups.Backup, place: Path, *, packed_as: str, member: tarfile.TarInfo) -> Path:
    """A backup with one archive of a stranger's, under the stranger's own seal."""
    folder = place / "strange"
    shutil.copytree(made.folder, folder)
    with tarfile.open(folder / "files" / packed_as, "w") as packed:
        packed.addfile(member)
    about = json.loads((folder / "manifest.json").read_bytes())["about"]
    (folder / "manifest.json").unlink()
    seal = Seal.of(Settings.load(environ={"FLYWHEEL_DATA_ROOT": str(place / "stranger")}))
    write_manifest(folder, kind="backup", about=about, signer=seal)
    return folder


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "artifacts/../../outside", "another/file", "artifacts"])
def test_strangers_backup_writes_nothing_outside_its_folders(
    elsewhere: tuple[Installation, backups.Backup], tmp_path: Path, name: str
) -> None:
    fresh, made = elsewhere
    member = tarfile.TarInfo(name)
    if name == "artifacts":
        member.type, member.linkname = tarfile.SYMTYPE, "/tmp"
    folder = of_a_stranger(made, tmp_path, packed_as="artifacts.tar", member=member)
    with pytest.raises(Tampered, match="holds files that no backup contains"):
        backups.recover(settings=fresh.settings, folder=folder)
    assert not fresh.data.exists()


@pytest.mark.parametrize("name", ["pg.tar", "passwords.tar", "run.tar", "prefect.tar", "pg"])
def test_strangers_backup_brings_no_cluster_and_nothing_else_that_servers_start_with(
    elsewhere: tuple[Installation, backups.Backup], tmp_path: Path, name: str
) -> None:
    fresh, made = elsewhere
    folder = of_a_stranger(made, tmp_path, packed_as=name, member=tarfile.TarInfo(name.removesuffix(".tar")))
    with pytest.raises(Tampered, match="brings what no backup contains"):
        backups.recover(settings=fresh.settings, folder=folder)
    assert not fresh.data.exists()


def test_unfinished_backup_is_none(elsewhere: tuple[Installation, backups.Backup]) -> None:
    fresh, made = elsewhere
    (made.folder / "manifest.json").unlink()
    with pytest.raises(InputRefused, match="is no backup"):
        backups.recover(settings=fresh.settings, folder=made.folder)


def test_backup_without_keys_needs_them_before_anything_is_written(
    origin: tuple[Installation, Digest, backups.Backup],
) -> None:
    installation, _, _ = origin
    made = installation.back_up("without", with_keys=False)
    assert not (made.folder / "files" / "keys.tar").exists()
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        fresh = Installation(Path(folder))
        with pytest.raises(Refused, match=r"made without its keys.*record\.key"):
            fresh.recover(made)
        assert not fresh.data.exists()
        shutil.copytree(installation.data / "keys", fresh.data / "keys")
        assert fresh.recover(made).verification.is_sound


@pytest.mark.parametrize("place", ["data/inside", "backup"])
def test_backup_goes_to_a_new_folder_outside_the_data(
    origin: tuple[Installation, Digest, backups.Backup], place: str
) -> None:
    installation, _, _ = origin
    with pytest.raises(InputRefused):
        installation.back_up(place)


def test_only_the_owner_reads_a_backup(origin: tuple[Installation, Digest, backups.Backup]) -> None:
    _, _, made = origin
    assert made.folder.stat().st_mode & 0o777 == 0o700
    for part in ("files", "databases"):
        assert {path.stat().st_mode & 0o777 for path in (made.folder / part).iterdir()} == {0o600}
    said = json.loads((made.folder / "manifest.json").read_bytes())
    assert said["about"]["keys"] == ["identity.key", "notary.key", "record.key"]


def test_database_of_a_team_is_not_ours_to_back_up(tmp_path: Path) -> None:
    url = "postgresql://user:secret@host/flywheel"
    settings = Settings.load(environ={"FLYWHEEL_DATA_ROOT": str(tmp_path), "FLYWHEEL_DATABASE__URL": url})
    with pytest.raises(FlywheelError, match="by its own means") as error:
        backups.recover(settings=settings, folder=tmp_path)
    assert "secret" not in str(error.value)
