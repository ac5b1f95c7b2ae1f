"""Reading a statement: which tables it names, and for which of them it says the shop.

A column is bound when it equals a parameter, or a column that is bound. Only conditions count that hold for every row:
those joined by AND. A condition of a subquery binds rows of the subquery; one of an outer join, rows of what is joined.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp, parse_one

OWNER = "business_id"
VALUES = (exp.Parameter, exp.Placeholder, exp.Literal)
OUTER = {"LEFT", "FULL"}

Place = tuple[int, str]
"""A column of a source, which may be a table, or a query in its place."""
Sources = Mapping[str, int]


@dataclass
class Reading:
    """A parsed statement: the tables that it names, and which columns equal which, from the one that decides."""

    tree: exp.Expr
    tables: dict[int, str] = field(default_factory=dict)
    """Each mention of a table has a number of its own."""
    targets: set[int] = field(default_factory=set)
    """The mentions that are written to."""
    bound: set[Place] = field(default_factory=set)
    equal: dict[Place, set[Place]] = field(default_factory=lambda: defaultdict(set))
    _sources: int = 0

    @cached_property
    def locks(self) -> bool:
        """Whether rows are locked; Citus then looks into no question among what is selected for the shop of another.

        It is asked at each part of a statement, and to look through a long one takes longer than everything else.
        """
        return self.tree.find(exp.Lock) is not None

    def source(self) -> int:
        """A number for another source."""
        self._sources += 1
        return self._sources

    def unbound(self, names: Iterable[str]) -> set[str]:
        """Which of these tables are named somewhere without a shop."""
        reached, waiting = set(self.bound), list(self.bound)
        while waiting:
            more = self.equal[waiting.pop()] - reached
            reached |= more
            waiting += more
        wanted = set(names)
        return {name for number, name in self.tables.items() if name in wanted and (number, OWNER) not in reached}


@dataclass(frozen=True)
class Scope:
    """The sources that a part of a statement can name: its own, and those of the queries around it."""

    own: Sources
    outer: Sources

    @property
    def all(self) -> Sources:
        """Both, the own ones first."""
        return {**self.outer, **self.own}

    def place(self, value: exp.Expr) -> Place | None:
        """The column that a value is; None if it is none of a known source. Without a table it is of the only one."""
        column = _bare(value)
        if not isinstance(column, exp.Column):
            return None
        if column.table:
            return (self.all[column.table], column.name) if column.table in self.all else None
        return (next(iter(self.own.values())), column.name) if len(self.own) == 1 else None


def read(statement: str) -> Reading:
    """Parse a statement of PostgreSQL. Raises sqlglot's ParseError."""
    tree = parse_one(statement, dialect="postgres")
    reading = Reading(tree)
    _statement(reading, tree, {}, {})
    return reading


def _statement(reading: Reading, tree: exp.Expr, outer: Sources, queries: Sources) -> int:
    """Read a query or a write; the number stands for its rows, where it is a source of another one."""
    number = reading.source()
    known = dict(queries)
    for named in (tree.args.get("with_") or exp.With(expressions=[])).expressions:
        known[named.alias] = _statement(reading, named.this, outer, known)
    match tree:
        case exp.Subquery():
            return _statement(reading, tree.this, outer, known)
        case exp.SetOperation():
            for side in (tree.this, tree.expression):
                _same_columns(reading, number, _statement(reading, side, outer, known), side)
        case exp.Insert():
            _insert(reading, tree, outer, known)
        case exp.Select() | exp.Update() | exp.Delete():
            _rows(reading, tree, outer, known, number)
    return number


def _rows(reading: Reading, tree: exp.Expr, outer: Sources, queries: Sources, number: int) -> None:
    """Read a SELECT, UPDATE or DELETE: what it names, which of its rows are chosen, and the queries within it."""
    own: dict[str, int] = {}
    if not isinstance(tree, exp.Select):
        reading.targets.add(_add(reading, tree.this, own, outer, queries))
    first, joins = tree.args.get("from_"), list(tree.args.get("joins") or ())
    for source in [*([first.this] if first else []), *(tree.args.get("using") or ())]:
        _add(reading, source, own, outer, queries)
        joins += source.args.get("joins") or ()
    joined = {_add(reading, join.this, own, {**outer, **own}, queries): join for join in joins}
    scope = Scope(own, outer)
    if where := tree.args.get("where"):
        _bind(reading, where.this, scope, set(own.values()))
    for source, join in joined.items():
        if join.args.get("on"):
            _bind(reading, join.args["on"], scope, {source} if join.side in OUTER else set(own.values()))
    for key, part in _parts(tree, joins):
        alone = key == "expressions" and reading.locks
        _queries_in(reading, part, {} if alone else scope.all, queries)
    if isinstance(tree, exp.Select):
        _selected(reading, tree, scope, number)


def _parts(tree: exp.Expr, joins: Iterable[exp.Expr]) -> Iterator[tuple[str, exp.Expr]]:
    """All of a statement that is no source of rows, and what it is called."""
    for key, value in tree.args.items():
        if key not in {"from_", "with_", "joins", "using", "this"}:
            parts = value if isinstance(value, list) else [value]
            yield from ((key, part) for part in parts if isinstance(part, exp.Expr))
    yield from (("on", join.args["on"]) for join in joins if join.args.get("on"))


def _add(reading: Reading, source: exp.Expr, own: dict[str, int], outer: Sources, queries: Sources) -> int:
    """Note a table, or a query in the place of one, under the name by which its columns are called."""
    if isinstance(source, exp.Table) and source.name in queries and not source.args.get("db"):
        number = queries[source.name]
    elif isinstance(source, exp.Table):
        number = reading.source()
        if isinstance(source.this, exp.Identifier):
            reading.tables[number] = source.name
    elif isinstance(source, exp.Subquery | exp.Lateral):
        number = _statement(reading, source.this, {**outer, **own}, queries)
    else:
        number = reading.source()
    own[source.alias_or_name] = number
    return number


def _bind(reading: Reading, condition: exp.Expr, scope: "Scope", mine: set[int]) -> None:
    """Note what the conditions joined by AND make equal; they choose among the rows of `mine`."""
    for one in _joined_by_and(condition):
        if isinstance(one, exp.EQ):
            _equal(reading, scope.place(one.this), one.expression, scope, mine)
            _equal(reading, scope.place(one.expression), one.this, scope, mine)


def _equal(reading: Reading, here: Place | None, value: exp.Expr, scope: "Scope", mine: set[int]) -> None:
    other = scope.place(value)
    if here is None or here[0] not in mine:
        return
    if other is not None:
        reading.equal[other].add(here)
    elif isinstance(_bare(value), VALUES):
        reading.bound.add(here)


def _joined_by_and(condition: exp.Expr) -> Iterator[exp.Expr]:
    match condition:
        case exp.And():
            yield from _joined_by_and(condition.this)
            yield from _joined_by_and(condition.expression)
        case exp.Paren():
            yield from _joined_by_and(condition.this)
        case _:
            yield condition


def _bare(value: exp.Expr) -> exp.Expr:
    """A value without its type."""
    while isinstance(value, exp.Cast | exp.Paren):
        value = value.this
    return value


def _queries_in(reading: Reading, part: exp.Expr, sources: Sources, queries: Sources) -> None:
    if isinstance(part, exp.Query):
        _statement(reading, part, sources, queries)
        return
    for child in part.iter_expressions():
        _queries_in(reading, child, sources, queries)


def _selected(reading: Reading, tree: exp.Select, scope: "Scope", number: int) -> None:
    """What a query selects is equal to columns of its rows."""
    for column in tree.expressions:
        place = scope.place(column.this if isinstance(column, exp.Alias) else column)
        if place is not None:
            reading.equal[place].add((number, column.alias_or_name))
            reading.equal[number, column.alias_or_name].add(place)


def _same_columns(reading: Reading, number: int, side: int, query: exp.Expr) -> None:
    for name in query.named_selects if isinstance(query, exp.Query) else ():
        reading.equal[number, name].add((side, name))


def _insert(reading: Reading, tree: exp.Insert, outer: Sources, queries: Sources) -> None:
    """A new row is bound by what it is given: a parameter, or a column of the query that is inserted."""
    target = reading.source()
    table = tree.find(exp.Table)
    assert table is not None
    reading.tables[target] = table.name
    reading.targets.add(target)
    names = [column.name for column in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    given = tree.expression
    if isinstance(given, exp.Values) and OWNER in names:
        reading.bound.add((target, OWNER))
    elif isinstance(given, exp.Query):
        made = _statement(reading, given, outer, queries)
        selected = dict(zip(names, given.selects, strict=False))
        if OWNER in selected:
            _given(reading, target, made, selected[OWNER])


def _given(reading: Reading, target: int, made: int, value: exp.Expr) -> None:
    bare = value.this if isinstance(value, exp.Alias) else value
    if isinstance(_bare(bare), VALUES):
        reading.bound.add((target, OWNER))
    else:
        reading.equal[made, value.alias_or_name].add((target, OWNER))
