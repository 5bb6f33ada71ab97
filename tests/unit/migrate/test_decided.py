"""The file that decides on the platform's other tables."""

from pathlib import Path

import pytest

from ttdb.cli.app import run
from ttdb.errors import UsageError
from ttdb.migrate import script
from ttdb.migrate.decided import Decided, File, decided
from ttdb.migrate.steps import as_decided
from ttdb.tenancy import read


def file(tmp_path: Path, text: str) -> File:
    path = tmp_path / "tenancy.toml"
    path.write_text(f'tenants = "public.tenants"\ncolumn = "tenant_id"\n{text}', encoding="utf-8")
    return File(path)


def test_tables_come_after_those_that_they_lead_to(tmp_path: Path) -> None:
    made = file(
        tmp_path,
        '[tables."public.a"]\ntenant = "parent"\nthrough = "b_id -> public.b.id"\n'
        '[tables."public.b"]\ntenant = "parent"\nthrough = "v_id -> public.venues.id"\n',
    )

    assert [each.table for each in made.ordered] == ["public.b", "public.a"]
    assert made.chain(made.tables["public.a"]) == ("public.a", "public.b", "public.venues")
    a = [step for step in as_decided(made) if step.relations == ("public.a",)]
    assert [step.stands for step in a[:2]] == [("public.a",), ("public.a", "public.b", "public.venues")]


TO_B = '[tables."public.a"]\ntenant = "parent"\nthrough = "b_id -> public.b.id"'
MALFORMED = {
    "word": (
        '[tables."public.a"]\ntenant = "everybodys"',
        4,
        'public.a: tenant = "everybodys" is unknown',
        "global, nobody",
    ),
    "no word": (
        '[tables."public.a"]\ncolumn = "x"',
        3,
        "public.a: it does not say whose its rows are",
        "tenant = one of",
    ),
    "no text": (
        '[tables."public.a"]\ntenant = ["own"]',
        4,
        "public.a: tenant = \"['own']\" is unknown",
        "global, nobody",
    ),
    "required without a way": (
        '[tables."public.a"]\ntenant = "own"\nrequired = true',
        5,
        "public.a: required is for what leads to the tenant, and there is no through",
        "Write through",
    ),
    "repair that sets nothing": (
        (
            '[tables."public.a"]\ntenant = "own"\nkeys = ["b_id -> public.b.id on delete cascade"]\n'
            'otherwise = {b_id = {repair = "mend", set = " "}}'
        ),
        6,
        "public.a: otherwise of b_id cannot be read: {'repair': 'mend', 'set': ' '}",
        'set = "b_id = …"',
    ),
    "no schema": ("[tables.a]\ntenant = 'own'", 3, "a: the name lacks its schema", '[tables."public.a"]'),
    "no way": (
        '[tables."public.a"]\n\ntenant = "parent"',
        5,
        "public.a: it does not say through what",
        'through = "order_id -> public.orders.id"',
    ),
    "way": (
        '[tables."public.a"]\ntenant = "parent"\nthrough = "b_id to public.b"',
        5,
        'public.a: through cannot be read: "b_id to public.b"',
        "order_id -> public.orders.id",
    ),
    "key": (
        '[tables."public.a"]\ntenant = "own"\nkeys = ["b_id -> public.b.id"]',
        5,
        'public.a: a key cannot be read: "b_id -> public.b.id"',
        "on delete cascade",
    ),
    "keys": ('[tables."public.a"]\ntenant = "own"\nkeys = "b_id"', 5, "public.a: keys is no list", "keys = ["),
    "verbs": ('[tables."public.a"]\ntenant = "own"\napp = "read"', 5, 'public.a: app cannot be read: "read"', "select"),
    "flag": (
        '[tables."public.a"]\ntenant = "own"\nrequired = "yes"',
        5,
        'public.a: required is neither true nor false: "yes"',
        "required = true",
    ),
    "column": ('[tables."public.a"]\ntenant = "own"\ncolumn = 3', 5, 'public.a: column is no name: "3"', "column = "),
    "unknown": (
        '[tables."public.b"]\ntenant = "own"\n[tables."public.a"]\ntenant = "own"\nthru = "x"',
        7,
        "public.a: thru is unknown",
        "through",
    ),
    "nowhere": (
        f'[tables."public.b"]\ntenant = "nobody"\n{TO_B}',
        7,
        "public.a: it leads to public.b, which is nobody",
        "Decide public.b first",
    ),
    "otherwise": (
        f'{TO_B}\nrequired = true\notherwise = "null the reference"',
        7,
        "public.a: otherwise of tenant_id cannot be read: null the reference",
        'otherwise = {tenant_id = "quarantine"}',
    ),
    "otherwise of nothing": (
        f'{TO_B}\notherwise = {{c_id = "quarantine"}}',
        6,
        'public.a: otherwise names "c_id", which no key and no rule has',
        "Take it out",
    ),
    "repair": (
        f'{TO_B}\nkeys = ["b_id -> public.b.id on delete cascade"]\notherwise = {{b_id = {{repair = "It", set = 1}}}}',
        7,
        "public.a: otherwise of b_id cannot be read",
        'or "null the reference", or {repair = "a-name-in-kebab-case", set = "b_id = …"}',
    ),
    "worker": (
        '[tables."public.a"]\ntenant = "undecided"\nworker = "select"',
        5,
        "public.a: a job is let in, and whose its rows are is undecided",
        "Decide first",
    ),
    "audit": (
        '[tables."public.a"]\ntenant = "nobody"\naudit = true',
        5,
        "public.a: audit is for rows that are tenants', and these are nobody",
        "Take audit out",
    ),
    "audit without": (
        f'{TO_B}\naudit = {{exclude = "secret"}}',
        6,
        "public.a: audit is neither true nor false, nor names columns to exclude",
        'audit = {exclude = ["password_hash"]}',
    ),
    "mask": (f"{TO_B}\nmask = {{email = 3}}", 6, "public.a: mask is no list of columns", 'mask = {email = "email"}'),
    "check": (
        f'{TO_B}\nchecks = [{{name = "a_is", rule = ""}}]',
        6,
        "public.a: a check has no name or no rule",
        'checks = [{name = "',
    ),
    "check twice": (
        '[tables."public.b"]\ntenant = "own"\nchecks = [{name = "it_is", rule = "x"}, {name = "It is", rule = "y"}]',
        5,
        'public.b: a check called "It is" is there already, of public.b',
        "Give each a name of its own",
    ),
    "losing": ("[losing]\nreports = 3", 3, "losing is no list of roles, each with why", 'reports = "why'),
    "circle": (
        f'{TO_B}\n[tables."public.b"]\ntenant = "parent"\nthrough = "a_id -> public.a.id"',
        None,
        "tables lead to each other",
        "Take one through or key out",
    ),
    "no tables": ("[rows]", 3, "rows is unknown", "tables"),
    "nothing": ("", None, "it has no tables", 'tenant = "own"'),
    "no TOML": ("[tables.", None, "is not valid TOML", "at the line named"),
}


@pytest.mark.parametrize(("text", "line", "message", "hint"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_file_is_refused_with_the_place_and_what_to_write(
    tmp_path: Path, text: str, line: int | None, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        file(tmp_path, text)

    assert message in refused.value.message
    assert str(tmp_path / "tenancy.toml") in refused.value.message
    if line is not None:
        assert f", line {line}: " in refused.value.message
    assert hint in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("through", "hint"),
    [("public.veues", "Did you mean public.venues? If not, write"), ("app.things", "Decide it first: write [tables.")],
)
def test_table_that_nothing_decides_is_led_to_by_none(tmp_path: Path, through: str, hint: str) -> None:
    path = tmp_path / "tenancy.toml"
    path.write_text(f'[tables."public.a"]\ntenant = "parent"\nthrough = "v_id -> {through}.id"\n', encoding="utf-8")

    with pytest.raises(UsageError, match=f"line 3: public.a: it leads to {through}, of which nothing says") as refused:
        File(path, beside=("public.venues",))

    assert (refused.value.hint or "").startswith(hint)


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        File(tmp_path / "tenancy.toml")


def test_command_says_what_is_wrong_with_the_file_and_exits_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tenancy.toml").write_text('[tables."public.a"]\ntenant = "mine"\n', encoding="utf-8")
    monkeypatch.setattr("ttdb.migrate.decided.shipped", lambda _: tmp_path)
    script.directory.cache_clear()
    try:
        code = run(["history"])
    finally:
        script.directory.cache_clear()

    assert code == 2
    assert f'error: {tmp_path}/tenancy.toml, line 2: public.a: tenant = "mine" is unknown\n' in capsys.readouterr().err


def test_what_is_not_known_of_a_table_leaves_it_closed(tmp_path: Path) -> None:
    made = file(tmp_path, '[tables."public.a"]\ntenant = "undecided"\n')

    assert made.tables == {"public.a": Decided("public.a", "undecided")}
    assert [step.name for step in as_decided(made)] == ["close-public-a", "tables-decided"]


def test_platforms_file_is_one_that_the_command_reads() -> None:
    shipped = read(Path(__file__).parents[3] / "migrations" / "tenancy.toml")

    assert {each.table: str(each.belongs) for each in shipped.tables} == {
        name: each.belongs for name, each in decided().tables.items()
    }


def test_misspelt_table_of_tenants_is_refused_where_the_platforms_is_known(tmp_path: Path) -> None:
    path = tmp_path / "tenancy.toml"
    path.write_text('\ntenants = "public.tenantz"\n[tables."public.a"]\ntenant = "own"\n', encoding="utf-8")

    with pytest.raises(UsageError, match=r"line 2: tenants names .public\.tenantz., which is no table") as caught:
        File(path, beside=["public.tenants"])

    assert caught.value.hint == "Did you mean public.tenants?"
