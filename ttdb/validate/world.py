"""The world an attack acts on: the database as discovered, the truth about its rows, and safe ways to act."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar, cast

from psycopg import sql

from ttdb.model.validation import Action, Pool, Reach, Unproven
from ttdb.shape import Schema, read_schema
from ttdb.validate.acting import Acting
from ttdb.validate.catalog import VIEWS, Relation
from ttdb.validate.conditions import contains, rendered
from ttdb.validate.contexts import Contexts
from ttdb.validate.discover import Discovery
from ttdb.validate.ground import Canary, Ground, Holding
from ttdb.validate.identity import identity
from ttdb.validate.outcomes import Outcome, Statement, run, without_values
from ttdb.validate.rights import Rights, rights_of
from ttdb.validate.sessions import Mode, Sessions
from ttdb.validate.taint import Taint

T = TypeVar("T")
_JSON = ("json", "jsonb")
_CANARIES = 400  # looked for in one relation
_MANY = 200_000  # rows
_AT_ONCE = 20  # relations in one statement: few round trips, and no long transaction


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether a role saw what it looked for in one relation, or what the server refused with."""

    seen: bool
    error: str = ""
    sqlstate: str = ""


class World:
    """A database under attack; keeps count of what was tried."""

    def __init__(
        self,
        found: Discovery,
        ground: Ground,
        sessions: Sessions,
        *,
        disposable: bool = False,
        pool: Pool | None = None,
    ) -> None:
        self.found = found
        self.ground = ground
        self.sessions = sessions
        self.contexts = Contexts(found, ground, sessions.overseer)
        self.disposable = disposable  # more than one row may be written, in what rolls back
        self.pool = pool  # what was tried of the pooler before the database
        self.probes = 0
        self.tried: dict[tuple[str, str, Action], tuple[Reach, str]] = {}  # by role, object and action
        self._reads: dict[str, dict[int, Sight]] = {}
        self._nobody: dict[str, dict[str, dict[int, Sight]]] = {}
        self._canaries: dict[str, dict[str, Canary]] = {}
        self._taints: dict[str, Taint] = {}
        self._foreign: dict[tuple[str, int], sql.Composed | None] = {}
        self._once: dict[tuple[Hashable, ...], object] = {}

    def once(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return what was made under this key; several attacks ask for the same, which takes many statements."""
        if key not in self._once:
            self._once[key] = make()
        return cast("T", self._once[key])

    @cached_property
    def attackers(self) -> tuple[str, ...]:
        """Return the roles that can be acted as."""
        return tuple(role for role in self.found.attackers if self.sessions.may_act_as(role))

    @cached_property
    def app_attackers(self) -> tuple[str, ...]:
        """Return the application's roles among them."""
        return tuple(role for role in self.attackers if role in self.found.roles.app)

    @cached_property
    def rights(self) -> Mapping[tuple[str, int], Rights]:
        """Return what each attacker may do to each relation, effectively, through groups and PUBLIC too."""
        return rights_of(self.sessions.overseer, self.attackers, self.found.catalog.relations)

    @cached_property
    def shape(self) -> Schema:
        """Return what the tables take, read when first needed."""
        return read_schema(self.sessions.overseer)

    def readable(self, role: str) -> list[Relation]:
        """Return the relations that a role may read from, some columns of them at least."""
        return [self.relation(oid) for (who, oid), rights in self.rights.items() if who == role and rights.selects]

    def relation(self, oid: int) -> Relation:
        """Return one relation."""
        return self.found.catalog.relations[oid]

    def context(self, tenant: str | None, **others: str) -> dict[str, str]:
        """Return the settings of an honest session of a tenant, and any others."""
        return {**self.contexts.of(tenant), **others}

    @contextmanager
    def acting_as(
        self, role: str, settings: Mapping[str, str], *, fresh: bool = False, mode: Mode = Mode.PLAIN
    ) -> Iterator[Acting]:
        """Open a transaction as a role; it always rolls back. Counts as one probe."""
        self.probes += 1
        with self.sessions.acting_as(role, settings, fresh=fresh, mode=mode) as acting:
            yield acting

    def note(self, role: str, name: str, action: Action, reach: Reach, why: str = "") -> None:
        """Record what came of an action; of several attempts the worst stands, whichever came first."""
        order = list(Reach)
        known = self.tried.get((role, name, action), (reach, why))
        self.tried[role, name, action] = min((reach, why), known, key=lambda each: (order.index(each[0]), each[1]))

    def oversee(self, statement: Statement) -> Outcome:
        """Ask the overseer, outside any attack."""
        return run(self.sessions.overseer, statement)

    def look(
        self, role: str, settings: Mapping[str, str], wanted: Mapping[int, sql.Composed], *, fresh: bool = False
    ) -> dict[int, Sight]:
        """Tell, for each relation, whether the role sees a row for which the condition on ``r`` holds."""
        seen: dict[int, Sight] = {}
        oids = list(wanted)
        for start in range(0, len(oids), _AT_ONCE):
            with self.acting_as(role, settings, fresh=fresh) as acting:
                self._look(acting, {oid: wanted[oid] for oid in oids[start : start + _AT_ONCE]}, seen)
        return seen

    def sees(self, acting: Acting, wanted: Mapping[int, sql.Composed]) -> frozenset[int]:
        """Return the relations in which a row is seen for which the condition holds, in a transaction that is open."""
        seen: dict[int, Sight] = {}
        if wanted:
            self._look(acting, wanted, seen)
        return frozenset(oid for oid, sight in seen.items() if sight.seen)

    def _look(self, acting: Acting, wanted: Mapping[int, sql.Composed], seen: dict[int, Sight]) -> None:
        """Look in one statement; where it fails, find out for each by itself, or by halves where few fail."""
        outcome = acting.attempt(self._looks(wanted))
        self.probes += 1
        oids = list(wanted)
        if outcome.done:
            self.probes += len(oids) - 1
            seen.update({oid: Sight(there) for oid, there in outcome.rows})
        elif len(oids) == 1:
            seen[oids[0]] = Sight(seen=False, error=without_values(outcome), sqlstate=outcome.sqlstate or "")
        else:
            self._look(acting, {oids[0]: wanted[oids[0]]}, seen)
            size = 1 if seen[oids[0]].error else max(len(oids) // 2, 1)
            for start in range(1, len(oids), size):
                self._look(acting, {oid: wanted[oid] for oid in oids[start : start + size]}, seen)

    def _looks(self, wanted: Mapping[int, sql.Composed]) -> sql.Composed:
        return sql.SQL(" union all ").join(
            sql.SQL("select {}, exists (select from {} as r where {})").format(
                sql.Literal(oid), self.relation(oid).identifier, condition
            )
            for oid, condition in wanted.items()
        )

    def reads(self, role: str) -> dict[int, Sight]:
        """Return, for every relation the role may read, whether an honest session of one tenant sees another's rows."""
        if role not in self._reads:
            groups: dict[str, dict[int, sql.Composed]] = {}
            for relation in self.readable(role):
                actor = self.actor(relation)
                condition = self.foreign(role, relation)
                if actor is not None and condition is not None:
                    groups.setdefault(actor, {})[relation.oid] = condition
            sights: dict[int, Sight] = {}
            for actor, wanted in groups.items():
                sights |= self.look(role, self.context(actor), wanted)
            self._reads[role] = sights
        return self._reads[role]

    def reads_without_tenant(self, role: str) -> dict[str, dict[int, Sight]]:
        """Return what a session that is nobody's sees of tenants' rows, by how it is nobody's."""
        if role not in self._nobody:
            wanted = {
                relation.oid: condition
                for relation in self.readable(role)
                if (condition := self.anything(role, relation)) is not None
            }
            self._nobody[role] = {
                how: self.look(role, self.nobody(how), wanted, fresh=how == "unset") for how in self.contexts.nobodies
            }
        return self._nobody[role]

    def nobody(self, how: str) -> dict[str, str]:
        """Return the settings of one of these sessions."""
        return self.contexts.nobodies[how]

    def actor(self, relation: Relation) -> str | None:
        """Return the tenant to act as against a relation."""
        return self.ground.actor(relation.oid)

    def belongs(self, relation: Relation) -> bool:
        """Tell whether a relation holds tenants' rows, by its own column, its parents, or what a view reads."""
        if self.found.shared(relation.oid):
            return len(self.ground.holdings.get(relation.oid, Holding()).tenants) > 1
        if relation.oid in self.found.tenant_columns or relation.oid in self.found.paths:
            return True
        owned = {*self.found.tenant_columns, *self.found.paths}
        return bool(self.found.catalog.bases.get(relation.oid, frozenset()) & owned)

    def foreign(self, role: str, relation: Relation) -> sql.Composed | None:
        """Return the condition that only other tenants' rows meet; None where there is nothing to tell them by."""
        if (role, relation.oid) not in self._foreign:
            condition = self._foreign_to(role, relation)
            # Written out once: it is asked many times, and may hold hundreds of values.
            self._foreign[role, relation.oid] = None if condition is None else rendered(condition)
        return self._foreign[role, relation.oid]

    def _foreign_to(self, role: str, relation: Relation) -> sql.Composed | None:
        actor = self.actor(relation)
        if actor is None:
            return None
        conditions = [condition for condition in [self.by_owner(role, relation, actor)] if condition is not None]
        if relation.oid in self.ground.holdings and not self.ground.victims(relation.oid, actor):
            return None
        # To look through all of many rows takes minutes; where owners tell whose they are, ISO013 looks through some.
        values = [] if conditions and self.rows_behind(relation) > _MANY else self._telling(relation, actor)
        if values and (relation.kind in VIEWS or not conditions):
            conditions.append(contains(relation, self.rights[role, relation.oid], values))
        elif values and (documents := self._documents(role, relation)):
            rights = replace(self.rights[role, relation.oid], select_columns=documents)
            conditions.append(contains(relation, rights, values))
        return sql.SQL("({})").format(sql.SQL(" or ").join(conditions)) if conditions else None

    def rows_behind(self, relation: Relation) -> int:
        """Return about how many rows the largest table has that a relation is, or reads."""
        bases = (relation.oid, *self.found.catalog.bases.get(relation.oid, ()))
        known = self.found.catalog.relations
        return max(known[oid].estimated_rows for oid in bases if oid in known)

    def _documents(self, role: str, relation: Relation) -> tuple[str, ...]:
        """Return the readable columns of a table that may hold copies of other rows: its JSON."""
        rights = self.rights[role, relation.oid]
        return tuple(each.name for each in relation.columns if each.type in _JSON and rights.may_read(each.name))

    def by_owner(self, role: str, relation: Relation, actor: str) -> sql.Composed | None:
        """Return the condition that a row belongs to another tenant, by its column or its parents."""
        column = self.found.tenant_columns.get(relation.oid)
        rights = self.rights[role, relation.oid]
        if column is not None and rights.may_read(column):
            return sql.SQL("r.{}::text <> {}").format(sql.Identifier(column), sql.Literal(actor))
        victims = [row for _, row in self.ground.victims(relation.oid, actor)]
        if victims and relation.key and all(rights.may_read(key) for key in relation.key):
            return self.identity(relation, victims)
        return None

    def anything(self, role: str, relation: Relation) -> sql.Composed | None:
        """Return the condition that any tenant's row meets, for sessions that are nobody's."""
        column = self.found.tenant_columns.get(relation.oid)
        rights = self.rights[role, relation.oid]
        if column is not None and rights.may_read(column):
            return sql.SQL("r.{} is not null").format(sql.Identifier(column))
        rows = [row for _, row in self.ground.victims(relation.oid, "")]
        return self.identity(relation, rows) if rows and relation.key else None

    def canaries(self, actor: str) -> dict[str, Canary]:
        """Return the values that only others than the actor have."""
        if actor not in self._canaries:
            self._canaries[actor] = self.ground.canaries(self.found.catalog, actor)
        return self._canaries[actor]

    def taint(self, actor: str) -> Taint:
        """Return what finds others' values again, in whatever form."""
        if actor not in self._taints:
            self._taints[actor] = Taint(self.found.catalog, self.ground, actor)
        return self._taints[actor]

    def _telling(self, relation: Relation, actor: str) -> list[str]:
        """Return canaries to look for in a relation: all of a small database, else its bases' and some of all."""
        canaries = self.canaries(actor)
        if len(canaries) <= _CANARIES:
            return list(canaries)
        most = _CANARIES if relation.kind in VIEWS else _CANARIES // 8
        near = {relation.oid, *self.found.catalog.bases.get(relation.oid, ())}
        own = [value for value, canary in canaries.items() if canary.relation in near]
        others = list(canaries)
        return [*own[:most], *others[:: max(len(others) // most, 1)]]

    def identity(self, relation: Relation, rows: list[Mapping[str, object]]) -> sql.Composed:
        """Return the condition that exactly these rows meet."""
        itself = self.relation(relation.oid)
        return identity(relation, rows, table=(relation.schema, relation.name) == (itself.schema, itself.name))

    def lacking(self, relation: Relation) -> Unproven | None:
        """Say why nothing can be shown about a relation, where that is so."""
        holding = self.ground.holdings.get(relation.oid)
        if holding is not None and holding.error:
            return Unproven(str(relation), f"the login could not read it: {holding.error}")
        if relation.oid in self.ground.refused:
            return Unproven(
                str(relation), f"rows of two tenants could not be made: {self.ground.refused[relation.oid]}"
            )
        actor = self.actor(relation)
        if len(self.ground.tenants) < 2:  # noqa: PLR2004 - an attacker and a victim
            return Unproven(str(relation), "rows of two tenants are needed, and the database has fewer")
        if holding is not None and (actor is None or not self.ground.victims(relation.oid, actor)):
            return Unproven(str(relation), "rows of two tenants are needed: the table has none")
        return None
