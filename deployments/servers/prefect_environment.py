"""The environment variables of every Prefect program that we start: server, worker, runs, steward."""

from __future__ import annotations

import json
from pathlib import Path

from deployments.warm_runner.preload import THREADLESS
from flywheel.adapters.access import word_of_prefect
from flywheel.settings import Settings, settings_environment

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # the second UI calls an outside host even with telemetry off
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
}
"""No library reports to anybody outside."""


def client_environment(settings: Settings) -> dict[str, str]:
    """Give what a program needs that talks to Prefect or runs flows."""
    return {
        **QUIET,
        **THREADLESS,
        "PREFECT_HOME": str(settings.data_root / "prefect"),
        "PREFECT_API_URL": settings.prefect.api_url,
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",  # the default is pickle
        "PREFECT_LOCAL_STORAGE_PATH": str(settings.results_root),
        "PREFECT_WORKER_QUERY_SECONDS": str(settings.prefect.poll_seconds),
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_CLI_COLORS": "false",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",  # client and server are of one lock
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        **_loopback(settings),
        **_word("PREFECT_API_AUTH_STRING", settings),
        **settings_environment(settings),
        "RUN_LOCKS_FOLDER": str(run_locks(settings)),
        "PYTHONPATH": str(settings.home),
        "PYTHONUNBUFFERED": "1",
    }


def server_environment(settings: Settings, *, database_url: str) -> dict[str, str]:
    """Give what the Prefect server needs on top."""
    return {
        **client_environment(settings),
        **_word("PREFECT_SERVER_API_AUTH_STRING", settings),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database_url,
        "PREFECT_SERVER_API_HOST": settings.prefect.host,
        "PREFECT_SERVER_API_PORT": str(settings.prefect.port),
        "PREFECT_SERVER_UI_API_URL": settings.prefect.api_url,
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": settings.prefect.ui_url,
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",  # nothing here is a block, and a first start makes hundreds
        "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT60S",  # all our automations react; none waits for silence
    }


def _word(name: str, settings: Settings) -> dict[str, str]:
    word = word_of_prefect(settings)
    return {} if word is None else {name: word}


def _loopback(settings: Settings) -> dict[str, str]:
    """Spare the clients of our own server, which speaks plain http on loopback, what only a distant one is worth."""
    if settings.prefect.api is not None:
        return {}
    return {
        "PREFECT_CLIENT_CUSTOM_HEADERS": json.dumps({"Accept-Encoding": "identity"}),  # nothing is packed and unpacked
        "PREFECT_API_SSL_CERT_FILE": str(_one_authority(settings)),
    }


def _one_authority(settings: Settings) -> Path:
    """Write one certificate authority: each client loads all that its file holds, 150 by default, in 30 ms."""
    import certifi  # only programs that start others come here

    path = settings.sockets_root / "authority.pem"
    if not path.is_file():
        first, end, _ = certifi.contents().partition("-----END CERTIFICATE-----")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(f"{first}{end}\n", encoding="utf-8")
    return path


def run_locks(settings: Settings) -> Path:
    """Find the folder of the files that live runs hold locked."""
    return settings.sockets_root / "runs"
