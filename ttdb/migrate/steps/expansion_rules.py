"""The rules of a wanted table, brought to one in use: those of the expand stage, or those that wait for its end."""

from collections.abc import Iterator

import sqlalchemy as sa

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step
from ttdb.migrate.steps import expansion
from ttdb.migrate.steps import expansion_columns as columns
from ttdb.migrate.steps.constraint import check, foreign_key, offenders_of
from ttdb.migrate.steps.expansion import Shape


def unique(shape: Shape) -> Iterator[Step]:
    """Return the steps that build unique keys beside, then make them constraints."""
    for constraint in shape.constraints(sa.UniqueConstraint):
        name, place = str(constraint.name), qualified(shape.relation)
        names = [column.name for column in constraint.columns]
        keys = ", ".join(map(identifier, names))
        index = f"{qualified(shape.relation.split('.', 1)[0])}.{identifier(name)}"
        built = (
            "select exists (select from pg_catalog.pg_index as i\n"
            f"    where i.indexrelid = pg_catalog.to_regclass({literal(index)})\n"
            f"        and i.indrelid = pg_catalog.to_regclass({literal(shape.relation)}) and i.indisvalid\n"
            "        and i.indisunique)"
        )
        drop = f"drop index concurrently if exists {index};"
        twice = f"({keys}) in (select {keys} from {place} group by {keys} having pg_catalog.count(*) > 1)"
        yield Step(
            name=f"build-{kebab(name)}",
            up=(drop, f"create unique index concurrently {identifier(name)} on {place} ({keys});"),
            down=(drop,),
            holds=built,
            relations=(shape.relation,),
            transaction=False,
            offenders=None if shape.keyed(names) else offenders_of(shape.relation, twice),
        )
        remark = f"comment on constraint {identifier(name)} on {place} is {literal(constraint.comment or '')};"
        yield Step(
            name=f"unique-{kebab(name)}",
            up=(
                f"alter table {place} add constraint {identifier(name)} unique using index {identifier(name)};",
                remark,
            ),
            down=(f"alter table {place} drop constraint {identifier(name)};",),
            holds=(
                "select exists (select from pg_catalog.pg_constraint as k\n"
                f"    where k.conrelid = pg_catalog.to_regclass({literal(shape.relation)})"
                f" and k.conname = {literal(name)})"
            ),
            relations=(shape.relation,),
        )


def constraints(shape: Shape) -> Iterator[Step]:
    """Return the steps that add CHECKs and foreign keys for new rows, and validate them for old ones."""
    for rule in shape.constraints(sa.CheckConstraint):
        yield from check(shape.relation, str(rule.name), expansion.condition(rule), comment=rule.comment or "")
    for key in shape.constraints(sa.ForeignKeyConstraint):
        yield from foreign_key(
            shape.relation,
            str(key.name),
            [element.parent.name for element in key.elements],
            expansion.target(key),
            [element.target_fullname.rsplit(".", 1)[1] for element in key.elements],
            comment=key.comment or "",
            ondelete=(key.ondelete or "no action").lower(),
        )


def not_null(shape: Shape) -> tuple[Step, ...]:
    """Return the steps that let no wanted value be missing: one CHECK spares NOT NULL its own scan under lock."""
    names = shape.required
    if not names:
        return ()
    place, proof = qualified(shape.relation), f"{shape.name}_must_be_complete"
    known = " and ".join(f"{identifier(name)} is not null" for name in names)
    each = ", ".join(f"alter column {identifier(name)} set not null" for name in names)
    return (
        *check(shape.relation, proof, known, comment="a value is missing"),
        Step(
            name=f"not-null-{kebab(shape.relation)}",
            up=(f"alter table {place} {each};", f"alter table {place} drop constraint {identifier(proof)};"),
            down=(),
            replaced=columns.nullable_again(shape, names, proof, known),
            holds=f"select not exists (\n{columns.nullable(shape, names)}\n)",
            always=True,
            relations=(shape.relation,),
        ),
    )
