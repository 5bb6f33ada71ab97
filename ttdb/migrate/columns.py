"""Shorthands for writing tenants' tables with SQLAlchemy: columns, keys and rules, each with its comment."""

from typing import Any

import sqlalchemy as sa

Type = type[sa.types.TypeEngine[Any]] | sa.types.TypeEngine[Any]

TEXT = sa.Text()
INTEGER = sa.Integer()
TIME = sa.TIMESTAMP(timezone=True)
MONEY = sa.Numeric(12, 2)


def metadata(schema: str = "public") -> sa.MetaData:
    """Return SQLAlchemy's collection of tables, naming keys as PostgreSQL itself would."""
    return sa.MetaData(
        schema=schema,
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        },
    )


def standing(names: str, tables: sa.MetaData) -> None:
    """Tell SQLAlchemy of tables that an earlier revision made, so that foreign keys can point at them."""
    for name in names.split():
        sa.Table(name, tables, sa.Column("tenant_id", sa.UUID()), sa.Column("id", sa.UUID()))


def required(name: str, kind: Type, comment: str, *, default: str | None = None) -> sa.Column[Any]:
    """Return a NOT NULL column; ``default`` is SQL."""
    return sa.Column(name, kind, nullable=False, server_default=sa.text(default) if default else None, comment=comment)


def optional(name: str, kind: Type, comment: str) -> sa.Column[Any]:
    """Return a column that may be null."""
    return sa.Column(name, kind, comment=comment)


def generated(name: str, kind: Type, expression: str, comment: str) -> sa.Column[Any]:
    """Return a column that the server computes from the row's others and stores; it may be null."""
    return sa.Column(name, kind, sa.Computed(expression, persisted=True), comment=comment)


def given_columns(definition: sa.Table) -> tuple[str, ...]:
    """Return the columns of a table that a client may give values for: all but the generated ones."""
    return tuple(column.name for column in definition.columns if column.computed is None)


def server_id() -> sa.Column[Any]:
    """Return the ``id`` that the server makes."""
    return required("id", sa.UUID(), "made by the server", default="gen_random_uuid()")


def tenant_id() -> sa.Column[Any]:
    """Return the tenant column: left out of an INSERT, it is the session's tenant."""
    return required(
        "tenant_id", sa.UUID(), "whose row it is; left out, the session's tenant", default="ttdb.tenant_id()"
    )


def created_at() -> sa.Column[Any]:
    """Return the column that says when the row was made."""
    return required("created_at", TIME, "when the row was made", default="now()")


def updated_at() -> sa.Column[Any]:
    """Return the column that says when the row last changed."""
    return required("updated_at", TIME, "when the row last changed", default="now()")


def tenant_keys(tenants: str) -> tuple[sa.Constraint, ...]:
    """Return the keys of every tenant table: id, the target (tenant_id, id) of foreign keys, and the tenant itself."""
    return (
        sa.PrimaryKeyConstraint("id", comment="there is a row with this id already"),
        sa.UniqueConstraint("tenant_id", "id", comment="this tenant has a row with this id already"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{tenants}.id"],
            ondelete="RESTRICT",
            comment="there is no such tenant, or it is still in use",
        ),
    )


def monthly_keys(tenants: str, moment: str) -> tuple[sa.Constraint, ...]:
    """Return the keys of a table that is partitioned by ``moment``, which every unique key of such a table holds."""
    return (
        sa.PrimaryKeyConstraint("id", moment, comment="there is a row with this id already"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{tenants}.id"],
            ondelete="RESTRICT",
            comment="there is no such tenant, or it is still in use",
        ),
    )


def same_tenant(column: str, target: str, comment: str, *, ondelete: str = "RESTRICT") -> sa.ForeignKeyConstraint:
    """Return a foreign key that carries the tenant, so that no row can point at another tenant's."""
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete, comment=comment
    )


def rule(name: str, condition: str, comment: str) -> sa.CheckConstraint:
    """Return a CHECK; its name reads as the rule, its comment is the message for a person."""
    return sa.CheckConstraint(sa.text(condition), name=name, comment=comment)


def unique(*columns: str, comment: str) -> sa.UniqueConstraint:
    """Return a UNIQUE constraint."""
    return sa.UniqueConstraint(*columns, comment=comment)


def one_of(column: str, values: str) -> str:
    """Return the condition that a column holds one of these words."""
    return f"{column} in ({', '.join(repr(value) for value in values.split())})"


def text_of(column: str, most: int) -> str:
    """Return the condition that a text is not blank and not longer than this."""
    return f"{column} ~ '\\S' and length({column}) <= {most}"


def only_in(column: str, statuses: str) -> str:
    """Return the condition that a moment is filled only in these states."""
    return f"{column} is null or {one_of('status', statuses)}"


def not_before(later: str, earlier: str) -> str:
    """Return the condition that one moment does not precede another; services' clocks may differ by a minute."""
    return f"{later} >= {earlier} - make_interval(mins => 1)"


def email_form(column: str) -> str:
    """Return the condition that a text looks like an e-mail address, in lower case so that it is found again."""
    return f"{column} ~ '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' and {column} = lower({column})"


def phone_form(column: str) -> str:
    """Return the condition that a text is a phone number in international form (E.164)."""
    return f"{column} ~ '^\\+[1-9][0-9]{{6,14}}$'"


def currency_form(column: str) -> str:
    """Return the condition that a text looks like a currency of ISO 4217."""
    return f"{column} ~ '^[A-Z]{{3}}$'"


def slug_form(column: str) -> str:
    """Return the condition that a text can stand in an address: lower-case words with hyphens, 100 characters."""
    return f"{column} ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length({column}) <= 100"


def finite(*moments: str) -> str:
    """Return the condition that moments are no infinity: it is in no month, and later than whatever is to follow it."""
    return " and ".join(f'isfinite("{moment}")' for moment in moments)
