"""What the body of a trigger's function writes into another table, and whether that is a record of a change."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ttdb.validate.discover.calls import without_comments
from ttdb.validate.discover.dynamic import executed

_INSERT = re.compile(
    r"\binsert\s+into\s+(?P<target>[\w.\"$]+)(?:\s+as\s+\w+)?\s*(?:\((?P<columns>[^()]*)\))?"
    r"(?:\s*overriding\s+\w+\s+value)?\s*(?P<kind>values|select)\b",
    re.IGNORECASE,
)
_BARE = re.compile(r'\binsert\s+into\s+(?P<target>[\w."$]+)', re.IGNORECASE)
_ASSIGNED = re.compile(r"(?:^|[;\s])(\w+)(?:\s+([\w.]+)(?:\[\])?)?\s*:=\s*([^;]+)", re.IGNORECASE)
_USING = re.compile(r"\bexecute\b[^;]*?\busing\s+([^;]+)", re.IGNORECASE)
_NO_NAMES = {"begin", "then", "else", "loop", "declare", "constant"}
_TEXT, _WORD = re.compile(r"'(?:[^']|'')*'"), re.compile(r"\b[a-z_]\w*\b", re.IGNORECASE)
_END = re.compile(r"\s(?:from|returning|on\s+conflict)\s", re.IGNORECASE)
# One row in the place of another is an image of the row, and no record of what it was before.
_EITHER = re.compile(r"\bcoalesce\s*\((?:[^()]|\([^()]*\))*\)|\bcase\b.*?\bend\b", re.IGNORECASE | re.DOTALL)
_OLD, _NEW = re.compile(r"\bold\w*\b", re.IGNORECASE), re.compile(r"\bnew\w*\b", re.IGNORECASE)
_VERB, _VERBS = re.compile(r"\btg_op\b", re.IGNORECASE), re.compile(r"'(?:insert|update|delete|i|u|d)'", re.IGNORECASE)
_WHERE = re.compile(r"\btg_(?:table_name|table_schema|relid|relname)\b", re.IGNORECASE)
_WHO = re.compile(r"\b(?:session_user|current_user|current_role|getpgusername|user)\b(?!\s*[.(])", re.IGNORECASE)
_SAID_WHO = re.compile(r"current_setting\s*\(\s*'[^']*(?:user|actor|login|who|clerk|agent|by)[^']*'", re.IGNORECASE)
_IMAGE = re.compile(
    r"\b(?:to_jsonb?|row_to_json|hstore)\s*\(|\b(?:old|new)\s*\)?\s*\.\s*\*|\b(?:old|new)\s*\)?\s*::\s*(?:text|jsonb?)",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"\$\d")
_SIGNALS = 3  # of five, by which a record is known
_DEPTH = 3  # of variables that are made of others


@dataclass(frozen=True, slots=True)
class Record:
    """One insert in a function's body, with what stands for each expression once variables are put in."""

    target: str
    expressions: tuple[str, ...]
    columns: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=(), repr=False)  # as expressions, each with its variables' own

    @property
    def by_column(self) -> Mapping[str, str]:
        """Return what goes to each column; nothing where the insert lists none."""
        return dict(zip(self.columns, self.texts, strict=False))

    @property
    def actors(self) -> tuple[str, ...]:
        """Return the columns to which is written who did it."""
        return tuple(name for name, text in self.by_column.items() if _says_who(text))

    def holding(self, column: str) -> str | None:
        """Return the column to which a column of the changed row is written, of whichever of its images."""
        from_row = re.compile(rf"\b(?:old|new)\w*\s*\.\s*\"?{re.escape(column)}\b", re.IGNORECASE)
        whole = (name for name, text in self.by_column.items() if from_row.search(text) and not _IMAGE.search(text))
        return next(whole, None)


def records_in(body: str, given: Sequence[str] = ()) -> Iterator[Record]:
    """Return the inserts of a body; a target may name what the trigger tells, as dynamic.executed() does.

    Args:
        body: of a function, in SQL or PL/pgSQL.
        given: what it is called with, where that is another function's doing.

    """
    plain = without_comments(body)
    assigned = _assigned(plain)
    given = (*given, *(text for using in _USING.findall(plain) for text in split(using)))
    dynamic = list(_inserts(";\n".join(executed(body)), assigned, given))
    yield from dynamic
    known = {(each.target, each.columns) for each in dynamic}
    for record in _inserts(plain, assigned, given):
        # An insert whose values are parameters stands in an EXECUTE's text, and was put together from it.
        if (record.target, record.columns) not in known or not any(map(_PARAMETER.search, record.texts)):
            yield record


def _inserts(text: str, assigned: Mapping[str, str], given: tuple[str, ...]) -> Iterator[Record]:
    parsed = {match.start(): match for match in _INSERT.finditer(text)}
    for match in _BARE.finditer(text):
        whole = parsed.get(match.start())
        expressions = tuple(_expressions(text, whole)) if whole is not None else ()
        columns = whole["columns"] if whole is not None else None
        named = tuple(each.strip().strip('"').lower() for each in columns.split(",")) if columns else ()
        texts = tuple(_with_variables(each, assigned) for each in expressions)
        yield Record(match["target"].replace('"', "").lower(), (*texts, *given), named, texts)


def _assigned(body: str) -> dict[str, str]:
    """Return what is assigned to each variable, one text for all its assignments."""
    found: dict[str, str] = {}
    for first, second, text in _ASSIGNED.findall(body):
        name = (second if first.lower() in _NO_NAMES and second else first).lower()
        found[name] = f"{found.get(name, '')} {text}"
    return found


def tells_of_changes(record: Record, *, names_who: bool) -> bool:
    """Tell whether an insert records a change: what was done, to what, by whom, and what the row was before.

    Args:
        record: the insert.
        names_who: the table has a column whose name says who, which a default may fill.

    """
    said = [_TEXT.sub("''", _without_either(each)) for each in record.expressions]
    before = any(_OLD.search(each) for each in said)
    who = names_who or any(_says_who(each) for each in record.expressions)
    verb = any(_VERB.search(each) for each in said) or any(_VERBS.fullmatch(each.strip()) for each in record.texts)
    where = any(_WHERE.search(each) for each in said)
    image = any(_IMAGE.search(each) for each in record.expressions)
    return (before or who) and sum((before, who, verb, where, image)) >= _SIGNALS


def _says_who(text: str) -> bool:
    return bool(_WHO.search(_TEXT.sub("''", text)) or _SAID_WHO.search(text))


def _without_either(text: str) -> str:
    """Return an expression without the parts in which the old row stands for the new one."""
    return _EITHER.sub(lambda match: "" if _OLD.search(match[0]) and _NEW.search(match[0]) else match[0], text)


def _with_variables(expression: str, assigned: Mapping[str, str]) -> str:
    text, known = expression, set[str]()
    for _ in range(_DEPTH):
        named = [name for name in map(str.lower, _WORD.findall(text)) if name in assigned and name not in known]
        if not named:
            break
        known.update(named)
        text = " ".join((text, *(assigned[name] for name in dict.fromkeys(named))))
    return text


def _expressions(body: str, insert: re.Match[str]) -> Iterator[str]:
    """Return what an insert writes, one expression for each column."""
    rest = _statement(body[insert.end() :])
    if insert["kind"].lower() == "values":
        rest = rest[rest.find("(") + 1 :]
        yield from split(_until_closed(rest))
    else:
        yield from split(_listed(rest))


def _listed(select: str) -> str:
    """Return what stands before a FROM that is in no parenthesis."""
    shallow = _shallow(select)
    end = _END.search(shallow)
    return select[: end.start()] if end is not None else select


def _shallow(text: str) -> str:
    """Return the text with all that is inside parentheses or quotes blanked, at the same places."""
    out, depth, quoted = [], 0, False
    for sign in text:
        if sign == "'":
            quoted = not quoted
        elif not quoted and sign == ")":
            depth -= 1
        out.append(" " if quoted or depth > 0 else sign)
        if not quoted and sign == "(":
            depth += 1
    return "".join(out)


def _statement(text: str) -> str:
    end = _shallow(text).find(";")
    return text[:end] if end >= 0 else text


def _until_closed(text: str) -> str:
    """Return the text up to the parenthesis that closes the one before it."""
    depth, quoted = 1, False
    for place, sign in enumerate(text):
        if sign == "'":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if depth == 0:
                return text[:place]
    return text


def arguments_of(body: str, name: str) -> list[str]:
    """Return what a body calls a function with, of all its calls."""
    calls = re.finditer(rf'\b{re.escape(name)}"?\s*\(', body, re.IGNORECASE)
    return [text for call in calls for text in split(_until_closed(body[call.end() :]))]


def split(text: str) -> list[str]:
    """Return the parts of a list, at the commas that are in no parenthesis and no text."""
    shallow, parts, start = _shallow(text), [], 0
    for place, sign in enumerate(shallow):
        if sign == ",":
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]
