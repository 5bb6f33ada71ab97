"""Make tables partitioned while they are in use."""

from ttdb.migrate.steps import sql_file, upgrade_and_downgrade

revision = "engine_0007"
down_revision = "engine_0006"
branch_labels = None
depends_on = None

_CONVERTED = """\
select pg_catalog.format('%s stays partitioned', c.relation)
from ttdb.converted_tables as c"""

STEPS = [
    sql_file("65_conversion/converted_tables.sql", creates="table ttdb.converted_tables", loses=_CONVERTED),
    sql_file("65_conversion/unconvertible.sql", creates="function ttdb.unconvertible(regclass, name)"),
    sql_file("65_conversion/refuse_unconvertible.sql", creates="function ttdb.refuse_unconvertible(regclass, name)"),
    sql_file("65_conversion/statements_inside.sql", creates="function ttdb.statements_inside(regclass, name)"),
    sql_file("65_conversion/rules_of_moves.sql", creates="function ttdb.rules_of_moves(regclass)"),
    sql_file("65_conversion/statements_outside.sql", creates="function ttdb.statements_outside(regclass)"),
    sql_file("65_conversion/say_again.sql", creates="function ttdb.say_again(text[], text[])"),
    sql_file("65_conversion/close_leaf.sql", creates="function ttdb.close_leaf(regclass, regclass)"),
    sql_file("65_conversion/take_over.sql", creates="function ttdb.take_over(regclass, regclass)"),
    sql_file("65_conversion/partition_in_place.sql", creates="function ttdb.partition_in_place(regclass, name)"),
    sql_file("65_conversion/unpartition_in_place.sql", creates="function ttdb.unpartition_in_place(regclass)"),
    sql_file("65_conversion/tg__note_change.sql", creates="function ttdb.tg__note_change()"),
    sql_file("65_conversion/stop_noting.sql", creates="function ttdb.stop_noting(regclass)"),
    sql_file("65_conversion/note_changes.sql", creates="function ttdb.note_changes(regclass)"),
    sql_file("65_conversion/end_copy.sql", creates="function ttdb.end_copy(regclass, integer)"),
    sql_file("65_conversion/stage_copy.sql", creates="function ttdb.stage_copy(regclass, text, text[])"),
    sql_file("65_conversion/leaves_to_come.sql", creates="function ttdb.leaves_to_come(regclass)"),
    sql_file("65_conversion/begin_copy.sql", creates="function ttdb.begin_copy(regclass, text, text[], integer)"),
    sql_file("65_conversion/copy_changes.sql", creates="function ttdb.copy_changes(regclass, bigint)"),
    sql_file("65_conversion/copy_rows.sql", creates="function ttdb.copy_rows(regclass, text, bigint)"),
    sql_file("65_conversion/refuse_older_snapshots.sql", creates="function ttdb.refuse_older_snapshots(regclass)"),
    sql_file("65_conversion/finish_copy.sql", creates="function ttdb.finish_copy(regclass, text, interval)"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
