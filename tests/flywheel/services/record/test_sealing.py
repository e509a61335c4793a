"""The seal: one key for an installation, and no byte changed under a signature."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.errors import SettingsError
from flywheel.services.record.sealing import KEY_FILE, Seal, is_sealed
from flywheel.settings import Settings


def settings_in(folder: Path, **more: str) -> Settings:
    return Settings.load(folder, environ={"FLYWHEEL_DATA_ROOT": str(folder / "data"), **more})


def test_the_key_is_drawn_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert Seal.of(settings).public_key == Seal.of(settings).public_key
    assert (settings.data_root / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_only_the_signed_bytes_bear_the_signature(tmp_path: Path) -> None:
    seal = Seal.of(settings_in(tmp_path))
    signature = seal.sign(b"head 7")
    assert is_sealed(b"head 7", signature=signature, public_key=seal.public_key)
    assert not is_sealed(b"head 8", signature=signature, public_key=seal.public_key)
    assert not is_sealed(b"head 7", signature="no signature", public_key=seal.public_key)


def test_a_team_gives_its_own_key(tmp_path: Path) -> None:
    given = settings_in(tmp_path, FLYWHEEL_RECORD__KEY="11" * 32)
    assert (
        Seal.of(given).public_key == Seal.of(settings_in(tmp_path / "other", FLYWHEEL_RECORD__KEY="11" * 32)).public_key
    )
    assert not (given.data_root / "keys").exists()


def test_a_key_of_another_form_is_refused_and_not_printed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="64 hexadecimal digits") as caught:
        Seal.of(settings_in(tmp_path, FLYWHEEL_RECORD__KEY="hunter2"))
    assert "hunter2" not in str(caught.value)
