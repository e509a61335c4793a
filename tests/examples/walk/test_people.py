"""The walk's people are enrolled once, and never show a code twice."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pyotp

from examples.walk.people import ADMIN, CAST, Cast
from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog, utc_now
from flywheel.domain.signoffs import Role
from flywheel.services.people import people
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tests.factories.projects import SLUG, registered


def gather(catalog: Catalog, settings: Settings, file: Path) -> Cast:
    bench = Workbench(settings, replace(catalog, clock=utc_now), Artifacts(settings.artifacts_root))
    return Cast.gather(bench, project=SLUG, file=file)


def test_everybody_is_enrolled_in_their_role_and_found_again(
    catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    registered(catalog)
    file = tmp_path / "keys" / "cast.json"
    first = gather(catalog, settings, file)
    assert first.secrets.keys() == {ADMIN, *CAST}
    assert people.roles(catalog, person="vera@bank.example", project=SLUG) == {Role.VALIDATOR}
    assert Role.BUSINESS in people.roles(catalog, person="ben@bank.example", project=SLUG)
    assert gather(catalog, settings, file).secrets == first.secrets


def test_secrets_are_kept_for_this_user_alone(catalog: Catalog, settings: Settings, tmp_path: Path) -> None:
    registered(catalog)
    file = tmp_path / "cast.json"
    gather(catalog, settings, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_shown_code_is_the_authenticators(catalog: Catalog, settings: Settings) -> None:
    secret = pyotp.random_base32()
    bench = Workbench(settings, catalog, Artifacts(settings.artifacts_root))
    code = Cast(bench, {"ana": secret}).code_of("ana")
    assert pyotp.TOTP(secret).verify(code, valid_window=1)
