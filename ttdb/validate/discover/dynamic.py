"""What EXECUTE runs in a body, as statements: their texts are put together as the body itself would do it.

What is known to a call alone stands in a statement as in the body, be it tg_table_name, a variable or a function: it
reads as if it had been written out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice, product
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<skip>\s+|--[^\n]*|/\*.*?\*/)|(?P<escaped>e'(?:[^'\\]|''|\\.)*')|(?P<text>'(?:[^']|'')*')"
    r"|\$(?P<tag>[a-z_]\w*|)\$(?P<dollars>.*?)\$(?P=tag)\$|\"(?P<quoted>[^\"]+)\"|(?P<name>[a-z_][\w$]*)"
    r"|(?P<sign>\|\||:=|::|\$\d+|\d+|.)",
    re.IGNORECASE | re.DOTALL,
)
_SPECIFIER, _GIVEN = re.compile(r"%(?:(\d+)\$)?-?\d*([sIL%])"), re.compile(r"\$(\d+)")
_OPENS, _CLOSES = {"(", "[", "case"}, {")", "]", "end"}
_STARTS = {"begin", "then", "else", "loop", "declare"}  # a statement follows without a semicolon before it
_COMMANDS = {
    *("if", "elsif", "when", "while", "for", "return", "perform", "raise", "exit", "call", "get", "end"),
    *("insert", "update", "delete", "merge", "with", "set"),
}
_SAME = {"quote_ident", "lower", "upper", "btrim", "trim", "left", "text"}  # a table's name stays as it is
_UNKNOWN, _MOST = "unknown", 8  # texts that one expression may have
TABLE, SCHEMA, ARGUMENT = "tg_table_name", "tg_table_schema", re.compile(r"tg_argv_(\d+)_")


class _Token(NamedTuple):
    kind: str  # text, name or sign
    value: str  # of a text what it says, of a name how the server knows it
    start: int
    end: int


_Tokens = Sequence[_Token]
_Texts = tuple[str, ...]


@lru_cache(maxsize=1024)
def executed(body: str) -> _Texts:
    """Return the statements that a PL/pgSQL body executes; the trigger's first argument is tg_argv_0_ in them."""
    return tuple(dict.fromkeys(_Run(body).statements())) if "execute" in body.lower() else ()


class _Run:
    """A body that is read to its end, with every text that its variables may have had on the way."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._values: dict[str, _Texts] = {"tg_relname": (TABLE,), "tg_relid": (f"{SCHEMA}.{TABLE}",)}

    def statements(self) -> Iterator[str]:
        """Return what is executed, variables put in."""
        for tokens in _statements(self._body):
            first = tokens[0].value
            if first == "execute":
                yield from self._executed(tokens[1:])
            elif first == "select":
                self._select(tokens[1:])
            elif tokens[0].kind == "name" and first not in _COMMANDS:
                self._assign(tokens)

    def _executed(self, tokens: _Tokens) -> Iterator[str]:
        using = _after(tokens, "using")
        given = [self._source(each) for each in _parts(_before(using, "into"), ",")]
        for text in self._texts(_before(tokens, "using", "into")):
            yield _GIVEN.sub(lambda match: _at(given, int(match[1]) - 1) or match[0], text)

    def _assign(self, tokens: _Tokens) -> None:
        """Take `name := text`, and `name type default text`."""
        signs = (":=", "=", "default")
        if not {each.value for each in _before(tokens, *signs)} & {".", "["}:
            self._keep(tokens[0].value, _after(tokens, *signs))

    def _select(self, tokens: _Tokens) -> None:
        """Take `select text into name`."""
        listed = _before(tokens, "from")
        names = [each.value for each in _after(listed, "into") if each.kind == "name" and each.value != "strict"]
        for name, text in zip(names, _parts(_before(listed, "into"), ","), strict=False):
            self._keep(name, text)

    def _keep(self, name: str, tokens: _Tokens) -> None:
        texts = self._texts(tokens)
        source = self._source(tokens)
        if tokens and (texts != (source,) or source.lower() in (TABLE, SCHEMA)):
            earlier = () if any(each.value == name for each in tokens) else self._values.get(name, ())
            self._values[name] = tuple(dict.fromkeys((*earlier, *texts)))[-_MOST:]

    def _texts(self, tokens: _Tokens) -> _Texts:
        """Return what an expression may say."""
        return _each("".join, [self._operand(each) for each in _parts(tokens, "||")])

    def _operand(self, tokens: _Tokens) -> _Texts:
        tokens = _before(tokens, "::")
        words = [each.value for each in tokens]
        if len(tokens) == 1 and tokens[0].kind == "text":
            return (words[0],)
        if len(tokens) == 1 and words[0] in self._values:
            return self._values[words[0]]
        if words[:2] == ["tg_argv", "["] and len(words) > 2:  # noqa: PLR2004 - the number
            return (f"tg_argv_{words[2]}_",)
        if words[:1] == ["case"]:
            branches = [_after(each, "then") or each for each in _parts(tokens[1:-1], "when", "else")[1:]]
            return tuple(dict.fromkeys(text for each in branches for text in self._texts(each)))
        if _closed(tokens):
            return self._texts(tokens[1:-1])
        called = tokens[2:] if words[:2] == ["pg_catalog", "."] else tokens
        made = self._called(called[0].value, _parts(called[2:-1], ",")) if _closed(called[1:]) else ()
        return made or (self._source(tokens),)

    def _called(self, name: str, arguments: Sequence[_Tokens]) -> _Texts:
        """Return what a call says, of a function that makes texts of texts."""
        texts, sources = [self._texts(each) for each in arguments], [self._source(each) for each in arguments]
        if not texts:
            return ()
        if name in _SAME:
            return texts[0]
        if name == "coalesce":
            return tuple(dict.fromkeys(chain.from_iterable(texts)))
        make = {
            "concat": "".join,
            "concat_ws": lambda given: given[0].join(given[1:]),
            "quote_literal": lambda given: _literal(given[0], sources[0]),
            "quote_nullable": lambda given: _literal(given[0], sources[0]),
            "format": lambda given: _format(given, sources),
        }.get(name)
        return _each(make, texts) if make is not None else ()

    def _source(self, tokens: _Tokens) -> str:
        """Return an expression as it is written; a subquery's parentheses and FROM would be the statement's own."""
        if not tokens or any(each.value == "select" for each in tokens):
            return _UNKNOWN
        return self._body[tokens[0].start : tokens[-1].end]


def _format(given: Sequence[str], sources: Sequence[str]) -> str:
    """Return what format() makes of a text and its arguments."""
    place = 0

    def put(match: re.Match[str]) -> str:
        nonlocal place
        if match[2] == "%":
            return "%"
        place = int(match[1]) if match[1] else place + 1
        text = _at(given, place)
        return _literal(text, sources[place]) if match[2] == "L" and text else text

    return _SPECIFIER.sub(put, given[0])


def _literal(text: str, source: str) -> str:
    """Return a text between quotes; not what is unknown, that stands for itself."""
    return text if text == source else "'{}'".format(text.replace("'", "''"))


def _each(make: Callable[[Sequence[str]], str], texts: Iterable[_Texts]) -> _Texts:
    return tuple(dict.fromkeys(make(each) for each in islice(product(*texts), _MOST)))


def _at(listed: Sequence[str], place: int) -> str:
    return listed[place] if 0 <= place < len(listed) else ""


def _tokens(body: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(body):
        kind, text = match.lastgroup or "", match[0]
        if kind in {"text", "escaped"}:
            yield _Token("text", text[text.index("'") + 1 : -1].replace("''", "'"), *match.span())
        elif kind in {"dollars", "tag"}:
            yield _Token("text", match["dollars"], *match.span())
        elif kind == "quoted":
            yield _Token("name", match["quoted"], *match.span())
        elif kind != "skip":
            yield _Token("name" if kind == "name" else "sign", text.lower(), *match.span())


def _statements(body: str) -> Iterator[list[_Token]]:
    """Return a body's statements, each from its first word; a CASE among them ends with its first branch."""
    found: list[_Token] = []
    depth = 0
    for token in _tokens(body):
        if token.value == ";" or (token.value in _STARTS and not depth and token.kind == "name"):
            if found:
                yield found
            found, depth = [], 0
            continue
        if token.kind != "text":
            depth += (token.value == "case" and bool(found)) - (token.value == "end" and depth > 0)
        found.append(token)
    if found:
        yield found


def _places(tokens: _Tokens, signs: Sequence[str]) -> Iterator[int]:
    """Return where one of the signs stands that is in no parenthesis and no CASE."""
    depth = 0
    for place, token in enumerate(tokens):
        if token.kind == "text":
            continue
        depth -= token.value in _CLOSES
        if not depth and token.value in signs:
            yield place
        depth += token.value in _OPENS


def _parts(tokens: _Tokens, *signs: str) -> list[_Tokens]:
    ends = [*_places(tokens, signs), len(tokens)]
    starts = [0, *(each + 1 for each in ends)]
    return [tokens[start:end] for start, end in zip(starts, ends, strict=False)] if tokens else []


def _before(tokens: _Tokens, *signs: str) -> _Tokens:
    return tokens[: next(_places(tokens, signs), len(tokens))]


def _after(tokens: _Tokens, *signs: str) -> _Tokens:
    return tokens[next(_places(tokens, signs), len(tokens)) + 1 :]


def _closed(tokens: _Tokens) -> bool:
    """Tell whether the tokens are one parenthesis, from its opening to its end."""
    depth = 0
    for token in tokens:
        depth += (token.kind != "text") * ((token.value == "(") - (token.value == ")"))
        if depth <= 0 and token is not tokens[-1]:
            return False
    return len(tokens) > 1 and depth == 0
