"""The statements that make a crowd, for either database. `guest` is a table of numbers and visits."""

from collections.abc import Iterator

import msgspec

from bench.crowd.shape import CODES, DAYS, SCRAMBLE, Crowd
from bench.shops import GOAL
from loyalty_core.analytics import DayTotals
from loyalty_core.customers import ALPHABET, CODE_LETTERS

FIRST = "Ana     Bela    Chen    Dora    Emil    Farah   Goran   Hana    Ivo     Jana    "
LAST = "Adler   Brandt  Costa   Dietz   Ebert   Fischer Garcia  Huber   Ito     Jansen  Kowalskid'Arc   "
WIDTH = 8
NUMBERS = ("customer", "transaction", "reward")


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between the databases: `{}` stands for a number, or for Unix seconds."""

    series: str
    moment: str
    day: str
    day_of: str


POSTGRES = Words(
    series="SELECT generate_series(CAST(1 AS bigint), {}) AS i",
    moment="to_timestamp({})",
    day="(to_timestamp({}) AT TIME ZONE 'UTC')::date",
    day_of="({} AT TIME ZONE 'UTC')::date",
)
SQLITE = Words(
    series="WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i FROM n",
    moment="strftime('%Y-%m-%dT%H:%M:%S', {}, 'unixepoch') || '.000000+00:00'",
    day="date({}, 'unixepoch')",
    day_of="substr({}, 1, 10)",
)


class Statements:
    """The statements for one crowd in one database; `first_shop` is the id of the first of its shops."""

    def __init__(self, crowd: Crowd, words: Words, *, first_shop: int, beginning: int) -> None:
        self.crowd, self.words, self.beginning = crowd, words, beginning
        self.shop = f"{first_shop} + i % {crowd.shops}"

    def all(self) -> Iterator[str]:
        """All statements, in their order."""
        yield from self._guests()
        yield self._customers()
        yield self._search_words()
        for slot in range(self.crowd.slots):
            visit = self.crowd.visit(slot)
            yield from [self._redemptions(slot)] if visit is None else self._stamps(slot, visit)
        yield self._days()
        yield self._totals()

    def _at(self, slot: str) -> str:
        """When a customer acted in a slot, in Unix seconds."""
        whole = self.crowd.slots * self.crowd.customers
        return f"({self.beginning} + ((({slot}) * {self.crowd.customers} + i) * {DAYS * 86_400}) / {whole})"

    def _guests(self) -> list[str]:
        visits = f"1 + CAST((i * 7919) % {self.crowd.most} AS integer)"
        numbers = self.words.series.format(self.crowd.customers)
        return [
            "CREATE TEMPORARY TABLE guest (i BIGINT PRIMARY KEY, visits INTEGER NOT NULL)",
            f"INSERT INTO guest SELECT i, {visits} FROM ({numbers}) AS numbers",  # noqa: S608  # our own numbers
        ]

    def _customers(self) -> str:
        name = f"{FIRST_NAME} || ' ' || {LAST_NAME}"
        values = {
            "business_id": self.shop,
            "id": "i",
            "qr_code": f"'CUS' || {_code()}",
            "name": name,
            "phone": "'+4917' || (100000000 + i)",
            "email": "'guest' || i || '@example.com'",
            "search_text": " || ".join(f"'\n' || {word}" for word in SEARCH_WORDS),
            **self._lives(),
            **CARD,
        }
        return _insert("customer", values, "guest ORDER BY i")

    def _search_words(self) -> str:
        words = (f"SELECT {self.shop} AS business_id, {word} AS word, i FROM guest" for word in SEARCH_WORDS)  # noqa: S608  # our own names
        values = {"business_id": "business_id", "word": "word", "customer_id": "i"}
        return _insert("customer_word", values, f"({' UNION ALL '.join(words)}) AS w ORDER BY 1, 2, 3")

    def _lives(self) -> dict[str, str]:
        last = self._at(f"(visits - 1) + (visits - 1) / {GOAL}")
        return {
            "created_at": self.words.moment.format(self._at("0")),
            "updated_at": self.words.moment.format(last),
            "last_visit_at": self.words.moment.format(last),
            "day": self.words.day.format(last),
        }

    def _entry(self, slot: int, kind: str) -> dict[str, str]:
        return {
            "business_id": self.shop,
            "id": f"{slot * self.crowd.customers} + i",
            "customer_id": "i",
            "type": f"'{kind}'",
            "stamps": "1" if kind == "stamp" else "0",
            "actor_type": "'api_key'",
            "actor_id": "1",
            "actor_name": "'till'",
            "occurred_at": self.words.moment.format(self._at(str(slot))),
            "program_version": "1",
        }

    def _stamps(self, slot: int, visit: int) -> list[str]:
        came = f"guest WHERE visits > {visit} ORDER BY i"
        stamps = _insert("transaction", self._entry(slot, "stamp"), came)
        return [stamps, _insert("reward", self._reward(slot), came)] if visit % GOAL == GOAL - 1 else [stamps]

    def _reward(self, slot: int) -> dict[str, str]:
        """A reward has the id of the stamp that earned it."""
        redeemed = self.words.moment.format(self._at(str(slot + 1)))
        return {
            "business_id": self.shop,
            "id": f"{slot * self.crowd.customers} + i",
            "customer_id": "i",
            "transaction_id": f"{slot * self.crowd.customers} + i",
            "description": "'A coffee'",
            "status": "CASE WHEN i % 2 = 1 THEN 'redeemed' ELSE 'available' END",
            "earned_at": self.words.moment.format(self._at(str(slot))),
            "redeemed_at": f"CASE WHEN i % 2 = 1 THEN {redeemed} END",
        }

    def _redemptions(self, slot: int) -> str:
        stamps = (slot + 1) * GOAL // (GOAL + 1)
        reward = {"reward_id": f"{(slot - 1) * self.crowd.customers} + i"}
        return _insert(
            "transaction", self._entry(slot, "redeem") | reward, f"guest WHERE i % 2 = 1 AND visits >= {stamps}"
        )

    def _days(self) -> str:
        """The figures of each day, by their source tables, then added up."""
        parts = (
            ("transaction", "occurred_at", {"visits": "type = 'stamp'", "rewards_redeemed": "type = 'redeem'"}),
            ("reward", "earned_at", {"rewards_earned": "TRUE"}),
            ("customer", "created_at", {"new_customers": "TRUE"}),
            ("customer", "last_visit_at", {"last_visits": "TRUE", "last_visits_again": "total_visits > 1"}),
        )
        names = (*DayTotals.__struct_fields__, "last_visits", "last_visits_again")
        selects = (
            f'SELECT business_id, {self.words.day_of.format(column)} AS day, {_counts(names, counted)} FROM "{table}" '  # noqa: S608  # our own names
            "GROUP BY 1, 2"
            for table, column, counted in parts
        )
        sums = {name: f"sum({'visits' if name == 'stamps_added' else name})" for name in names}
        union = " UNION ALL ".join(selects)
        return _insert(
            "daily_total", {"business_id": "business_id", "day": "day", **sums}, f"({union}) AS p GROUP BY 1, 2"
        )

    def _totals(self) -> str:
        own = "WHERE t.business_id = business_total.business_id"
        return (
            f"UPDATE business_total SET customers = (SELECT count(*) FROM customer AS t {own}), "  # noqa: S608  # our own names
            f"outstanding = (SELECT count(*) FROM reward AS t {own} AND status = 'available'), "
            f"redeemed = (SELECT count(*) FROM reward AS t {own} AND status = 'redeemed')"
        )


REDEEMED = f"CASE WHEN i % 2 = 1 THEN visits / {GOAL} ELSE 0 END"
CARD = {
    "version": f"1 + visits + {REDEEMED}",
    "entries": f"visits + {REDEEMED}",
    "current_stamps": f"visits % {GOAL}",
    "goal": f"CASE WHEN visits % {GOAL} = 0 THEN 0 ELSE {GOAL} END",
    "program_version": f"CASE WHEN visits % {GOAL} = 0 THEN 0 ELSE 1 END",
    "total_stamps": "visits",
    "total_visits": "visits",
    "rewards_earned": f"visits / {GOAL}",
    "rewards_available": f"visits / {GOAL} - {REDEEMED}",
    "last_visit_by": "'till'",
    "day_stamps": "1",
}


def _insert(table: str, values: dict[str, str], source: str) -> str:
    return f'INSERT INTO "{table}" ({", ".join(values)}) SELECT {", ".join(values.values())} FROM {source}'  # noqa: S608  # our own names


def _counts(names: tuple[str, ...], counted: dict[str, str]) -> str:
    return ", ".join(f"count(*) FILTER (WHERE {counted.get(name, 'FALSE')}) AS {name}" for name in names)


def _place(number: str, texts: str) -> str:
    return f"CAST(1 + ({number}) % {len(texts) // WIDTH} * {WIDTH} AS integer)"


def _name(texts: str, number: str) -> str:
    return f"trim(substr('{_quoted(texts)}', {_place(number, texts)}, {WIDTH}))"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _code() -> str:
    bits = f"((i * {SCRAMBLE}) & {CODES})"
    return " || ".join(
        f"substr('{ALPHABET}', CAST(1 + (({bits} >> {5 * place}) & 31) AS integer), 1)" for place in range(CODE_LETTERS)
    )


FIRST_NAME, LAST_NAME = _name(FIRST, "i"), _name(LAST, "i / 10")
SEARCH_WORDS = (
    "'+4917' || (100000000 + i)",
    "'-' || reverse('4917' || (100000000 + i))",
    f"lower({FIRST_NAME})",
    "'examplecom'",
    "'guest' || i || 'examplecom'",
    f"lower(replace({LAST_NAME}, '''', ''))",
)
"""The words of each guest; the Arc of d'Arc is left out."""
