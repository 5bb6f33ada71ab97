"""Which lock a step takes, as far as its SQL tells."""

import re

from ttdb.migrate.step import Step

# The first that fits: a step is about one thing, and its strongest lock comes first. What a function's body does is
# done by who calls it.
_LOCKS = (
    (r"^comment on\b", "SHARE UPDATE EXCLUSIVE: neither readers nor writers wait"),
    (r"\bindex concurrently\b", "SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots"),
    (r"\bttdb\.fills_later\b", "SHARE ROW EXCLUSIVE: writers wait for a moment"),
    (r"\bfor (key )?share on conflict\b", "row locks, short"),
    (r"\bttdb\.(protect|dress|unprotect)\(", "ACCESS EXCLUSIVE, for a moment: no scan"),
    (r"\bttdb\.partition_in_place\(", "ACCESS EXCLUSIVE, for a moment: no row moves"),
    (r"\bttdb\.keep_unique\(", "SHARE ROW EXCLUSIVE: writers wait while the keys are entered"),
    (r"\bttdb\.(keep_values|allow_transitions)\(", "SHARE ROW EXCLUSIVE: writers wait for a moment"),
    (r"\bmasked\.\"?columns?\"?\(", "ACCESS EXCLUSIVE on the masked view alone"),
    (r"\baudit\.(enable|disable)\(", "SHARE ROW EXCLUSIVE: writers wait for a moment"),
    (r"^alter table\b(?![^;]*\b(foreign key|validate constraint)\b)", "ACCESS EXCLUSIVE, for a moment"),
    (r"\bcreate table\b[^;]*\breferences\b", "SHARE ROW EXCLUSIVE on the tables that it points at, for a moment"),
    (r"\bpartition of\b|\bttdb\.partition_by_month\(", "ACCESS EXCLUSIVE on the partitioned table, for a moment"),
    (r"\bcreate table\b", "none on what stands"),
    (r"\balter table\b(?![^;]*\b(foreign key|validate constraint)\b)", "ACCESS EXCLUSIVE, for a moment"),
    (r"\b(create|alter|drop) policy\b|\bdrop (trigger|index)\b|\block table\b", "ACCESS EXCLUSIVE, for a moment"),
    (r"\bforeign key\b", "SHARE ROW EXCLUSIVE on both tables: writers wait for a moment"),
    (r"\bvalidate constraint\b", "SHARE UPDATE EXCLUSIVE: neither readers nor writers wait, while it reads the table"),
    (r"\bcreate (constraint )?trigger\b", "SHARE ROW EXCLUSIVE: writers wait for a moment"),
    (r"\bcreate (unique )?index\b", "SHARE: writers wait while it is built"),
    (r"\bcreate (or replace )?(function|view)\b|\bcreate schema\b|\b(grant|revoke)\b", "none on tables"),
    (r"\bcreate statistics\b|\banalyze\b", "SHARE UPDATE EXCLUSIVE: neither readers nor writers wait"),
    (r"\bttdb\.(resolver|refuse_unconvertible|broken_rules)\(|^select '", "none on tables"),
)
_COMMENT = re.compile(r"\bcomment on\b[^;']*('[^']*')*;")
_BODY = re.compile(r"\bas (\$\w*\$).*?\1|--[^\n]*", re.DOTALL)


def lock_of(step: Step) -> str:
    """Return a phrase for the lock, or that it is not known."""
    if step.backfill or step.copying:
        return "locks on a batch's rows at a time" + (", and ACCESS EXCLUSIVE for a moment" if step.copying else "")
    said = "\n".join(step.up).lower()
    if not said:
        return "none on tables"
    text = _COMMENT.sub("", _BODY.sub("", said)).strip() or said  # of comments alone, these
    return next((lock for pattern, lock in _LOCKS if re.search(pattern, text)), "not known beforehand")


def tables_locked(step: Step) -> tuple[str, ...]:
    """Return the tables on which a step takes a lock that readers or writers wait for, as far as its SQL tells.

    Those it names as its own, and those that its foreign keys point at.
    """
    text = "\n".join(step.up)
    if not step.transaction or not _STRONG.search(text):
        return ()
    return tuple(dict.fromkeys((*step.relations, *_REFERENCED.findall(text))))


_STRONG = re.compile(
    r"\b(alter|drop|create) table\b|\btrigger\b|\bpolicy\b|\bcreate (unique )?index\b|\block table\b"
    r"|\bselect (ttdb|audit|masked)\.",
    re.IGNORECASE,
)
_REFERENCED = re.compile(r"\breferences\s+((?:\w+)\.(?:\w+))", re.IGNORECASE)
