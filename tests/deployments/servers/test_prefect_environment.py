"""The environment of Prefect's programs: sparing only where the server is our own on loopback."""

from __future__ import annotations

import ssl
from pathlib import Path

from deployments.servers.prefect_environment import client_environment
from flywheel.settings import Settings


def environment(folder: Path, **more: str) -> dict[str, str]:
    return client_environment(Settings.load(folder, environ={"FLYWHEEL_DATA_ROOT": str(folder / "data"), **more}))


def test_a_client_of_our_own_server_loads_one_authority(tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=environment(tmp_path)["PREFECT_API_SSL_CERT_FILE"])
    assert context.cert_store_stats()["x509_ca"] == 1


def test_a_client_of_a_teams_server_trusts_all_that_it_always_trusted(tmp_path: Path) -> None:
    given = environment(tmp_path, FLYWHEEL_PREFECT__API="https://prefect.example/api")
    assert not {"PREFECT_API_SSL_CERT_FILE", "PREFECT_CLIENT_CUSTOM_HEADERS"} & given.keys()
