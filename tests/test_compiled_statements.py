"""All databases that the tests of one process open share compiled statements, and nothing else."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, literal, select

from testkit.compiled_statements import STATEMENTS


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    """Two databases in memory."""
    made = [create_engine("sqlite+pysqlite://") for _ in range(2)]
    yield made
    for engine in made:
        engine.dispose()


def ask(engine: Engine, value: int, *, name: str) -> int | None:
    with engine.connect() as connection:
        return connection.scalar(select(literal(value).label(name)))


def times_compiled(name: str) -> int:
    return sum(f"AS {name}" in str(each) for each in STATEMENTS.values())


def test_a_statement_is_compiled_once_whatever_database_asks_it_and_with_its_own_values(engines: list[Engine]) -> None:
    assert [ask(engine, value, name="asked_twice") for value, engine in enumerate(engines)] == [0, 1]
    assert times_compiled("asked_twice") == 1


def test_another_version_of_a_database_has_statements_of_its_own(engines: list[Engine]) -> None:
    ask(engines[0], 1, name="of_two_versions")
    with engines[1].connect():
        engines[1].dialect.server_version_info = 3, 0, 0
    ask(engines[1], 1, name="of_two_versions")
    assert times_compiled("of_two_versions") == 2
