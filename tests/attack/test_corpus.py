"""Foreign databases, broken in one way at a time: each hole is found and shown, no harmless variant is flagged."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from attack.corpora import Case, Corpus, broken, corpora, exists_here, flagged
from attack.holes import shows_leak
from support.databases import connect, fresh_database

from ttdb.config import Settings
from ttdb.model.validation import Severity, Verdict
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate

_CORPORA = corpora()
# Keys and lists that tenants share stand in many a live database, and nobody changes them in a day: warnings.
_SHARED = {"CON003", "CON004", "OBJ008"}
_NAMES = [corpus.name for corpus in _CORPORA]
_Fresh = Callable[[Corpus], Url]


@pytest.fixture(scope="session")
def sound(settings: Settings) -> Iterator[Callable[[Corpus], Url]]:
    """Return what names the server of a corpus, started when it is first asked for: roles are the whole cluster's."""
    servers: dict[str, Url] = {}
    with ExitStack() as stack:

        def server(corpus: Corpus) -> Url:
            if corpus.name not in servers:
                started = stack.enter_context(throwaway(settings))
                corpus.create(started)
                servers[corpus.name] = started.url
            return servers[corpus.name]

        yield server


@pytest.fixture
def fresh(sound: Callable[[Corpus], Url]) -> Iterator[_Fresh]:
    """Return what makes a sound database of the test's own."""
    with ExitStack() as stack:
        yield lambda corpus: stack.enter_context(fresh_database(sound(corpus), template=corpus.template))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the cases of all corpora, or a part of them."""
    kinds = {test_hole_is_found_named_and_shown: "hole", test_harmless_variant_is_not_flagged: "harmless"}
    kind = kinds.get(metafunc.function)
    if kind is not None:
        part, parts = map(int, metafunc.config.getoption("corpora").split("/"))
        metafunc.parametrize(("corpus", "case"), _cases(kind)[part - 1 :: parts])


def _cases(kind: str) -> list[object]:
    return [
        pytest.param(corpus, case, id=f"{corpus.name}: {case['name']}")
        for corpus in _CORPORA
        for case in corpus.content[kind]
    ]


def _url(fresh: _Fresh, corpus: Corpus, case: Case) -> Url:
    url = fresh(corpus)
    if not exists_here(url, case):
        pytest.skip(f"from PostgreSQL {case['since']} on")
    return url


@pytest.mark.parametrize("named", [True, False], ids=["roles named", "nothing named"])
@pytest.mark.parametrize("corpus", _CORPORA, ids=_NAMES)
def test_sound_database_passes(corpus: Corpus, named: bool, fresh: _Fresh) -> None:  # noqa: FBT001 - a parameter
    report = validate(fresh(corpus), Request(hints=corpus.hints if named else Hints(), disposable=corpus.disposable))

    assert [finding for finding in report.findings if finding.severity is not Severity.INFO] == []
    assert report.unproven == ()
    assert report.verdict is Verdict.PASS


def test_rows_made_beside_a_trail_whose_owner_is_held_are_gone_afterwards(fresh: _Fresh) -> None:
    dock = next(corpus for corpus in _CORPORA if corpus.name == "dock")
    url = fresh(dock)
    with connect(url) as connection:
        connection.execute(
            "delete from dock.messages where company_id = 880042;"
            " alter table dock.messages enable always trigger _900_note"
        )

    report = validate(url, Request(hints=dock.hints, disposable=True))

    with connect(url) as connection:
        left = connection.execute("select count(*), count(*) filter (where company_id = 880042) from dock.messages")
        assert left.fetchone() == (4, 0)
    assert flagged(report) == []
    assert report.unproven == ()


def test_tenant_setting_and_roles_are_found_when_nothing_is_named(fresh: _Fresh) -> None:
    desk = next(corpus for corpus in _CORPORA if corpus.name == "desk")

    report = validate(fresh(desk), Request())

    assert set(report.target.app_roles) >= {"desk_api", "desk_report"}
    assert report.target.tenant_setting == "app.org"


def test_hole_is_found_named_and_shown(corpus: Corpus, case: Case, fresh: _Fresh) -> None:
    url = _url(fresh, corpus, case)
    objects = [case["object"]] if isinstance(case["object"], str) else case["object"]
    if "exploit" in case:
        assert not corpus.leaks(url, case), "the exploit works on the sound database"
    with broken(url, case):
        if "exploit" in case:
            assert corpus.leaks(url, case), "the exploit does not work on the broken database"
        told = flagged(corpus.report(url, case))
        found = [finding for finding in told if finding.object in objects]

        assert found, [(finding.code, finding.object) for finding in told]
        # A leak that is shown must fail the build: what is less says so in its case.
        shown = "exploit" in case and {finding.code for finding in found} - _SHARED
        severity = case.get("severity", "error" if shown else None)
        assert severity is None or severity in [finding.severity for finding in found]
        if "told" in case:
            assert any(re.search(case["told"], finding.detail) for finding in found), [each.detail for each in found]
        errors = [finding for finding in told if finding.severity is Severity.ERROR]
        assert all(shows_leak(url, finding) for finding in errors)


def test_harmless_variant_is_not_flagged(corpus: Corpus, case: Case, fresh: _Fresh) -> None:
    url = _url(fresh, corpus, case)
    with broken(url, case):
        assert "exploit" not in case or not corpus.leaks(url, case)
        report = corpus.report(url, case)

    assert flagged(report) == []
    assert [each.object for each in report.unproven] == case.get("unproven", []), report.unproven
