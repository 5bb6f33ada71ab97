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


def kept(setting: str, statements: Sequence[Statement]) -> sql.Composed:
    """Return a block that runs statements, undoes them, and keeps in a setting what the last, a call, answered."""
    *earlier, call = statements
    answer = sql.SQL("select coalesce(string_agg(x::text, ','), '') from ({}) as x").format(call)
    runs = sql.SQL(" ").join(sql.SQL("execute {};").format(sql.Literal(each.as_string(None))) for each in earlier)
    return sql.SQL(
        "do $ttdb$ declare v_told text; begin begin {} execute {} into v_told;"
        " raise exception using message = v_told;"
        " exception when others then v_told := sqlerrm; end;"
        " perform pg_catalog.set_config({}, v_told, true); end $ttdb$"
    ).format(runs, sql.Literal(answer.as_string(None)), sql.Literal(setting))
