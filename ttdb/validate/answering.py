"""Calls that are made several times: as another tenant first, once more after themselves, and undone each time."""

from collections.abc import Mapping, Sequence

from psycopg import sql

from ttdb.validate.acting import Acting
from ttdb.validate.functions import Call
from ttdb.validate.outcomes import Outcome, Statement

Told = list[Outcome]  # what came of each of some statements


def telling(answered: Sequence[tuple[Call, Outcome]]) -> list[Call]:
    """Return the calls that were answered, those first that were answered otherwise than the ones before them."""
    done = [(call, outcome) for call, outcome in answered if outcome.done]
    first = {str(outcome.rows): call for call, outcome in reversed(done)}
    chosen = [call for call, _ in done if call in first.values()]
    return [*chosen, *(call for call, _ in done if call not in chosen)]


def told(acting: Acting, statements: Sequence[Statement]) -> Told:
    """Run statements one after another and undo them; return what came of each."""
    with acting.trial():
        return [acting.attempt(each) for each in statements]


def entering(settings: Mapping[str, str]) -> sql.Composed:
    """Return the statement that gives a session its settings, for the transaction."""
    form = sql.SQL("pg_catalog.set_config({}, {}, true)")
    return sql.SQL("select {}").format(
        sql.SQL(", ").join(form.format(sql.Literal(name), sql.Literal(value)) for name, value in settings.items())
    )


def fetching(opened: Outcome) -> sql.Composed | None:
    """Return the fetch from the cursor that a call answered with; None where it opened none."""
    name = opened.rows[0][0] if opened.done and opened.rows else None
    return sql.SQL("fetch 50 from {}").format(sql.Identifier(str(name))) if name else None


def kept(setting: str, statements: Sequence[Statement], *, opens: bool = False) -> sql.Composed:
    """Return a block that runs statements, undoes them, and keeps in a setting what the last, a call, answered.

    Args:
        setting: where it is kept.
        statements: what is run.
        opens: the call answers with a cursor, and what it has counts.

    """
    *earlier, call = statements
    runs = sql.SQL(" ").join(sql.SQL("execute {};").format(sql.Literal(each.as_string(None))) for each in earlier)
    return sql.SQL(
        "do $ttdb$ declare v_told text; v_row record; v_cursor refcursor; begin begin {} {}"
        " raise exception using message = v_told;"
        " exception when others then v_told := sqlerrm; end;"
        " perform pg_catalog.set_config({}, v_told, true); end $ttdb$"
    ).format(runs, _keeping(call, opens=opens), sql.Literal(setting))


def _keeping(call: Statement, *, opens: bool) -> sql.Composed:
    """Return what puts the answer into v_told: what a query has, a procedure gives back, or a cursor fetches."""
    if call.as_string(None).startswith("call "):
        form, asked = "execute {} into v_row; v_told := to_jsonb(v_row)::text;", call
    elif opens:
        form = (
            "execute {} into v_cursor; v_told := ''; loop fetch v_cursor into v_row; exit when not found;"
            " v_told := v_told || to_jsonb(v_row)::text; end loop;"
        )
        asked = sql.SQL("select x.to_jsonb #>> '{{}}' from ({}) as x").format(call)
    else:
        form = "execute {} into v_told;"
        asked = sql.SQL("select coalesce(string_agg(x::text, ','), '') from ({}) as x").format(call)
    return sql.SQL(form).format(sql.Literal(asked.as_string(None)))
