"""The tools that are compared: each is installed in an environment of its own, and asked in its own way."""

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from bench.validate.corpora import Corpus, schemas
from ttdb.model.validation import Severity
from ttdb.postgres.connect import connect
from ttdb.postgres.throwaway.embedded import bin_folder
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate
from ttdb.workflows.setup_command import plain_uri

_TIMEOUT_S = 120
_UNPROVED = ("vulnerable", "unknown")  # trespass also tells what it proved, and context
_VERBS = ("select", "insert", "update", "delete")


class Failed(Exception):
    """Raised when a tool gave no answer."""


@dataclass(frozen=True, slots=True)
class Said:
    """One finding above info."""

    key: str  # the same for the same finding on another copy of the database
    text: str  # all that it says: here the hole's object must be named


Ask = Callable[[Url, Corpus, bool], list[Said]]  # the database, what is known of it, whether it may be harmed


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool, as the table has it."""

    name: str
    ask: Ask


def tools() -> list[Tool]:
    """Return the tools, the peers installed where they were not."""
    return [
        Tool("ttdb, roles named", _ttdb),
        Tool("pgrls 0.57.1", _pgrls(_installed("pgrls", "0.57.1"))),
        Tool("rlsgrid 0.5.7", _rlsgrid(_installed("rlsgrid", "0.5.7"))),
        Tool("rlsautotest 0.7.1 (lint)", _rlsautotest(_installed("rlsautotest", "0.7.1"))),
        Tool("trespass-rls 0.2.0", _trespass(_installed("trespass-rls", "0.2.0", program="trespass"))),
    ]


def _installed(package: str, version: str, program: str | None = None) -> Path:
    """Return a tool's program, in an environment of its own below the user's cache folder."""
    folder = Path(platformdirs.user_cache_dir("ttdb-bench", appauthor=False)) / f"{package}-{version}"
    found = folder / "bin" / (program or package)
    if not found.exists():
        sys.stderr.write(f"installing {package} {version} in {folder}\n")
        venv.create(folder, with_pip=True, clear=True)
        command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", f"{package}=={version}"]
        subprocess.run(command, check=True)  # noqa: S603 - the packages named above
    return found


def _ttdb(url: Url, corpus: Corpus, disposable: bool) -> list[Said]:  # noqa: FBT001 - as Ask has it
    hints = Hints(
        app_roles=corpus.app_roles, masked_roles=corpus.masked_roles, cross_tenant_roles=corpus.cross_tenant_roles
    )
    report = validate(url, Request(hints=hints, disposable=disposable))
    told = [each for each in report.findings if each.severity is not Severity.INFO]
    return [Said(each.key, f"{each.object} {each.detail}") for each in told]


def _pgrls(program: Path) -> Ask:
    def ask(url: Url, _corpus: Corpus, _disposable: bool) -> list[Said]:  # noqa: FBT001 - as Ask has it
        output = _run([program, "lint", "--schemas", ",".join(_schemas(url)), "--format", "json"], url)
        told = [each for each in _parsed(output)["violations"] if each["severity"] != "info"]
        return [_said(each) for each in told]

    return ask


def _rlsautotest(program: Path) -> Ask:
    def ask(url: Url, _corpus: Corpus, _disposable: bool) -> list[Said]:  # noqa: FBT001 - as Ask has it
        said = []
        with tempfile.TemporaryDirectory() as folder:
            for schema in _schemas(url):
                path = Path(folder) / f"{schema}.json"
                _run([program, "lint", "--schema", schema, "--db-url", plain_uri(url), "--json", path], url)
                told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
                said += [_said(each, f"{schema}.{each.get('table')}") for each in told if each["severity"] != "INFO"]
        return said

    return ask


def _rlsgrid(program: Path) -> Ask:
    """Ask with what it detects, and the corpus's roles and schemas; it knows no other setting than JWT claims."""

    def ask(url: Url, corpus: Corpus, _disposable: bool) -> list[Said]:  # noqa: FBT001 - as Ask has it
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "rlsgrid.toml"
            start = Path(folder) / "start.toml"
            start.write_text('[connection]\nurl = "env:DATABASE_URL"\n', encoding="utf-8")
            _run([program, "init", "--from-db", "--config", start, "--out", config], url, cwd=folder)
            text = config.read_text(encoding="utf-8").replace('["public"]', json.dumps(_schemas(url)))
            roles = "".join(f'{role} = "application role"\n' for role in corpus.app_roles)
            text = re.sub(r"(?<=\[roles\]\n).*?(?=\n\[)", roles, text, flags=re.DOTALL)
            config.write_text(text, encoding="utf-8")
            breaches = _parsed(_run([program, "check", "--json", "--config", config], url, cwd=folder))["breaches"]
        stable = [{key: each[key] for key in ("actor_role", "schema", "table", "operation")} for each in breaches]
        return [_said(each, f"{each['schema']}.{each['table']}") for each in stable]

    return ask


def _trespass(program: Path) -> Ask:
    """Ask with intents made for each tenant table; the roles, and the tenant's function, in the words that it knows."""

    def ask(url: Url, corpus: Corpus, _disposable: bool) -> list[Said]:  # noqa: FBT001 - as Ask has it
        dump = _run([bin_folder() / "pg_dump", "--schema-only", plain_uri(url)], url)
        text, column = _in_its_words(dump, corpus)
        names = re.findall(r"^CREATE TABLE (\S+) \((?=[^;]*?\b" + column + r"\b)", text, re.MULTILINE)
        access = "".join(f"{verb} = owner\n" for verb in _VERBS)
        intents = "".join(f"[{name}]\ntenant = {column}\nidentity = jwt:{column}\n{access}\n" for name in names)
        with tempfile.TemporaryDirectory() as folder:
            schema, intent = Path(folder) / "schema.sql", Path(folder) / "app.intent"
            schema.write_text(text, encoding="utf-8")
            intent.write_text(intents, encoding="utf-8")
            options: list[str | Path] = ["--json", "--no-default-grants", "--intent", intent]
            told = _parsed(_run([program, "check", *options, schema], url))["findings"]
        return [_said(each) for each in told if each["verdict"].lower() in _UNPROVED]

    return ask


def _in_its_words(dump: str, corpus: Corpus) -> tuple[str, str]:
    text = "".join(line for line in dump.splitlines(keepends=True) if not line.startswith("\\"))
    calls = Counter(re.findall(r"\((\w+) = \( SELECT (\w+\.\w+\(\)) AS \w+\)", text))
    (column, helper), _ = (calls or Counter({("tenant_id", "none()"): 1})).most_common(1)[0]
    text = re.sub(r"\( SELECT " + re.escape(helper) + r" AS \w+\)", f"(auth.jwt() ->> '{column}')", text)
    for role in corpus.app_roles:
        text = re.sub(rf"\b{role}\b", "authenticated", text)
    return text, column


def _run(command: Sequence[str | Path], url: Url, cwd: str | None = None) -> str:
    """Run a tool and return what it wrote; its exit code says only whether it found something."""
    environment = {**os.environ, "DATABASE_URL": plain_uri(url), "NO_COLOR": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - the tools named above
            command, env=environment, cwd=cwd, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"no answer within {_TIMEOUT_S} s") from error
    return done.stdout


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(text)
    except ValueError as error:
        raise Failed("it gave no JSON") from error
    return found


def _said(finding: Mapping[str, Any], place: str = "") -> Said:
    text = f"{place} {json.dumps(finding, sort_keys=True, default=str)}"
    return Said(text, text)


def _schemas(url: Url) -> list[str]:
    with connect(url, application="bench") as connection:
        return schemas(connection)
