"""Health: whether the process lives, whether it can serve, and that it comes back when its database does."""

from urllib.parse import urlsplit

import asyncpg

from loyalty_app.settings import Settings
from tests.api.till import Api, on_both_databases, open_api

DISMISS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


async def let_in(server: str, database: str, *, everybody: bool) -> None:
    """Open or close a PostgreSQL database to everybody."""
    connection = await asyncpg.connect(server)
    await connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS {everybody}')
    if not everybody:
        await connection.execute(DISMISS, database)
    await connection.close()


@on_both_databases
async def test_a_process_that_can_serve_says_so_to_anybody(api: Api) -> None:
    for path, said in (
        ("/health/live", {"status": "ok"}),
        ("/health/ready", {"status": "ok", "database": "ok", "redis": "ok"}),
        ("/health/ready/", {"status": "ok", "database": "ok", "redis": "ok"}),
    ):
        answer = await api.client.get(path)
        assert (answer.status_code, answer.json()) == (200, said)


async def test_without_its_database_a_process_lives_but_is_not_ready_and_comes_back_with_it(
    postgres_settings: Settings, postgres_url: str
) -> None:
    name = urlsplit(postgres_settings.database_url).path.removeprefix("/")
    async with open_api(postgres_settings) as api:
        till = await api.open_till()
        lena = await till.join()
        await let_in(postgres_url, name, everybody=False)
        try:
            answer = await api.client.get("/health/ready")
            assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")
            assert (await api.client.get("/health/live")).status_code == 200
        finally:
            await let_in(postgres_url, name, everybody=True)
        assert (await api.client.get("/health/ready")).status_code == 200
        assert (await till.stamp(lena["id"]))["total_stamps"] == 1
