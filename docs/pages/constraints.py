"""Every rule that the database keeps, read from a database at head, and those that it deliberately does not keep."""

import re

from pages.base import NOTE, Head

PATH = "docs/reference/constraints.md"

_SCHEMAS = ("public", "ttdb", "audit", "masked")
_RULES = """
select n.nspname::text, c.relname::text, r.constraint_name::text, r.kind, r.rule, r.message, r.sqlstate
from ttdb.rules() as r
inner join pg_catalog.pg_class as c on c.oid = r.relation
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relname <> 'alembic_version'
order by pg_catalog.array_position(%s, n.nspname::text), c.relname collate "C", r.constraint_name collate "C"
"""
_REQUIRED = """
select n.nspname::text, c.relname::text, pg_catalog.string_agg('`' || a.attname || '`', ', ' order by a.attnum)
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on c.oid = a.attrelid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = any(%s)
    and a.attnotnull and a.attnum > 0 and not a.attisdropped
group by n.nspname, c.relname
"""
_NOT_ENFORCED = (
    (
        "An order, ticket or payment is made in its first status",
        "imports, seeds and box-office sales bring finished ones",
    ),
    ("A confirmed order has a succeeded payment", "free orders have none, and cash is written down later"),
    (
        "An order's succeeded payments are at most its total",
        "they happened: what a provider took twice must be on record to be paid back",
    ),
    (
        "A cancelled, expired or refunded order holds no tickets that take a place",
        "services end thousands of orders of a cancelled event in batches; the gate goes by the ticket's own status",
    ),
    (
        "The items, amounts and buyer of an order that is paid stay as they were",
        "organisers exchange and upgrade places, and hand orders on; the sums hold, and the trail says who",
    ),
    (
        "A refunded order has its refund on record",
        "money goes back in cash, by voucher or by the card's issuer, and is written down later or elsewhere",
    ),
    (
        "A payment's intent is written on one order only",
        "one payment may pay the orders of one cart; who pays twice is seen",
    ),
    ("A completed order has tickets", "what is bought without a seat, as parking or a donation, has none"),
    (
        "The items of orders are at most what their type has",
        "only tickets take places; an order that gets none for its items is cancelled",
    ),
    ("An order is for an event that is on sale, in a venue that is open", "the box office sells before and after"),
    ("An order's buyer is an active user", "an account may be closed while its orders go on"),
    ("A notification about an order goes to its buyer", "organisers and door staff are told too"),
    ("A discount code is on an order only once, whatever its case", "codes are compared as they are written"),
    (
        "A person's e-mail address exists, and a name is no mere blank of another script",
        "only a message that arrives shows that; the formats keep out what cannot be meant",
    ),
    ("An order has items", "a cart begins empty"),
    ("An item costs what its ticket type costs", "it keeps the price at which it was ordered"),
    ("Tickets are sold within the type's time of sale", "the box office sells until the doors, and clocks differ"),
    (
        "An order keeps to a type's max_per_order that was lowered since",
        "the limit holds for who orders, or changes an order, from then on",
    ),
    (
        "An event's ticket types add up to its venue's capacity at most",
        "organisers offer one place as several types, and close a type by hand",
    ),
    ("Two events are not in one venue at one time", "a venue has halls"),
    ("A payment's venue is the event's", "an event may move after it was paid for; the payout was not"),
    ("A ticket's holder, or a payer, is the order's buyer", "people buy for others"),
    ("Tax is the tenant's rate of the amount", "rates differ by place and ticket; a tax service decides"),
    ("A currency or a country exists, a time zone too", "the lists change more often than this database"),
    ("A venue's status follows a course", "it may close and open again: every change is allowed"),
    (
        "Refunds look at payments of retired months",
        "a detached partition is out of sight; retention is longer than anybody may claim a refund",
    ),
    (
        "A new payment, notification or log is of the present month",
        "imports bring their own times; whoever retires months looks first, in the trail, what came into them late",
    ),
    (
        "A value that is written once, and may be empty, is not emptied and filled anew",
        "the CHECKs of a status say what it needs; ids, tenants, times of record, amounts and prices are never empty",
    ),
    (
        "A ticket's code, seat and holder stay as sold",
        "a ticket passed on needs a new code, lest the old one open the gate; the trail says who changed it",
    ),
    (
        "A succeeded payment's intent, fee, user and venue stay as they were",
        "providers settle fees, and correct references, after the payment; the trail has each change",
    ),
    (
        "An order expires only after its time, and a reservation past its time is not confirmed",
        "clocks differ, and who paid in time is confirmed when the provider's word arrives",
    ),
    (
        "An order's refund is not before its cancellation",
        "organisers pay back first, and end the order once the money is on its way",
    ),
    (
        "A deleted row is not written again in another status",
        "services may delete orders only where nothing refers to them, and the trail shows it",
    ),
)


def write(head: Head) -> str:
    """Return the page: every table with its rules, then what is not enforced."""
    with head.connected() as connection:
        rules = connection.execute(_RULES.encode(), (list(_SCHEMAS),)).fetchall()
        required = {row[:2]: row[2] for row in connection.execute(_REQUIRED.encode(), (list(_SCHEMAS),))}
    parts = [_OPENING.replace("@NOTE@", NOTE)]
    tables = sorted(required, key=lambda name: (_SCHEMAS.index(name[0]), name[1]))
    parts += [
        _table(table, required[table], [row[2:] for row in rules if row[:2] == table])
        for table in tables
        if table[1] != "alembic_version"
    ]
    parts.append(_NOT + "\n".join(f"| {rule} | {reason} |" for rule, reason in _NOT_ENFORCED))
    return "\n\n".join(parts) + "\n"


def _table(table: tuple[str, str], required: str, rules: list[tuple[str, ...]]) -> str:
    lines = [
        f"| `{name}` | {kind} | {_cell(rule)} | {message or ''} | {state} |"
        for name, kind, rule, message, state in rules
    ]
    head = "| constraint | kind | rule | message | SQLSTATE |\n| --- | --- | --- | --- | --- |\n"
    return f"## {'.'.join(table)}\n\nMust be filled: {required}.\n\n" + (
        head + "\n".join(lines) if lines else "No others."
    )


def _cell(rule: str) -> str:
    """Return a definition in one line that does not end a table's cell; what is prose stays prose."""
    text = re.sub(r"\s+", " ", rule).replace("|", "\\|")
    return f"`{text}`" if re.match(r"[A-Z]+ ?[A-Z]* ?\(|\(", text) else text


_OPENING = """# Constraints

@NOTE@
Every rule that the database keeps. A service finds a message by the fields of the error:
`select ttdb.constraint_message(constraint, schema, table, column)`; [rules](../explain/rules.md) says how, and why each
kind lives where it does.

- A missing value is refused with 23502, and the message is "... is missing".
- Deleting what a foreign key still needs is refused with 23503, from PostgreSQL 18 on with 23001.
- **at commit**: looked at when the transaction commits, so that its statements may come in any order.
- **at once**: looked at by a trigger at the end of the statement.
- **transition**: what a value may change to. **written once**: a filled column takes no other value.
- A primary key's, or unique index's, violation in a partition names the partition's own; the message is found by it."""

_NOT = """## Deliberately not enforced

| what the database does not refuse | because |
| --- | --- |
"""
