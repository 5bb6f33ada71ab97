"""What EXECUTE runs in a trigger's function: its statement is put together where the body alone decides it."""

import pytest

from ttdb.validate.discover.dynamic import executed
from ttdb.validate.discover.recording import records_in

BY_FORMAT = """
execute format('insert into hist.%I (%s, op) select %s, $1 from changed', tg_table_name, v_all, v_all) using tg_op;
"""
BY_POSITION = "execute format($q$insert into %2$I.%1$I select %3$L$q$, tg_relname || '_log', 'audit', tg_op);"
BY_QUOTES = """
execute 'insert into ' || quote_ident(tg_table_schema) || '.' || quote_ident(tg_table_name || '_old') || ' select 1';
"""
BY_RELID = "execute format('insert into %s_history select ($1).*', tg_relid::regclass::text) using old;"
BY_ARGUMENT = "EXECUTE ('INSERT INTO ' || TG_ARGV[1]::text || ' SELECT 1');"
BY_CONCAT = "execute concat_ws(' ', 'insert into', pg_catalog.concat('audit.', lower(tg_table_name)), 'select 1');"
DECLARED = """
declare v_table constant text := tg_table_name || '_audit'; begin execute 'insert into ' || v_table || ' select 1';
"""
SELECTED = "select 'audit.' || tg_table_name into strict v_table; execute 'insert into ' || v_table || ' select 1';"
GROWN = "v_sql := 'insert into audit.' || tg_table_name; v_sql := v_sql || ' select 1'; execute v_sql;"
INTO = "execute 'insert into log_of_' || tg_table_name || ' select $1 returning id' into v_id using to_jsonb(new);"
IN_CASE = "case tg_op when 'DELETE' then execute 'insert into bin.' || tg_table_name || ' select 1'; end case;"
OR_ELSE = "v := coalesce(tg_argv[0], 'x'); execute 'insert into ' || v || ' select 1';"


@pytest.mark.parametrize(
    ("body", "target"),
    [
        (BY_FORMAT, "hist.tg_table_name"),
        (BY_POSITION, "audit.tg_table_name_log"),
        (BY_QUOTES, "tg_table_schema.tg_table_name_old"),
        (BY_RELID, "tg_table_schema.tg_table_name_history"),
        (BY_ARGUMENT, "tg_argv_1_"),
        (BY_CONCAT, "audit.tg_table_name"),
        (DECLARED, "tg_table_name_audit"),
        (SELECTED, "audit.tg_table_name"),
        (GROWN, "audit.tg_table_name"),
        (INTO, "log_of_tg_table_name"),
        (IN_CASE, "bin.tg_table_name"),
    ],
)
def test_table_is_named_by_what_the_trigger_tells(body: str, target: str) -> None:
    assert target in {record.target for record in records_in(";".join(executed(body)))}


def test_each_branch_has_its_statement() -> None:
    body = """
    declare v_table text := case when tg_nargs > 0 then tg_argv[0] else 'hist.' || tg_table_name end;
    begin
        if tg_op = 'DELETE' then v_row := old; else v_row := new; end if;
        execute 'insert into ' || v_table || ' select ($1).*' using v_row;
    end
    """

    assert executed(body) == (
        "insert into tg_argv_0_ select (v_row).*",
        "insert into hist.tg_table_name select (v_row).*",
    )
    assert {"insert into x select 1", "insert into tg_argv_0_ select 1"} == set(executed(OR_ELSE))


def test_parameters_and_literals_read_as_if_written_out() -> None:
    assert executed(BY_FORMAT) == ("insert into hist.tg_table_name (v_all, op) select v_all, tg_op from changed",)
    assert executed(INTO) == ("insert into log_of_tg_table_name select to_jsonb(new) returning id",)
    assert executed("execute format('select %L, %L, %%', 'it''s', session_user);") == (
        "select 'it''s', session_user, %",
    )


def test_subquery_is_unknown_and_ends_no_list() -> None:
    body = """
    execute 'insert into ' || tg_argv[1] || '(' || array_to_string(array(select c from unnest(v) as c), ',')
        || ') values ($1.' || v_names || ')' using old;
    """

    (record,) = records_in(";".join(executed(body)))

    assert (record.columns, record.texts) == (("unknown",), ("old.v_names",))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "begin return new; end",
        "execute",
        "execute v_sql using",
        "execute format(",
        "execute format();",
        "x := ; execute x || (",
    ],
)
def test_what_cannot_be_read_names_no_table(body: str) -> None:
    assert not list(records_in(";".join(executed(body))))


def test_comments_and_texts_end_no_statement() -> None:
    body = "v := 'audit; then ' || 'x'; -- execute 'no';\n/* ; */ execute 'insert into ' || $$a;b$$ || ' select 1';"

    assert executed(body) == ("insert into a;b select 1",)


def test_longest_chain_of_branches_ends_soon() -> None:
    body = "".join(f"if a then v := v || 'x{n}'; else v := v || 'y{n}' || w; end if;" for n in range(400))

    assert len(executed(f"w := 'a'; w := 'b'; v := 'insert into '; {body} execute v || 't';")) <= 8
