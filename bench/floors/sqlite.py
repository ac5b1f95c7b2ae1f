"""The floor of SQLite: the bare driver in one loop, each stamp a durable commit."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from random import choice
from typing import Any

from bench.floors.samples import Samples
from bench.http_load import Round
from bench.shops import GOAL, Card
from loyalty_app.db.sqlite.engine import driver
from loyalty_app.settings import Settings

PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000"

STAMP = """
UPDATE customer SET
    version = version + 1, entries = entries + 1, updated_at = :at, current_stamps = (current_stamps + 1) % :required,
    goal = CASE WHEN current_stamps + 1 < :required THEN :required ELSE 0 END,
    program_version = CASE WHEN current_stamps + 1 < :required THEN 1 ELSE 0 END,
    total_stamps = total_stamps + 1, total_visits = total_visits + 1,
    rewards_earned = rewards_earned + ((current_stamps + 1) / :required),
    rewards_available = rewards_available + ((current_stamps + 1) / :required),
    last_visit_at = :at, last_visit_by = 'till',
    day = :day, day_stamps = CASE WHEN day = :day THEN day_stamps + 1 ELSE 1 END
WHERE business_id = :shop AND id = :guest
RETURNING current_stamps = 0, day_stamps = 1, total_visits"""
BEFORE = "SELECT day FROM customer WHERE business_id = :shop AND id = :guest"
MOVE = """
UPDATE daily_total SET last_visits = last_visits - 1, last_visits_again = last_visits_again - (:visits > 2)
WHERE business_id = :shop AND day = :before"""
ENTRY = """
INSERT INTO "transaction" (
    business_id, id, customer_id, type, stamps, actor_type, actor_id, actor_name, occurred_at, program_version
) VALUES (:shop, :entry, :guest, 'stamp', 1, 'api_key', 1, 'till', :at, 1)"""
REWARD = """
INSERT INTO reward (business_id, id, customer_id, transaction_id, description, status, earned_at)
VALUES (:shop, :reward, :guest, :entry, 'A coffee', 'available', :at)"""
EVENT = """
INSERT INTO event (business_id, id, type, customer_id, body, created_at)
VALUES (:shop, :event, :kind, :guest, :body, :at)"""
ENDPOINTS = "SELECT id, events FROM webhook_endpoint WHERE business_id = :shop AND active"
DELIVERY = """
INSERT INTO delivery (business_id, id, endpoint_id, event_id, status, attempts, created_at, next_at)
VALUES (:shop, :delivery, :endpoint, :event, 'queued', 0, :at, :at)"""
ANSWER = """
INSERT INTO idempotency (business_id, key, fingerprint, customer_id, answer, created_at)
VALUES (:shop, :key, :fingerprint, :guest, :answer, :at)"""
OWED = "UPDATE business_total SET outstanding = outstanding + 1 WHERE business_id = :shop"
TOTAL = """
INSERT INTO daily_total (
    business_id, day, visits, stamps_added, stamps_voided, new_customers,
    rewards_earned, rewards_redeemed, rewards_expired, last_visits, last_visits_again
) VALUES (:shop, :day, 1, 1, 0, 0, :full, 0, 0, :first, CASE WHEN :first THEN :visits > 1 ELSE :visits = 2 END)
ON CONFLICT (business_id, day) DO UPDATE SET
    visits = visits + 1, stamps_added = stamps_added + 1, rewards_earned = rewards_earned + excluded.rewards_earned,
    last_visits = last_visits + excluded.last_visits,
    last_visits_again = last_visits_again + excluded.last_visits_again"""
NUMBER = "UPDATE numbers SET last = last + 1 WHERE name = ? RETURNING last"


class SqliteFloor:
    """A file in which cards are stamped, and one connection to it."""

    def __init__(self, settings: Settings, cards: Sequence[Card], samples: Samples, *, once_only: bool) -> None:
        self.cards, self.samples, self.once_only = cards, samples, once_only
        self.connection = driver.connect(str(settings.sqlite_path), isolation_level=None)
        for pragma in PRAGMAS.split(";"):
            self.connection.execute(pragma)

    def measure(self, seconds: float) -> Round:
        """Stamp for that many seconds."""
        begin = time.perf_counter()
        for answers in count(1):
            self._stamp(choice(self.cards))
            if (passed := time.perf_counter() - begin) >= seconds:
                return Round(answers=answers, seconds=passed)
        raise AssertionError

    def stamp(self, times: int) -> None:
        """Give that many stamps."""
        for _ in range(times):
            self._stamp(choice(self.cards))

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _stamp(self, card: Card) -> None:
        now = datetime.now(UTC)
        at, day = now.isoformat(timespec="microseconds"), now.date().isoformat()
        known: dict[str, Any] = {
            "shop": card.business_id,
            "guest": card.customer_id,
            "at": at,
            "day": day,
            "required": GOAL,
        }
        self.connection.execute("BEGIN IMMEDIATE")
        [(known["before"],)] = self.connection.execute(BEFORE, known).fetchall()
        [(known["full"], known["first"], known["visits"])] = self.connection.execute(STAMP, known).fetchall()
        known["entry"] = self._number("transaction")
        self.connection.execute(ENTRY, known)
        self._tell(known, "stamp.added", self.samples.stamped)
        if self.once_only:
            self._keep(known)
        if known["full"]:
            self.connection.execute(REWARD, {**known, "reward": self._number("reward")})
            self._tell(known, "reward.earned", self.samples.earned)
            self.connection.execute(OWED, known)
        if known["first"] and known["before"] is not None:
            self.connection.execute(MOVE, known)
        self.connection.execute(TOTAL, known)
        self.connection.execute("COMMIT")

    def _tell(self, known: dict[str, Any], kind: str, body: bytes) -> None:
        """Write one event, and a delivery of it for each endpoint that wants it."""
        told = {**known, "event": f"msg_{int(time.time() * 1000):012x}{secrets.token_hex(8)}", "kind": kind}
        self.connection.execute(EVENT, {**told, "body": body})
        for endpoint, events in self.connection.execute(ENDPOINTS, known).fetchall():
            if kind in events.split():
                number = self._number("delivery")
                self.connection.execute(DELIVERY, {**told, "endpoint": endpoint, "delivery": number})

    def _keep(self, known: dict[str, Any]) -> None:
        """Write the answer, under a key of its own."""
        kept = {"key": secrets.token_hex(16), "fingerprint": secrets.token_bytes(32), "answer": self.samples.answer}
        self.connection.execute(ANSWER, {**known, **kept})

    def _number(self, name: str) -> int:
        [(number,)] = self.connection.execute(NUMBER, (name,)).fetchall()
        return int(number)
