"""The form of a program: its terms as texts, and what was sent of them as a change.

Steps, bonus hours and the cost have several inputs each, which are one value together. A row that is empty is left out;
steps may be written in any order. Only what differs from the values that the form was made with is a change: what
somebody else changed meanwhile stays. What is right is decided in the core.
"""

import re
from collections.abc import Collection, Mapping

import msgspec

from api.pages.desk.forms import SentForm, check_fields
from api.pages.desk.program_fields import FIELDS, MINUTE
from loyalty_app.words import N_, amount_of, amount_text
from loyalty_core.bonus_hours import MOST_ROWS, BonusHours
from loyalty_core.fields import CURRENCIES
from loyalty_core.programs import Program, ProgramChange, Terms
from loyalty_core.steps import MOST_STEPS, Step

STEP_ROWS, HOUR_ROWS, WEEKDAYS = range(1, MOST_STEPS + 1), range(1, MOST_ROWS + 1), range(1, 8)
TIME = re.compile(r"|([01]\d|2[0-3]):[0-5]\d", re.ASCII)
CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
PLAIN = {"number", "text", "choice"}
FACTORS = {2: N_("twice"), 3: N_("three times")}
Rows = list[dict[str, object]]


class HourTable(msgspec.Struct, frozen=True):
    """What the rows of bonus hours are drawn with: the names of the days, and how often a stamp may count."""

    weekdays: dict[int, str]
    factors: dict[int, str]

    def kind(self, text: str) -> str:
        """The kind of the input for a time: a browser's own cannot show the end of a day, 24:00, nor what is wrong."""
        return "time" if TIME.fullmatch(text) else "text"

    def filled(self, values: Mapping[str, str], row: int) -> bool:
        """Whether there is anything in a row."""
        names = (f"hours_from_{row}", f"hours_to_{row}", *(f"hours_day_{row}_{day}" for day in WEEKDAYS))
        return any(values.get(name) for name in names)


def texts_of(program: Program) -> dict[str, str]:
    """The inputs of a program's form as its terms fill them: waiting in minutes, and no limit as an empty field."""
    terms = program.terms
    plain = {name: getattr(terms, name) for name, field in FIELDS.items() if field.kind in PLAIN and name != "title"}
    minutes = f"{terms.cooldown_seconds / MINUTE:.4f}".rstrip("0").rstrip(".")
    texts = {name: "" if value is None else str(value) for name, value in plain.items()}
    texts |= {"title": program.title or "", "cooldown_seconds": minutes, **_step_texts(terms.steps)}
    return texts | _hour_texts(terms.bonus_hours) | _cost_texts(terms)


def was_texts(program: Program) -> dict[str, str]:
    """What a form keeps of the values that it was made with, by the names of the fields."""
    texts = texts_of(program)
    rows = {"steps": program.terms.steps, "bonus_hours": program.terms.bonus_hours}
    return {**texts, **{name: _kept(msgspec.to_builtins(value)) for name, value in rows.items()}}


def _kept(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _step_texts(steps: tuple[Step, ...]) -> dict[str, str]:
    rows = zip(STEP_ROWS, steps, strict=False)
    return {
        name: text
        for row, step in rows
        for name, text in ((f"step_stamps_{row}", str(step.stamps)), (f"step_reward_{row}", step.reward_description))
    }


def _hour_texts(rows: tuple[BonusHours, ...]) -> dict[str, str]:
    texts = dict[str, str]()
    for row, hours in zip(HOUR_ROWS, rows, strict=False):
        texts |= {f"hours_day_{row}_{day}": "yes" for day in hours.weekdays}
        texts |= {f"hours_from_{row}": hours.begin, f"hours_to_{row}": hours.end}
        texts[f"hours_factor_{row}"] = str(hours.factor)
    return texts


def _cost_texts(terms: Terms) -> dict[str, str]:
    known = terms.reward_cost is not None and terms.currency is not None
    cost = amount_text(terms.reward_cost or 0, str(terms.currency)) if known else ""
    return {"reward_cost": cost, "currency": terms.currency or ""}


def sent_change(form: SentForm, fields: Collection[str]) -> ProgramChange:
    """What somebody changed of these fields. Raises InvalidRequest if a value cannot be one of its field."""
    values: dict[str, object] = {
        name: _value(form, name)
        for name in fields
        if FIELDS[name].kind in PLAIN and form.text(name) != form.text(f"was_{name}")
    }
    rows = {"steps": _steps, "bonus_hours": _hours}
    sent = {name: read(form) for name, read in rows.items() if name in fields and form.text(f"was_{name}")}
    values |= {name: found for name, found in sent.items() if _kept(found) != form.text(f"was_{name}")}
    if any(form.text(name) != form.text(f"was_{name}") for name in ("reward_cost", "currency")):
        values |= _cost(form)
    check_fields(values, ProgramChange)
    return msgspec.convert(values, ProgramChange)


def _value(form: SentForm, name: str) -> object:
    if FIELDS[name].kind != "number":
        return (form.text(name) or None) if name == "title" else form.text(name)
    number = form.number(name)
    if name == "cooldown_seconds" and isinstance(number, int):
        return number * MINUTE
    return "" if name in {"cooldown_seconds", "opening_stamps"} and number is None else number


def _steps(form: SentForm) -> Rows:
    """The steps in ascending order, where all have a number."""
    rows = [(form.number(f"step_stamps_{row}"), form.text(f"step_reward_{row}")) for row in STEP_ROWS]
    written = [(stamps, reward) for stamps, reward in rows if stamps is not None or reward]
    if all(isinstance(stamps, int) for stamps, _ in written):
        written.sort(key=lambda one: int(one[0] or 0))
    return [{"stamps": stamps, "reward_description": reward} for stamps, reward in written]


def _hours(form: SentForm) -> Rows:
    rows = [_hour_row(form, row) for row in HOUR_ROWS if form.text(f"hours_drop_{row}") != "yes"]
    return [row for row in rows if row["weekdays"] or row["from"] or row["to"]]


def _hour_row(form: SentForm, row: int) -> dict[str, object]:
    return {
        "weekdays": [day for day in WEEKDAYS if form.text(f"hours_day_{row}_{day}") == "yes"],
        "from": _clock(form.text(f"hours_from_{row}")),
        "to": _clock(form.text(f"hours_to_{row}")),
        "factor": form.number(f"hours_factor_{row}"),
    }


def _clock(text: str) -> str:
    """A time of the day as the core writes it, as 09:00 for "9"; the text itself if it is none."""
    typed = CLOCK.fullmatch(text)
    return f"{int(typed[1]):02}:{int(typed[2] or 0):02}" if typed else text


def _cost(form: SentForm) -> dict[str, object]:
    """The amount and its currency, which mean nothing without each other."""
    text, currency = form.text("reward_cost"), form.text("currency").upper()
    if not text:
        return {"reward_cost": None, "currency": currency or None}
    amount = amount_of(text, currency) if currency in CURRENCIES else 0
    return {"reward_cost": text if amount is None else amount, "currency": currency or None}
