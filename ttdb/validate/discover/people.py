"""Which columns say who asks, where policies look the tenant up by that: a member by the user of a token, say."""

import re
from collections.abc import Iterator, Mapping

from ttdb.validate.catalog import TABLES, Catalog, Relation
from ttdb.validate.discover.calls import bare
from ttdb.validate.discover.pieces import about

_FROM = re.compile(r"\b(?:from|join|only)\s+(?:\"?\w+\"?\.)?\"?(\w+)", re.IGNORECASE)
_COMPARED_BEFORE = r"(\w+)\"?[\s)]*(?:::\w+[\s)]*)?(?:=|\bin\b)\s*(?:(?!\b(?:and|or|where)\b)[^=;]){0,150}?"
_COMPARED_AFTER = (
    r"(?:[\s)]|::\w+|\bas\s+\w+)*(?:=\s*(?:any\b)?|\bin\b)[\s(]*(?:select\s+)?(?:distinct\s+)?(?:\w+\.)?\"?(\w+)"
)
_CALLED, _NOTHING = r"\b(?:{})\"?\s*\(\s*\)", r"(?!)"
_READ = r"current_setting\s*\(\s*'{}'"
_UNDER = r"(?:->>\s*'{0}'|#>>\s*'\{{{0}\}}')"


def columns_of(
    catalog: Catalog, tenant_columns: Mapping[int, str], setting: str, key: str | None
) -> list[tuple[int, str]]:
    """Return the tables of tenants, each with the column, by which pieces of SQL look for who asks.

    Args:
        catalog: the database's shape.
        tenant_columns: which tables have the tenant, and in which column.
        setting: what says who asks.
        key: where in the setting's document; None where the setting is the person itself.

    """
    asked = _pattern(catalog, setting, key)
    read = set(about(catalog, setting))
    texts: list[tuple[int | None, str]] = [
        (policy.relation, policy.text) for policy in catalog.policies if policy.text in read
    ]
    texts += [(None, body.body) for body in catalog.bodies if body.body in read]
    found: dict[tuple[int, str], None] = {}
    for relation, text in texts:
        for name, before in _compared(text, asked):
            for each in _tables(catalog, relation, before):
                column = each.column(name)
                if column is not None and tenant_columns.get(each.oid) not in (None, name):
                    found[each.oid, name] = None
    return list(found)


def _pattern(catalog: Catalog, setting: str, key: str | None) -> str:
    """Return what finds who asks: the setting or what is under its key, and functions that return just that."""
    itself = _READ.format(re.escape(setting)) if key is None else _UNDER.format(re.escape(key))
    functions = {
        bare(each.name)
        for each in catalog.bodies
        if each.kind == "function" and not _FROM.search(each.body) and re.search(itself, each.body, re.IGNORECASE)
    }
    called = _CALLED.format("|".join(map(re.escape, sorted(functions)))) if functions else _NOTHING
    return f"(?:{itself}|{called})"


def _compared(text: str, asked: str) -> Iterator[tuple[str, str]]:
    """Return the names that are compared with who asks, and what stands before them."""
    for form in (_COMPARED_BEFORE + asked, asked + _COMPARED_AFTER):
        for match in re.finditer(form, text, re.IGNORECASE):
            yield match[1].lower(), text[: match.end()]


def _tables(catalog: Catalog, relation: int | None, before: str) -> list[Relation]:
    """Return the tables that a name may be a column of: those read last before it, else the policy's own."""
    named = [name.lower() for name in _FROM.findall(before)]
    known = [each for each in catalog.relations.values() if each.kind in TABLES and each.root is None]
    read = [each for each in known if each.name.lower() in named[-2:]]
    own = [catalog.relations[relation]] if relation is not None and relation in catalog.relations else []
    return [*read, *own]
