"""Fit a scenario to a database: every table and column exists, and each column that needs a value gets one."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from ttdb.errors import ScenarioInvalid
from ttdb.seed.catalog import Catalog, CatalogTable
from ttdb.seed.place import suggestion
from ttdb.seed.rules import Rule, parse
from ttdb.seed.rules.inherited import Inherited
from ttdb.seed.scenario import Scenario, TableRules
from ttdb.seed.world import TablePlan

_UPGRADE = 'Run "ttdb upgrade" first: it makes the tables. A schema of your own: "ttdb seed generic".'


def fit(scenario: Scenario, catalog: Catalog, database: str) -> dict[str, TablePlan]:
    """Return the plan of each table, in an order in which foreign keys find what they point at.

    Raises:
        ScenarioInvalid: a table or column is not there, or a column that needs a value has no rule.

    """
    for name, rules in scenario.tables.items():
        if name not in catalog.tables:
            _missing(name, rules, scenario, catalog, database)
    for rules in scenario.tables.values():
        for rule in rules.columns.values():
            for picked in rule.picks():
                if picked not in scenario.tables:
                    raise rule.place.unknown("table", picked, scenario.tables)
    plans = {name: _plan(rules, catalog.tables[name]) for name, rules in scenario.tables.items()}
    return {name: plans[name] for name in _order(scenario, catalog)}


def _missing(name: str, rules: TableRules, scenario: Scenario, catalog: Catalog, database: str) -> None:
    shown = f"{scenario.schema}.{name}"
    if not catalog.tables.keys() & scenario.tables.keys():
        message = f'table "{shown}" does not exist in database "{database}"'
        raise ScenarioInvalid(message, _UPGRADE)
    hint = suggestion(name, catalog.tables, "table")
    if not hint.startswith("Did"):
        hint = 'Run "ttdb upgrade": the database may be older than the scenario.'
    raise rules.place.wrong(f'table "{shown}" does not exist in database "{database}"', hint)


def _plan(rules: TableRules, table: CatalogTable) -> TablePlan:
    for column in rules.columns:
        place = rules.place.at("columns", column)
        if column.startswith("_"):
            continue
        if column not in table.columns:
            raise place.unknown(f'column of "{table.schema}.{table.name}"', column, table.columns)
        if table.columns[column].is_generated:
            raise place.wrong("is a generated column: the database computes it", "Take the rule away.")
        if rules.columns[column].nulls and table.columns[column].not_null:
            raise place.at("nulls").wrong(
                f'"{table.schema}.{table.name}.{column}" must not be null', "Leave nulls out."
            )
    complete = {**_automatic(rules, table), **rules.columns}
    for needed in table.columns.values():
        if needed.name not in complete and needed.not_null and not (needed.has_default or needed.is_generated):
            raise rules.place.at("columns").wrong(
                f'column "{table.schema}.{table.name}.{needed.name}" must not be null, and has no default and no rule',
                f"Add a rule for {needed.name}.",
            )
    stored = tuple(column for column in table.columns if column in complete)
    return TablePlan(table, rules.rows, complete, stored, rules.place)


def _automatic(rules: TableRules, table: CatalogTable) -> Mapping[str, Rule]:
    made: dict[str, Rule] = {}
    if table.id_column is None:
        raise rules.place.wrong(
            f'the primary key of "{table.schema}.{table.name}" is not one uuid',
            "The seed knows its own rows by their uuid: it cannot fill this table yet.",
        )
    made[table.id_column] = parse({"uuid": True}, rules.place.at("columns", table.id_column))
    parent = rules.rows.parent
    link = table.links_to(parent) if parent is not None else None
    if parent is not None and link is not None:
        for own, theirs in zip(link.columns, link.parent_columns, strict=True):
            made[own] = Inherited({"column": theirs}, rules.place.at("columns", own))
    return made


def _order(scenario: Scenario, catalog: Catalog) -> list[str]:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in scenario.tables:
        parents = {key.parent for key in catalog.tables[name].foreign_keys} - {name}
        sorter.add(name, *sorted(parents & scenario.tables.keys()))
    try:
        return list(sorter.static_order())
    except CycleError as error:
        message = f"foreign keys run in a circle: {' -> '.join(error.args[1])}"
        raise ScenarioInvalid(message, "The seed cannot fill such tables yet.") from error
