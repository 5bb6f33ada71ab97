"""The revisions that ship with ttdb, through Alembic."""

import difflib
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TextIO

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import ResolutionError, RevisionError
from alembic.util import CommandError
from psycopg import sql

from ttdb.errors import DatabaseAhead, PrivilegeMissing, RevisionUnknown, UsageError
from ttdb.migrate.literal import identifier, qualified
from ttdb.migrate.step import Step
from ttdb.postgres.connect import Connection
from ttdb.sqlfile import shipped

# Of two heads, one of which the other builds on, -1 takes back the newer: that is no question.
warnings.filterwarnings("ignore", "downgrade .* from multiple heads is ambiguous")
BRANCHES = ("engine", "platform")
VERSION_TABLE, VERSION_TABLE_SCHEMA = "alembic_version", "public"


def config(*, stdout: TextIO | None = None, attributes: dict[str, object] | None = None) -> Config:
    """Return Alembic's configuration for the shipped migrations, the same that ``[tool.alembic]`` gives a checkout."""
    made = Config(attributes=attributes or {}) if stdout is None else Config(stdout=stdout, attributes=attributes or {})
    folder = shipped("migrations")
    made.set_main_option("script_location", str(folder).replace("%", "%%"))
    made.set_main_option("path_separator", "newline")
    places = "\n".join(str(folder / "versions" / branch) for branch in BRANCHES)
    made.set_main_option("version_locations", places.replace("%", "%%"))
    return made


@cache
def directory() -> ScriptDirectory:
    """Return Alembic's view of the revision files: reading them once takes a third of a second."""
    return ScriptDirectory.from_config(config())


def read_all() -> None:
    """Read every revision file now, instead of when the first is asked for."""
    directory().get_heads()


def has_steps(script: Script) -> bool:
    """Tell whether a revision is a list of steps: those from before a project used steps are not."""
    return hasattr(script.module, "STEPS")


def steps(script: Script) -> Sequence[Step]:
    """Return the steps that a revision file lists.

    Raises:
        UsageError: it lists none, and is Alembic's own.

    """
    if not has_steps(script):
        message = f"revision {script.revision} lists no STEPS"
        hint = (
            f'Write what it changes as steps; "STEPS = []" where it changes nothing, as one that merges;'
            f" where it has run already: alembic stamp {script.revision}."
        )
        raise UsageError(message, hint)
    found: Sequence[Step] = script.module.STEPS
    return found


def applied(connection: Connection, scripts: ScriptDirectory, version_table: str = VERSION_TABLE) -> tuple[str, ...]:
    """Return the heads recorded in the database.

    Raises:
        PrivilegeMissing: the login may not read them.
        DatabaseAhead: one of them is not among the shipped revisions.

    """
    place = qualified(f"{VERSION_TABLE_SCHEMA}.{version_table}")
    # By name: to_regclass() is an error for a login that may not use the schema.
    found = connection.execute(
        "select pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT')"
        " from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = %s",
        (VERSION_TABLE_SCHEMA, version_table),
    ).fetchone()
    if found is None:
        return ()
    usable, readable = found
    login = identifier(connection.info.user)
    if not usable:
        message = f"{login} may not use schema {VERSION_TABLE_SCHEMA}, where the revision is"
        raise PrivilegeMissing(message, f"Have an admin run: grant usage on schema {VERSION_TABLE_SCHEMA} to {login};")
    if not readable:
        message = f"{login} may not read {place}, where the revision is"
        hint = f"Have an admin run: grant ttdb_owner, ttdb_operator to {login}; never to a service's."
        raise PrivilegeMissing(message, hint)
    query = sql.SQL("select version_num from {} order by 1").format(sql.Identifier(VERSION_TABLE_SCHEMA, version_table))
    heads = tuple(row[0] for row in connection.execute(query))
    known = {script.revision for script in scripts.walk_revisions()}
    for head in heads:
        if head not in known:
            newest = ", ".join(scripts.get_heads())
            message = f"the database is at {head}, which this ttdb does not know: its newest are {newest}"
            raise DatabaseAhead(message, "Install the ttdb that upgraded it: pip install --upgrade ttdb.")
    return heads


def up_path(scripts: ScriptDirectory, heads: Iterable[str], target: str) -> list[Script]:
    """Return the revisions that an upgrade to ``target`` runs, in order.

    Raises:
        RevisionUnknown: there is no such revision.

    """
    if relative(target):
        return _relative(scripts, target, target, tuple(heads))
    wanted = set(_ancestors(scripts, _resolved(scripts, target))) - set(_ancestors(scripts, heads))
    return [item for item in reversed(list(scripts.walk_revisions())) if item.revision in wanted]


def down_path(scripts: ScriptDirectory, heads: Iterable[str], target: str) -> list[Script]:
    """Return the revisions that a downgrade from ``heads`` to ``target`` undoes, newest first.

    Those are what comes after the target in its own branch, and whatever depends on that. What depends on the target
    only stays: so nothing is undone where the target is the newest of its branch.
    """
    if relative(target):
        return _relative(scripts, target, tuple(heads), target, select_for_downgrade=True)
    standing = set(_ancestors(scripts, heads))
    if target == "base":
        undone = standing
    elif target.endswith("@base"):
        branch = target.split("@", 1)[0]
        undone = _dependents(scripts, [name for name in standing if branch in scripts.get_revision(name).branch_labels])
    else:
        undone = _dependents(scripts, _after(scripts, _resolved(scripts, target)))
    return [item for item in scripts.walk_revisions() if item.revision in standing & undone]


def beyond(scripts: ScriptDirectory, heads: Iterable[str], arrived: Iterable[str]) -> list[Script]:
    """Return the revisions that stand at ``heads`` and did not before, newest first."""
    since = set(_ancestors(scripts, heads)) - set(_ancestors(scripts, arrived))
    return [item for item in scripts.walk_revisions() if item.revision in since]


def ways_back(scripts: ScriptDirectory, heads: Iterable[str], arrived: Iterable[str]) -> list[str]:
    """Return what to downgrade to, one after the other, from ``heads`` to the revisions before: one a branch."""
    kept = set(_ancestors(scripts, arrived))
    undone = set(_ancestors(scripts, heads)) - kept
    if not kept:
        return ["base"] if undone else []
    ways = []
    for branch in reversed(BRANCHES):
        own = [
            item.revision for item in scripts.walk_revisions(f"{branch}@base", f"{branch}@head") if _of(item, branch)
        ]
        if undone & set(own):
            ways.append(next((name for name in own if name in kept), f"{branch}@base"))
    return ways


def check_known(scripts: ScriptDirectory, target: str) -> None:
    """Refuse a revision that does not exist; one that is counted from where a database is, only that can tell.

    Raises:
        RevisionUnknown: with the nearest that does.

    """
    if not relative(target):
        _resolved(scripts, target)


def relative(target: str) -> bool:
    """Tell whether a revision is counted from where the database is: +1, -1, engine@-1."""
    return re.fullmatch(r"(\w+@)?[+-]\d+", target) is not None


def down_parts(scripts: ScriptDirectory, target: str) -> list[str]:
    """Return the ranges that Alembic prints, one a branch, to go from the newest revisions back to a target."""
    undone = {item.revision for item in down_path(scripts, scripts.get_heads(), target)}
    parts = []
    for branch in reversed(BRANCHES):
        own = [item for item in scripts.walk_revisions(f"{branch}@base", f"{branch}@head") if _of(item, branch)]
        kept = [item.revision for item in own if item.revision not in undone]
        if len(kept) < len(own):
            parts.append(f"{branch}@head:{kept[0] if kept else f'{branch}@base'}")
    return parts


def _of(script: Script, branch: str) -> bool:
    return branch in script.branch_labels


def _relative(
    scripts: ScriptDirectory,
    target: str,
    upper: str | tuple[str, ...],
    lower: str | tuple[str, ...],
    *,
    select_for_downgrade: bool = False,
) -> list[Script]:
    """Return what Alembic makes of a revision that is counted from where the database is."""
    try:
        if select_for_downgrade:
            return list(scripts.iterate_revisions(upper, lower, select_for_downgrade=True))
        return list(reversed(list(scripts.iterate_revisions(upper, lower, implicit_base=True))))
    except (RevisionError, CommandError) as error:
        message = f'there is no revision "{target}" from here'
        hint = (
            'Name the branch, as in engine@+1; "ttdb current" says where the database is, "ttdb history" what there is.'
        )
        raise RevisionUnknown(message, hint) from error


def _ancestors(scripts: ScriptDirectory, heads: Iterable[str]) -> list[str]:
    """Return these revisions and all that they come after or depend on."""
    found: list[str] = []
    waiting = list(heads)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.append(name)
        item = scripts.get_revision(name)
        waiting += [*_names(item.down_revision), *_names(item.dependencies)]
    return found


def _after(scripts: ScriptDirectory, names: Iterable[str]) -> list[str]:
    """Return the revisions that come next after these, each in its own branch."""
    return [name for item in names for name in scripts.get_revision(item).nextrev]


def _dependents(scripts: ScriptDirectory, names: Iterable[str]) -> set[str]:
    """Return these revisions, all that come after them, and all that depend on any of those."""
    found: set[str] = set(names)
    for item in reversed(list(scripts.walk_revisions())):
        if found & {*_names(item.down_revision), *_names(item.dependencies)}:
            found.add(item.revision)
    return found


def _names(value: str | Iterable[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _resolved(scripts: ScriptDirectory, target: str) -> tuple[str, ...]:
    try:
        found = scripts.get_revisions(target)
    except (ResolutionError, CommandError) as error:
        raise _unknown(scripts, target) from error
    names = tuple(script.revision for script in found if script is not None)
    # Alembic takes the beginning of a name for it: engine_001 is a slip, and no engine_0010.
    if target not in BRANCHES and any(name != target and name.startswith(target) for name in names):
        raise _unknown(scripts, target)
    return names


def _unknown(scripts: ScriptDirectory, target: str) -> RevisionUnknown:
    names = [script.revision for script in scripts.walk_revisions()]
    near = difflib.get_close_matches(target, names, n=1)
    hint = f'Did you mean "{near[0]}"?' if near else 'Run "ttdb history" for the list; heads and base are known too.'
    return RevisionUnknown(f'unknown revision "{target}"', hint)
