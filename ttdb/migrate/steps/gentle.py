"""A statement that goes along many rows by itself, in short transactions, and gives way to who holds them."""

ROWS = 1000  # at a time
PATIENCE_MS, PAUSE_S, TRIES = 200, 1, 300  # for a row that a service holds; about six minutes in all
REST = 0.5  # after each time, so much of what it took, for the others


def in_batches(variables: str, following: str, work: str, *, until: str = "not found") -> str:
    """Return the block that repeats ``following`` and ``work``, a transaction each time.

    Who waits for a row that a service holds lets go of the others meanwhile, and tries again.

    Args:
        variables: their declarations.
        following: the statements that look for the next rows, with {rows} for how many at a time.
        work: those that do something about them; refused a row, what they did is undone, and done again.
        until: the condition, after ``following``, that there are none left.

    """
    return _BLOCK.format(
        variables=variables,
        following=following.replace("{rows}", str(ROWS)),
        work=work,
        until=until,
        patience=PATIENCE_MS,
        pause=PAUSE_S,
        tries=TRIES,
        rest=REST,
    )


_BLOCK = """\
do $do$
declare
{variables}
    v_refused pg_catalog.int4 := 0;
    v_begun pg_catalog.timestamptz;
begin
    loop
        v_begun := pg_catalog.clock_timestamp();
        perform pg_catalog.set_config('row_security', 'on', true);
        perform pg_catalog.set_config('lock_timeout', '{patience}ms', true);
{following}
        exit when {until};
        begin
{work}
            v_refused := 0;
        exception when lock_not_available or deadlock_detected then
            v_refused := v_refused + 1;
            if v_refused = {tries} then
                raise;
            end if;
        end;
        commit;
        if v_refused > 0 then
            perform pg_catalog.pg_sleep({pause});
        else
            perform pg_catalog.pg_sleep({rest} * extract(epoch from pg_catalog.clock_timestamp() - v_begun));
        end if;
        commit;
    end loop;
end
$do$;"""
