"""What discovery is told, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass

from ttdb.validate.catalog import TABLES, Catalog, Relation
from ttdb.validate.discover.trails import Trail


@dataclass(frozen=True, slots=True)
class Hints:
    """What flags and configuration say; whatever is empty is detected."""

    app_roles: tuple[str, ...] = ()
    masked_roles: tuple[str, ...] = ()
    cross_tenant_roles: tuple[str, ...] = ()
    tenant_setting: str | None = None
    tenant_column: str | None = None
    protected_schemas: tuple[str, ...] = ()
    trails: tuple[str, ...] = ()  # audit trails
    strangers: tuple[str, ...] = ()  # logins that the application does not use: a throwaway's own superuser


@dataclass(frozen=True, slots=True)
class Hop:
    """One join on the way from a table without a tenant column to one that has it."""

    columns: tuple[str, ...]
    parent: int
    parent_columns: tuple[str, ...]
    declared: bool  # a foreign key; otherwise a column's name and type
    several: bool = False  # the parent is none, but a membership that points here: it may reach more than one tenant


@dataclass(frozen=True, slots=True)
class PersonalColumn:
    """A column whose raw values the masked roles must not see."""

    relation: int
    column: str


@dataclass(frozen=True, slots=True)
class Registry:
    """What schema ttdb records; empty on a database that ttdb does not manage."""

    present: bool = False
    tenant_columns: Mapping[str, str] | None = None
    personal: tuple[PersonalColumn, ...] = ()
    audited: tuple[int, ...] = ()
    declared_keys: tuple[int, ...] = ()  # key tables over all tenants, whose values a provider makes at random
    trail: bool = False
    tenant_setting: str | None = None
    signed: bool = False  # a tenant counts only in a token that the database can verify
    resolvers: tuple[int, ...] = ()  # functions that tell whose something is, and are declared to
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is who."""

    app: tuple[str, ...]
    masked: tuple[str, ...]
    cross_tenant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """A database as the attacks see it."""

    catalog: Catalog
    registry: Registry
    tenant_columns: Mapping[int, str]  # tables, partitions and views that have one
    paths: Mapping[int, tuple[Hop, ...]]  # tables whose rows belong to tenants through their parents
    tenant_column: str | None  # the usual name
    tenant_settings: tuple[str, ...]
    other_settings: tuple[str, ...]  # named in policies, views and functions, and no tenant's
    roles: Roles
    protected_schemas: tuple[str, ...]
    assumptions: tuple[str, ...]
    trails: tuple[Trail, ...] = ()  # not ttdb's own
    by_login: bool = False  # policies know the tenant by who has logged in, and no setting names it

    def shared(self, oid: int) -> bool:
        """Tell whether a table holds people, who belong to those who have them as members: a new one is nobody's."""
        return any(hop.several for hop in self.paths.get(oid, ())[:1])

    @property
    def tenant_names(self) -> frozenset[str]:
        """Return what columns that hold the tenant are called; not the key of the tenants' own table, which any has."""
        keys = {oid for oid, name in self.tenant_columns.items() if self.catalog.relations[oid].key == (name,)}
        return frozenset(name for oid, name in self.tenant_columns.items() if oid not in keys)

    @property
    def tenant_tables(self) -> tuple[Relation, ...]:
        """Return the tables and partitions with a tenant column."""
        relations = (self.catalog.relations[oid] for oid in self.tenant_columns)
        return tuple(each for each in relations if each.kind in TABLES)

    @property
    def attackers(self) -> tuple[str, ...]:
        """Return the roles that attacks act as, and those that they may become.

        Superusers are beyond any policy, so acting as one shows nothing; who is meant to see all tenants does so, and
        that such a role can be become is a finding of its own.
        """
        if self.by_login:
            return ()
        known = self.catalog.roles
        both = dict.fromkeys((*self.roles.app, *self.roles.masked))
        groups = (group for role in both for group in known[role].may_become if group in known)
        both |= dict.fromkeys(group for group in groups if group not in self.roles.cross_tenant)
        return tuple(role for role in both if not known[role].superuser)
