"""The world an attack acts on: the database as discovered, the truth about its rows, and safe ways to act."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from psycopg import sql

from ttdb.model import Action, Reach, Unproven
from ttdb.validate.catalog import VIEWS, Relation
from ttdb.validate.contexts import Contexts
from ttdb.validate.discover import Discovery
from ttdb.validate.ground import Canary, Ground
from ttdb.validate.queries import query
from ttdb.validate.sessions import Acting, Mode, Outcome, Sessions, Statement, run

_JSON = ("json", "jsonb")
_AT_ONCE = 20  # relations in one statement: few round trips, and no long transaction


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role may do to one relation; the column lists are None where all are allowed."""

    selects: bool  # at least one column
    inserts: bool
    updates: bool
    deletes: bool
    select_columns: tuple[str, ...] | None = None
    update_columns: tuple[str, ...] | None = None
    insert_columns: tuple[str, ...] | None = None

    def may_read(self, column: str) -> bool:
        """Tell whether the role may read a column."""
        return self.select_columns is None or column in self.select_columns


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether a role saw what it looked for in one relation, or what the server refused with."""

    seen: bool
    error: str = ""
    sqlstate: str = ""


class World:
    """A database under attack; keeps count of what was tried."""

    def __init__(self, found: Discovery, ground: Ground, sessions: Sessions, *, disposable: bool = False) -> None:
        self.found = found
        self.ground = ground
        self.sessions = sessions
        self.contexts = Contexts(found, ground, sessions.overseer)
        self.disposable = disposable  # more than one row may be written, in what rolls back
        self.probes = 0
        self.tried: dict[tuple[str, str, Action], tuple[Reach, str]] = {}  # by role, object and action
        self._reads: dict[str, dict[int, Sight]] = {}
        self._nobody: dict[str, dict[str, dict[int, Sight]]] = {}
        self._canaries: dict[str, dict[str, Canary]] = {}

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
        names = {"roles": list(self.attackers)}
        rows = self.sessions.overseer.execute(query("privileges"), names).fetchall()
        rows = [row for row in rows if row[0] in self.found.catalog.relations]
        partly = sorted({row[0] for row in rows if not row[2]})
        columns = self.sessions.overseer.execute(query("columns_allowed"), {**names, "relations": partly}).fetchall()
        allowed = {(row[1], row[0]): tuple(tuple(each or ()) for each in row[2:]) for row in columns}
        found = {}
        for oid, role, _selects, some, inserts, updates, deletes in rows:
            lists = allowed.get((role, oid), (None, None, None))
            found[role, oid] = Rights(some, inserts, updates, deletes, lists[0], lists[2], lists[1])
        return found

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
        """Record what came of an action; of several attempts the worst stands."""
        known = self.tried.get((role, name, action))
        order = list(Reach)
        if known is None or order.index(reach) < order.index(known[0]):
            self.tried[role, name, action] = reach, why

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
            self._look(role, settings, {oid: wanted[oid] for oid in oids[start : start + _AT_ONCE]}, seen, fresh=fresh)
        return seen

    def _look(
        self,
        role: str,
        settings: Mapping[str, str],
        wanted: Mapping[int, sql.Composed],
        seen: dict[int, Sight],
        *,
        fresh: bool,
    ) -> None:
        statement = sql.SQL(" union all ").join(
            sql.SQL("select {}, exists (select from {} as r where {})").format(
                sql.Literal(oid), self.relation(oid).identifier, condition
            )
            for oid, condition in wanted.items()
        )
        with self.acting_as(role, settings, fresh=fresh) as acting:
            outcome = acting.attempt(statement)
        if outcome.done:
            self.probes += len(wanted) - 1
            seen.update({oid: Sight(there) for oid, there in outcome.rows})
        elif len(wanted) == 1:
            seen[next(iter(wanted))] = Sight(seen=False, error=outcome.message, sqlstate=outcome.sqlstate or "")
        else:
            oids = list(wanted)
            for half in (oids[: len(oids) // 2], oids[len(oids) // 2 :]):
                self._look(role, settings, {oid: wanted[oid] for oid in half}, seen, fresh=fresh)

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
        if relation.oid in self.found.tenant_columns or relation.oid in self.found.paths:
            return True
        owned = {*self.found.tenant_columns, *self.found.paths}
        return bool(self.found.catalog.bases.get(relation.oid, frozenset()) & owned)

    def foreign(self, role: str, relation: Relation) -> sql.Composed | None:
        """Return the condition that only other tenants' rows meet; None where there is nothing to tell them by."""
        actor = self.actor(relation)
        if actor is None:
            return None
        conditions = [condition for condition in [self.by_owner(role, relation, actor)] if condition is not None]
        if relation.oid in self.ground.holdings and not self.ground.victims(relation.oid, actor):
            return None
        values = list(self.canaries(actor))
        if values and (relation.kind in VIEWS or not conditions):
            conditions.append(contains(relation, self.rights[role, relation.oid], values))
        elif values and (documents := self._documents(role, relation)):
            rights = replace(self.rights[role, relation.oid], select_columns=documents)
            conditions.append(contains(relation, rights, values))
        return sql.SQL("({})").format(sql.SQL(" or ").join(conditions)) if conditions else None

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

    def identity(self, relation: Relation, rows: list[Mapping[str, object]]) -> sql.Composed:
        """Return the condition that exactly these rows meet."""
        names = relation.key or tuple(column.name for column in relation.columns)
        one = sql.SQL("jsonb_build_array({})").format(
            sql.SQL(", ").join(sql.SQL("to_jsonb(r.{})").format(sql.Identifier(name)) for name in names)
        )
        values = sql.SQL(", ").join(
            sql.SQL("jsonb_build_array({})").format(
                sql.SQL(", ").join(sql.SQL("{}::jsonb").format(_json(row.get(name))) for name in names)
            )
            for row in rows
        )
        return sql.SQL("{} in ({})").format(one, values)

    def lacking(self, relation: Relation) -> Unproven | None:
        """Say why nothing can be shown about a relation, where that is so."""
        holding = self.ground.holdings.get(relation.oid)
        if holding is not None and holding.error:
            return Unproven(str(relation), f"the login could not read it: {holding.error}")
        actor = self.actor(relation)
        if len(self.ground.tenants) < 2:  # noqa: PLR2004 - an attacker and a victim
            return Unproven(str(relation), "rows of two tenants are needed, and the database has fewer")
        if holding is not None and (actor is None or not self.ground.victims(relation.oid, actor)):
            return Unproven(str(relation), "rows of two tenants are needed: the table has none")
        return None


def _json(value: object) -> sql.Composable:
    return sql.Literal(json.dumps(value))


def line_of(relation: Relation, rights: Rights) -> sql.Composed:
    """Return the row ``r`` as JSON, of the columns that may be read."""
    if rights.select_columns is None:
        return sql.SQL("to_jsonb({})").format(sql.Identifier("r"))
    readable = [column.name for column in relation.columns if rights.may_read(column.name)]
    names = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in readable)
    return sql.SQL("jsonb_build_array({})").format(names)


def contains(relation: Relation, rights: Rights, values: list[str]) -> sql.Composed:
    """Return the condition that a row holds one of the values, at any depth of its JSON."""
    return sql.SQL(
        "exists (select from pg_catalog.jsonb_path_query({}, 'strict $.**') as v (v) where v.v #>> '{{}}' = any({}))"
    ).format(line_of(relation, rights), sql.Literal(values))
