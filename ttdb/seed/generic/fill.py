"""Write a table's rows: COPY them beside the table, ask there which ones break a rule, and insert the others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.seed.draw import Ints
from ttdb.seed.generic.beyond import taken, twice
from ttdb.seed.generic.chains import ended
from ttdb.seed.generic.chunk import How
from ttdb.seed.generic.parents import Kept, Line
from ttdb.seed.generic.peers import together
from ttdb.seed.generic.rows import Rows
from ttdb.seed.generic.settled import settling
from ttdb.seed.progress import Progress
from ttdb.shape.ask import Asker, Refusal
from ttdb.shape.equations import computing

_STAGING = sql.Identifier("pg_temp", "ttdb_seed_rows")
_PLACE = sql.Identifier("ttdb_place")
_CHUNK, _FIRST, _LEAST = 5000, 8, 64
_MENDING = (How(again=1), How(again=2, safe=True), How(again=3, safe=True, alone=True))
_HOPELESS = 12  # rows that are refused for each that is taken
_TAKEN = "a key that other rows have"
_LOOKED_AT, _TOGETHER = 3, 24  # rows
_MORE = 2  # times as many rows are tried as are wanted, where keys take some away
_TRIES = 12  # rows that are refused one by one before a chunk is given up


@dataclass(slots=True)
class Filling:
    """One table that is being filled."""

    connection: Connection
    rows: Rows
    kept: Kept | None  # where its rows are kept, if others refer to them
    progress: Progress
    written: int = 0
    number: int = 0  # the first that was not tried
    refused: Counter[str] = field(default_factory=Counter)
    _beyond: bool = False  # keys of some rows leave no more rows of theirs: others are made
    _sick: list[int] = field(default_factory=list)  # rows that were refused one by one

    def fill(self, first: int, wanted: int) -> None:
        """Write rows from a number on until so many are there."""
        self._stage()
        self._look(np.arange(first, min(first + _LOOKED_AT, wanted), dtype=np.int64))
        last = wanted if self.rows.plan.is_tenants else first + (wanted - first) * _MORE
        number = self._write(first, last, wanted - first)
        lacking = wanted - first - self.written
        if lacking > 0 and self.rows.layout.spare and not self.rows.plan.is_tenants:  # of whom there are no more
            self._beyond = True
            self.refused.clear()
            number = self._write(number, number + lacking * _MORE, wanted - first)
        number = self._go_on(number, number - first, wanted - first)
        self.number = number
        if self.written < wanted - first:
            self._name_key(number)

    def go_on(self, wanted: int) -> None:
        """Try as many rows as are wanted anew, with other parents than those that were refused."""
        self.refused.clear()
        self.number = self._write(self.number, self.number + (wanted - self.written) * _MORE, wanted)

    def _go_on(self, number: int, tried: int, wanted: int) -> int:
        """Try further rows as long as some of them are taken, such as those that a hash sends to a partition."""
        written = self.written
        while not self.rows.plan.is_tenants and 0 < self.written < wanted and written * _HOPELESS > tried:
            more = min((wanted - self.written) * tried // written + _LEAST, wanted * _HOPELESS)
            before, start = self.written, number
            number = self._write(number, number + more, wanted)
            written, tried = self.written - before, max(number - start, 1)
        return number

    def _write(self, number: int, last: int, wanted: int) -> int:
        """Write the rows from one number up to another, until so many are written; return the number to go on from."""
        size = _CHUNK if not self._refers_to_itself() else _LEAST if self.rows.apart else _FIRST
        while number < last and (lacking := wanted - self.written) > 0:
            until = min(number + min(size, max(lacking, _LEAST)), last)
            tried, number = self._chunk(np.arange(number, until, dtype=np.int64), lacking)
            size = min(size * 2, _CHUNK)
            if self._sick and not self.rows.layout.frozen:
                self._look(np.array(sorted(self._sick[:_LOOKED_AT]), np.int64))
                if self.rows.layout.frozen and not self.rows.plan.is_tenants:
                    last += max(wanted - self.written, 0)
                    self.refused.clear()
            self._sick.clear()
            if not tried or sum(self.refused.values()) > max(_TRIES, _HOPELESS * self.written):
                break
        return number

    def _refers_to_itself(self) -> bool:
        return any(each.parent == self.rows.plan.table.oid for each in self.rows.plan.references)

    def _stage(self) -> None:
        table = self.rows.plan.table.identifier
        self.connection.execute(sql.SQL("drop table if exists {}").format(_STAGING))
        self.connection.execute(
            sql.SQL("create temporary table ttdb_seed_rows (like {} including generated) on commit drop").format(table)
        )
        self.connection.execute(sql.SQL("alter table {} add column {} integer").format(_STAGING, _PLACE))

    def _look(self, numbers: Ints) -> None:
        """Find out which columns a trigger wants as in the row that it took, where it refuses other rows."""
        layout = self.rows.layout
        if self._takes(numbers):
            return
        layout.frozen = set(layout.described)
        if not self._takes(numbers):
            layout.frozen = set()  # it is not what they are described as
            return
        for name in layout.described:
            layout.frozen.discard(name)
            if not self._takes(numbers):
                layout.frozen.add(name)
        self._widen(numbers)

    def _widen(self, numbers: Ints) -> None:
        """Find out what else a trigger takes of the columns that it wants as in one row; together, if it does."""
        layout = self.rows.layout
        for name in sorted(layout.frozen & layout.tried.keys()):
            taken = [layout.base.get(name)]
            for value in layout.tried[name]:
                layout.allowed[name] = (value,)
                if value not in taken and self._takes(numbers):
                    taken.append(value)
            layout.allowed[name] = tuple(taken)
            if not self._takes(np.arange(numbers[0], numbers[0] + _TOGETHER, dtype=np.int64)):
                del layout.allowed[name]

    def _takes(self, numbers: Ints) -> bool:
        made = self.rows.make(numbers)
        lines = {number: line for number, line in zip(numbers.tolist(), made, strict=True) if line is not None}
        broken = self._staged(lines)
        with self.connection.transaction(force_rollback=True):
            answer = Asker(self.connection).run(self._moved(int(numbers[0]), int(numbers[-1])))
        self.connection.execute(sql.SQL("truncate {}").format(_STAGING))
        return not isinstance(answer, Refusal) or len(broken) == len(lines)

    def _chunk(self, numbers: Ints, most: int) -> tuple[int, int]:
        """Write so many of these rows at most; return how many were tried, and the number to go on from."""
        lines: dict[int, Line] = {}
        leaning: dict[int, int | None] = {}
        left, within = numbers, (int(numbers[0]), int(numbers[-1]))
        beyond: set[tuple[str, int]] = set()
        partial = {key.name for key, _ in self.rows.layout.spare}
        for how in (How(), *_MENDING):
            made = self.rows.make(left, replace(how, beyond=frozenset(beyond), within=within))
            some = {number: line for number, line in zip(left.tolist(), made, strict=True) if line is not None}
            broken = self._staged(some)
            leaning |= self.rows.leaning
            lines |= {number: line for number, line in some.items() if number not in broken}
            if not broken:
                break
            left = np.array(sorted(broken), np.int64)
            beyond |= {(rule, number) for number, rule in broken.items() if rule in partial}
        else:
            self.refused.update(broken.values())
        chosen = together(sorted(lines), most, leaning)
        asker = Asker(self.connection)
        self._take_away(sorted({*lines} - {*chosen} | taken(asker, self.rows.plan.table, (_STAGING, _PLACE), chosen)))
        self._insert(lines, chosen)
        self.connection.execute(sql.SQL("truncate {}").format(_STAGING))
        self.progress.add(len(chosen))
        until = int(numbers[-1]) if len(chosen) < most else chosen[-1]
        return len(chosen), until + 1

    def _staged(self, lines: Mapping[int, Line]) -> dict[int, str]:
        """Put rows beside the table; take those away again that a rule refuses, and return which rule."""
        if not lines:
            return {}
        answer = self._copied(lines)
        if isinstance(answer, Refusal):
            if len(lines) == 1:
                return dict.fromkeys(lines, _told(answer))
            half = sorted(lines)[: len(lines) // 2]
            one = {number: lines[number] for number in half}
            return self._staged(one) | self._staged({n: line for n, line in lines.items() if n not in one})
        found = self._broken() | self._double(sorted(lines))
        found = {number: rule for number, rule in found.items() if number in lines}
        self._take_away(list(found))
        return found

    def _take_away(self, numbers: Sequence[int]) -> None:
        """Take rows away again that were put beside the table."""
        if numbers:
            self.connection.execute(
                sql.SQL("delete from {} where {} = any(%s)").format(_STAGING, _PLACE), (list(numbers),)
            )

    def _copied(self, lines: Mapping[int, Line]) -> Refusal | None:
        names = sql.SQL(", ").join([*map(sql.Identifier, self.rows.stored), _PLACE])
        asker = Asker(self.connection)
        refusal = asker.attempt(lambda: self._copy(names, lines))
        for each in self.rows.layout.solved if refusal is None else ():
            asker.run(computing(_STAGING, each))  # where it fails, the rule refuses the row
        for name, reference in self.rows.layout.followed.items() if refusal is None else ():
            asker.run(ended(self.rows.plan.table, reference, name, _STAGING))
        for tied in self.rows.layout.settled if refusal is None else ():
            asker.run(settling(_STAGING, _PLACE, self.rows.plan.table, tied))
        return refusal

    def _copy(self, names: sql.Composed, lines: Mapping[int, Line]) -> None:
        with (
            self.connection.cursor() as cursor,
            cursor.copy(sql.SQL("copy {} ({}) from stdin").format(_STAGING, names)) as stream,
        ):
            for number, line in lines.items():
                stream.write_row((*line, number))

    def _broken(self) -> dict[int, str]:
        rules = self.rows.layout.rules
        if not rules:
            return {}
        test = sql.SQL(" ").join(
            sql.SQL("when ({}) is false then {}").format(sql.SQL(rule.expression), sql.Literal(number))
            for number, rule in enumerate(rules)
        )
        query = sql.SQL("select {place}, case {test} end from {staging} as {name} where case {test} end is not null")
        name = sql.Identifier(self.rows.plan.table.name)
        answer = Asker(self.connection).run(query.format(place=_PLACE, test=test, staging=_STAGING, name=name))
        return {} if isinstance(answer, Refusal) else {place: rules[number].name for place, number in answer}

    def _double(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return which of these rows have a key of some rows that another row has, here or in the table."""
        found: dict[int, str] = {}
        for key, _ in self.rows.layout.spare if self._beyond else ():
            answer = Asker(self.connection).run(twice(self.rows.plan.table, key, (_STAGING, _PLACE), numbers))
            if not isinstance(answer, Refusal):
                found |= {place: key.name for (place,) in answer}
        return found

    def _insert(self, lines: Mapping[int, Line], numbers: Sequence[int]) -> None:
        """Move rows from beside the table into it; where one is refused, find out which."""
        if not numbers:
            return
        answer = Asker(self.connection).run(self._moved(numbers[0], numbers[-1]))
        if not isinstance(answer, Refusal):
            self._keep(lines, numbers, answer)
        elif len(numbers) == 1:
            self._sick.append(numbers[0])
            self.refused[Asker(self.connection).why(self.rows.plan.table, answer)] += 1
        elif sum(self.refused.values()) < _TRIES:
            half = len(numbers) // 2
            self._insert(lines, numbers[:half])
            self._insert(lines, numbers[half:])

    def _name_key(self, first: int) -> None:
        """Say which key has no value left: some more rows are tried, of which no conflict is passed over."""
        if _TAKEN not in self.refused or self.rows.plan.is_tenants:
            return
        numbers = np.arange(first, first + _FIRST, dtype=np.int64)
        made = self.rows.make(numbers)
        self._staged({number: line for number, line in zip(numbers.tolist(), made, strict=True) if line is not None})
        with self.connection.transaction(force_rollback=True):
            answer = Asker(self.connection).run(self._moved(first, first + _FIRST, skipping=False))
        self.connection.execute(sql.SQL("truncate {}").format(_STAGING))
        if isinstance(answer, Refusal) and answer.constraint:
            self.refused[f"{answer.constraint}: every value is taken"] = self.refused.pop(_TAKEN)

    def _moved(self, low: int, high: int, *, skipping: bool = True) -> sql.Composed:
        table, stored = self.rows.plan.table, self.rows.stored
        names = sql.SQL(", ").join(map(sql.Identifier, stored))
        into = sql.SQL("({})").format(names) if stored else sql.SQL("")  # nothing is given to a table of defaults
        own = any(column.identity and column.name in stored for column in table.columns)
        # A deferrable key cannot decide on a conflict.
        skip = skipping and not any(key.deferrable for key in table.keys)
        back = [*(self.kept.columns if self.kept is not None else ())]
        return sql.SQL(
            "with moved as (insert into {table} {into} {own} select {names} from {staging}"
            " where {place} between {low} and {high} order by {place} {skip} returning {back})"
            " select * from moved"
        ).format(
            table=table.identifier,
            names=names,
            into=into,
            own=sql.SQL("overriding system value" if own else ""),
            staging=_STAGING,
            place=_PLACE,
            low=sql.Literal(low),
            high=sql.Literal(high),
            skip=sql.SQL("on conflict do nothing" if skip else ""),
            back=sql.SQL(", ").join(sql.Identifier(name) + sql.SQL("::text") for name in back)
            if back
            else sql.SQL("1 as one"),
        )

    def _keep(self, lines: Mapping[int, Line], numbers: Sequence[int], answer: Sequence[Line]) -> None:
        self.written += len(answer)
        if len(answer) < len(numbers):
            self.refused[_TAKEN] += len(numbers) - len(answer)
        if self.kept is None:
            return
        owned = self.rows.plan.owned
        whose = self.rows.whose(np.array(numbers, np.int64)).tolist() if owned else [None] * len(numbers)
        if not owned or len(answer) == len(numbers):
            pairs = zip(whose, answer, strict=False)
        else:
            stored = self.rows.stored
            places = [stored.index(name) if name in stored else None for name in self.kept.columns]
            sent = {
                tuple(None if place is None else lines[number][place] for place in places): tenant
                for number, tenant in zip(numbers, whose, strict=True)
            }
            pairs = iter([(sent[line], tuple(line)) for line in map(tuple, answer) if line in sent])  # type: ignore[assignment]  # an iterator of pairs as well
        for tenant, line in pairs:
            self.kept.add(tenant, tuple(line))


def _told(refusal: Refusal) -> str:
    """Say why a row was refused beside the table, without the name of that place."""
    if refusal.constraint:
        return refusal.constraint
    return f"no value was found for {refusal.column}" if refusal.column else refusal.message
