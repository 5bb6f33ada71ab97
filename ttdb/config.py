"""Settings: [tool.ttdb] of pyproject.toml or ttdb.toml, then TTDB_* variables, then flags, in rising order."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from ttdb.errors import ConfigInvalid, ConfigKeyUnknown

_TIME = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>us|ms|s|min|h|d)?")
_MS = {"us": 0.001, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_TIMES = ("lock_timeout", "hold_budget", "terminate_blockers")
_LONGEST_MS = 2**31 - 1  # PostgreSQL's own limit


@dataclass(frozen=True, slots=True)
class Ignore:
    """A finding that is accepted, and why."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; each one's comment is its line in the reference."""

    database_url: str | None = None  # libpq URI of the live database
    throwaway: str = "auto"  # where throwaway servers come from: auto, docker, embedded or local
    test_image: str = "postgres:17-alpine"  # container image of the docker provider
    local_bin: str | None = None  # folder with initdb and postgres for the local provider; detected when not given
    throwaway_folder: str | None = None  # folder for embedded and local servers; default in memory or the temporary one
    local_folder: str | None = None  # folder that holds the servers of "ttdb local"; default the user's data folder
    lock_timeout: str = "50ms"  # how long a step may queue for a lock before it steps back and tries again
    hold_budget: str = "300ms"  # how long others may wait for a step's locks before it rolls back and tries again
    terminate_blockers: str | None = None  # end transactions in a step's way that are older than this; default none
    months_ahead: int = 3  # how many months beyond this one "ttdb upgrade" and "ttdb partitions ensure" make
    tenant_setting: str | None = None  # session setting that holds the tenant; detected when not given
    tenant_column: str | None = None  # column that holds the tenant; detected when not given
    tenant_scope: str | None = None  # for how long services set it: transaction or session; detected when not given
    app_roles: tuple[str, ...] = ()  # roles the application logs in as; detected when not given
    masked_roles: tuple[str, ...] = ()  # roles that may see masked values only; detected when not given
    cross_tenant_roles: tuple[str, ...] = ()  # roles meant to see all tenants; detected when not given
    trails: tuple[str, ...] = ()  # tables that are audit trails; detected when not given
    protected_schemas: tuple[str, ...] = ()  # schemas that hold tenants' tables; detected when not given
    ignore: tuple[Ignore, ...] = ()  # accepted findings: [[tool.ttdb.ignore]] key = "...", reason = "..."


def load(flags: Mapping[str, object] | None = None, *, start: Path | None = None) -> Settings:
    """Read the settings that hold here.

    Args:
        flags: values from the command line; None means not given.
        start: the folder whose configuration file, or the nearest one above, is read; default the current one.

    Raises:
        ConfigKeyUnknown: a key or TTDB_* variable that is no setting.
        ConfigInvalid: a value of the wrong type, or a file that is no TOML.

    """
    settings = Settings()
    for source, values in (_file(start or Path.cwd()), ("the environment", _environment(os.environ))):
        settings = replace(settings, **_checked(values, source))
    given = {key: value for key, value in (flags or {}).items() if value not in (None, (), [])}
    return replace(settings, **_checked(given, "the command line"))


def _file(start: Path) -> tuple[str, Mapping[str, Any]]:
    for folder in (start, *start.parents):
        own, shared = folder / "ttdb.toml", folder / "pyproject.toml"
        if own.is_file():
            return str(own), _parsed(own)
        if shared.is_file():
            source, tools = f"[tool.ttdb] in {shared}", _parsed(shared).get("tool", {})
            if "ttdb" in _table(tools, source):
                return source, _table(tools["ttdb"], source)
        if (folder / ".git").exists():
            break
    return "no file", {}


def _table(value: object, source: str) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    message = f"{source} is no table"
    raise ConfigInvalid(message, "Write [tool.ttdb] on a line of its own, and the settings below it.")


def _parsed(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not valid TOML: {error}"
        raise ConfigInvalid(message, "Correct the file at the line named.") from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise ConfigInvalid(message, "Make the file readable for this user.") from error


def _environment(environ: Mapping[str, str]) -> Mapping[str, Any]:
    kinds = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if name.startswith("TTDB_") and text:
            key = name.removeprefix("TTDB_").lower()
            values[key] = _items(text) if kinds.get(key) == tuple[str, ...] else text
            if kinds.get(key) == tuple[Ignore, ...]:
                message = f"{name} is no variable: an ignore needs a key and a reason"
                raise ConfigInvalid(message, "Write [[ignore]] in ttdb.toml or [[tool.ttdb.ignore]] in pyproject.toml.")
    return values


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _checked(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    kinds = get_type_hints(Settings)
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in kinds:
            raise _unknown(key, source)
        checked[key] = _converted(key, value, kinds[key], source)
    return checked


def _unknown(key: str, source: str) -> ConfigKeyUnknown:
    names = [field.name for field in fields(Settings)]
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.4)
    shown = f"TTDB_{key.upper()}" if source == "the environment" else key
    message = f'unknown setting "{shown}" in {source}'
    if key in {"tool", "ttdb"} and source.endswith("ttdb.toml"):
        return ConfigKeyUnknown(message, "Leave the heading out: ttdb.toml holds the settings themselves.")
    if not near:
        return ConfigKeyUnknown(message, f"The settings are {', '.join(names)}.")
    right = f"TTDB_{near[0].upper()}" if source == "the environment" else near[0]
    return ConfigKeyUnknown(message, f'Did you mean "{right}"?')


def _converted(key: str, value: object, kind: object, source: str) -> object:
    if kind == tuple[Ignore, ...]:
        return _ignores(value, source)
    if kind == tuple[str, ...]:
        if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            return tuple(value)
        message = f'setting "{key}" in {source} must be a list of strings'
        raise ConfigInvalid(message, f'Write {key} = ["..."].')
    if kind is int:
        return _number(key, value, source)
    if isinstance(value, str) and str in (kind, *get_args(kind)):
        return _time(key, value, source) if key in _TIMES else value
    message = f'setting "{key}" in {source} must be a string'
    raise ConfigInvalid(message, f'Write {key} = "...".')


def _number(key: str, value: object, source: str) -> int:
    text = str(value).strip()
    if not isinstance(value, bool) and re.fullmatch(r"\d{1,3}", text):
        return int(text)
    message = f'setting "{key}" in {source} must be a number from 0 to 999'
    raise ConfigInvalid(message, f"Write {key} = 3.")


def seconds(time: str) -> float:
    """Return a time, as settings have it, in seconds."""
    found = _TIME.fullmatch(time.strip())
    if found is None:
        message = f'"{time}" is no time'
        raise ConfigInvalid(message, 'Write a number and a unit, as "50ms" or "2s".')
    return float(found["number"]) * _MS[found["unit"] or "ms"] / 1000


def _time(key: str, text: str, source: str) -> str:
    """Refuse what the server would, and what it takes for "wait for ever": then everyone queues behind a step."""
    found = _TIME.fullmatch(text.strip())
    if found and 1 <= float(found["number"]) * _MS[found["unit"] or "ms"] <= _LONGEST_MS:
        return text
    message = f'setting "{key}" in {source} is no time of a millisecond or more: "{text}"'
    raise ConfigInvalid(message, 'Write a number and a unit, as "50ms" or "2s".')


def _ignores(value: object, source: str) -> tuple[Ignore, ...]:
    heading = "[[tool.ttdb.ignore]]" if source.startswith("[tool.ttdb]") else "[[ignore]]"
    hint = f'Write {heading} with key = "CODE:object" and reason = "...".'
    if not isinstance(value, (list, tuple)):
        message = f'setting "ignore" in {source} must be an array of tables'
        raise ConfigInvalid(message, hint)
    return tuple(_ignore(entry, source, hint) for entry in value)


def _ignore(entry: object, source: str, hint: str) -> Ignore:
    if not isinstance(entry, dict):
        message = f'setting "ignore" in {source} must be an array of tables'
        raise ConfigInvalid(message, hint)
    extra = sorted(set(entry) - {"key", "reason"})
    if extra:
        message = f'unknown setting "ignore.{extra[0]}" in {source}'
        raise ConfigKeyUnknown(message, hint)
    key, reason = entry.get("key"), entry.get("reason")
    if not (isinstance(key, str) and key and isinstance(reason, str) and reason.strip()):
        message = f"an ignore in {source} lacks its key or its reason"
        raise ConfigInvalid(message, hint)
    return Ignore(key, reason)
