"""A server whose answers are not in its database stops the benchmark."""

import pytest

from bench.floors.samples import take_samples
from bench.rows_written import check, rows
from bench.shops import GOAL, Scale, furnish
from loyalty_app.settings import Settings
from tests.bench import books


def test_what_was_answered_must_have_been_written(settings: Settings) -> None:
    take_samples(settings, furnish(settings, Scale(shops=1, customers=1))[0])

    check("ours", settings, GOAL)
    with pytest.raises(SystemExit, match="has answered 11 stamps"):
        check("ours", settings, GOAL + 1)


def test_rows_are_counted_as_they_are(settings: Settings) -> None:
    take_samples(settings, furnish(settings, Scale(shops=1, customers=1))[0])

    whole = books.rows(settings)

    assert rows(settings) == {name: whole[name] for name in rows(settings)}
