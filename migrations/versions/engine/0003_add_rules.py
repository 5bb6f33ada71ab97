"""Add rules: what may follow what, what is written once, and the message for whoever breaks one."""

from ttdb.migrate.steps import sql_file, upgrade_and_downgrade

revision = "engine_0003"
down_revision = "engine_0002"
branch_labels = None
depends_on = None

STEPS = [
    sql_file("70_rules/trigger_arguments.sql", creates="function ttdb.trigger_arguments(bytea)"),
    sql_file("70_rules/condition_of_change.sql", creates="function ttdb.condition_of_change(name[])"),
    sql_file("70_rules/tg__allow_transitions.sql", creates="function ttdb.tg__allow_transitions()"),
    sql_file("70_rules/tg__keep_values.sql", creates="function ttdb.tg__keep_values()"),
    sql_file("70_rules/comment_of_rule.sql", creates="function ttdb.comment_of_rule(regclass, name)"),
    sql_file(
        "70_rules/wears_rule.sql", creates="function ttdb.wears_rule(regclass, name, regprocedure, name[], text[])"
    ),
    sql_file("70_rules/drop_rule.sql", creates="function ttdb.drop_rule(regclass, name)"),
    sql_file(
        "70_rules/hang_rule.sql", creates="function ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[])"
    ),
    sql_file("70_rules/has_transitions.sql", creates="function ttdb.has_transitions(regclass, name, name, jsonb)"),
    sql_file(
        "70_rules/allow_transitions.sql", creates="function ttdb.allow_transitions(regclass, name, name, text, jsonb)"
    ),
    sql_file("70_rules/keeps_values.sql", creates="function ttdb.keeps_values(regclass, name[], name)"),
    sql_file("70_rules/keep_values.sql", creates="function ttdb.keep_values(regclass, name[], name, text)"),
    sql_file("70_rules/rules.sql", creates="function ttdb.rules()"),
    sql_file("70_rules/constraint_message.sql", creates="function ttdb.constraint_message(text, text, text, text)"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
