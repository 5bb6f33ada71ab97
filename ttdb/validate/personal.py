"""Which columns hold what a masked role must not know: as registered, by their names, or because a view masks them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ttdb.validate.catalog import TABLES, VIEWS, Column, Relation
from ttdb.validate.discover import Discovery
from ttdb.validate.discover.omitted import is_weighty, omitted
from ttdb.validate.hiding import hidden_in


class Kind(Enum):
    """What a personal value is, which decides what of it a mask may show."""

    EMAIL = "e-mail"
    PHONE = "phone number"
    NAME = "name"
    NUMBER = "number"
    AMOUNT = "amount"
    ADDRESS = "address"
    IP = "IP address"
    DATE = "date"
    SECRET = "secret"  # noqa: S105 - a kind, no secret
    TEXT = "free text"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Personal:
    """A personal column."""

    relation: Relation
    column: Column
    kind: Kind
    inferred: bool = False  # a trail leaves it out together with what is personal, or it is free text about people

    def __str__(self) -> str:
        return f"{self.relation}.{self.column.name}"


# Whoever has one is, or pays as, its owner.
_TOKENS = r"(?:access|auth|bearer|card|plain|raw|refresh|reset|session)_?token$|token_?(?:plain|raw|clear|value)"
_BY_NAME = (
    (Kind.SECRET, rf"passwor[dt]|passwd|secret|api_?key|totp|{_TOKENS}"),
    (Kind.EMAIL, r"e?_?mail(_?addr(ess)?)?$|^e_?mail"),
    (Kind.PHONE, r"phone|mobile|msisdn|(^|_)fax"),
    (
        Kind.NUMBER,
        r"card_?(number|no|pan)|(^|_)pan$|iban|(bank_)?account_(number|no)$|(^|_)ssn|social_security|passport",
    ),
    (Kind.NUMBER, r"(national|identity|document|tax|licen[cs]e|driver\w*)_(id|no|number)$"),
    (Kind.AMOUNT, r"salary|(^|_)wages?$|(^|_)income$|compensation$|net_worth|credit_score"),
    (Kind.IP, r"(^|_)ip$|ip_addr|remote_addr|client_ip"),
    (Kind.DATE, r"birth|(^|_)dob$|(^|_)born(_(on|at|date))?$"),
    (Kind.NAME, r"(first|last|full|given|family|middle|maiden|holder|guest|customer|buyer|attendee|contact)_?name"),
    (Kind.NAME, r"(recipient|billing|patient|person|passenger|payer|member|cardholder)_?name|surname|card_?holder"),
)
_OF_PEOPLE = ((Kind.NAME, r"^name$|^display_name$"), (Kind.ADDRESS, r"street|address"))
_ABOUT_PEOPLE = re.compile(r"^(note|remark|comment)s?$|^free_?text$", re.IGNORECASE)
_NOT = re.compile(r"(_id|_at|_on|_token|_count|_verified|_template|_subject|_type|_status|_kind|_domain|_enabled)$")
_HASHED = re.compile(r"_(hash|digest|fingerprint|last_?(four|4))$")
_PEOPLE = re.compile(
    r"user|customer|guest|person|people|contact|client|member|patient|employee|attendee|agent|staff|driver|subscriber"
    r"|candidate|student|participant|passenger|profile|buyer|payer|recipient",
    re.IGNORECASE,
)
_OF_THEM = re.compile(rf"(?:{_PEOPLE.pattern})s?$", re.IGNORECASE)  # not what they did or wrote
_JSON, _ADDRESSES, _DATES = ("json", "jsonb"), ("inet", "cidr"), ("date",)


def personal(found: Discovery) -> tuple[Personal, ...]:
    """Return the personal columns of tenants' tables, partitions apart."""
    listed = {(each.relation, each.column): True for each in found.registry.personal}
    masked, kept_out = _masked_by_views(found), _kept_out_of_trails(found)
    chosen = []
    for relation in found.catalog.relations.values():
        if relation.kind not in TABLES or relation.root is not None:
            continue
        if relation.oid not in found.tenant_columns and relation.oid not in found.paths:
            continue
        tenants_own = relation.key == (found.tenant_columns.get(relation.oid),)
        for column in relation.columns:
            place = relation.oid, column.name
            named = None if tenants_own else kind_of(relation, column)
            kind = _by_type(column) if place in listed or place in masked else None
            kind = named or kind
            guess = _guessed(relation, column, kept_out=place in kept_out) if kind is None else None
            if (kind or guess) and not column.computed:
                chosen.append(Personal(relation, column, kind or guess or Kind.TEXT, inferred=kind is None))
    return tuple(chosen)


def kind_of(relation: Relation, column: Column) -> Kind | None:
    """Return what a column's name says that it holds; None where that is nobody's business."""
    rules = (*_BY_NAME, *(_OF_PEOPLE if _PEOPLE.search(relation.name) else ()))
    kind = _called(column.name, rules)
    if kind is None:
        return Kind.IP if column.type in _ADDRESSES else None
    if _HASHED.search(column.name) and kind is not Kind.SECRET:
        return None
    if kind is Kind.DATE:
        return kind if column.type in _DATES else None
    if kind is Kind.IP:
        return kind if column.type in _ADDRESSES or column.category == "S" else None
    return kind if column.category == ("N" if kind is Kind.AMOUNT else "S") else None


def kind_of_key(name: str) -> Kind | None:
    """Return what a key in a document says that stands under it; None where that is nobody's business."""
    return None if _HASHED.search(name) else _called(name, _BY_NAME)


def _called(name: str, rules: Iterable[tuple[Kind, str]]) -> Kind | None:
    kind = next((kind for kind, form in rules if re.search(form, name, re.IGNORECASE)), None)
    if kind is None or (_NOT.search(name) and kind not in (Kind.NUMBER, Kind.DATE) and not re.search(_TOKENS, name)):
        return None
    return kind


def _guessed(relation: Relation, column: Column, *, kept_out: bool) -> Kind | None:
    """Return what a column may well hold, though nothing says so outright."""
    if column.category != "S":
        return None
    if kept_out:
        return Kind.SECRET
    return Kind.TEXT if _OF_THEM.search(relation.name) and _ABOUT_PEOPLE.search(column.name) else None


def _by_type(column: Column) -> Kind | None:
    """Return what a column holds that somebody hides: what its type says, and whether it is called a name."""
    if column.category == "S" and column.name.endswith("name"):
        return Kind.NAME
    if column.type in _JSON:
        return Kind.DOCUMENT
    if column.type in _ADDRESSES:
        return Kind.IP
    if column.type in _DATES:
        return Kind.DATE
    return Kind.TEXT if column.category == "S" else None


def _kept_out_of_trails(found: Discovery) -> set[tuple[int, str]]:
    """Return the columns that a trail's function takes out of its records, with those that are personal by name."""
    secret: set[tuple[int, str]] = set()
    for trail in found.trails:
        for oid, triggers in trail.triggers.items():
            relation = found.catalog.relations.get(oid)
            for trigger in triggers if relation is not None else ():
                columns = [column for name in omitted(trigger) if relation and (column := relation.column(name))]
                if relation and any(kind_of(relation, column) for column in columns):
                    root = relation.root or oid
                    secret.update((root, each.name) for each in columns if not is_weighty(each.name))
    return secret


def _masked_by_views(found: Discovery) -> set[tuple[int, str]]:
    """Return the base columns that some view shows under their own name, but as an expression that hides."""
    bodies = {body.oid: body.body for body in found.catalog.bodies if body.kind == "view"}
    return {
        (base, name)
        for view in found.catalog.relations.values()
        if view.kind in VIEWS and view.oid in bodies
        for name in hidden_in(bodies[view.oid])
        for base in found.catalog.bases.get(view.oid, ())
        if base in found.catalog.relations and found.catalog.relations[base].column(name) is not None
    }
