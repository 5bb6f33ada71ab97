"""The rules for numbers: ranges, and arithmetic over columns, references and children."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import numpy as np

from ttdb.seed.columns import Column, Numbers, decimals
from ttdb.seed.draw import Ints, Stream
from ttdb.seed.rules.base import Rows, Rule, verb
from ttdb.seed.texts import Flags

_CHOICES = 2**32
_GREATEST = 10**17  # over ten to a scale it is a word of 64 bits
_WORD = 2**63 - 1
_MOST_PLACES = 9
_ROOTED = 2**50  # up to here the nearest double's root, cut off, is the whole root on any machine
_FUNCTIONS = ("sum", "min", "max", "round", "quotient", "root")
_HINT = f"It may hold columns, numbers, + - * / and {', '.join(_FUNCTIONS)}."


@verb("number", "step")
class Number(Rule):
    """``number = [1, 6]`` or ``["15.00", "180.00"]`` with ``step = "0.50"``: an even choice between the bounds."""

    def _read(self, data: Mapping[str, Any]) -> None:
        bounds = data["number"]
        if not isinstance(bounds, list) or len(bounds) != len(("from", "to")):
            raise self.place.at("number").wrong("must be two bounds", 'Write number = [1, 6] or ["1.00", "6.00"].')
        whole = all(isinstance(bound, int) for bound in bounds)
        low, high = (self._decimal(bound, "number") for bound in bounds)
        step = self._decimal(data.get("step", 1 if whole else "0.01"), "step")
        if step <= 0 or high < low:
            raise self.place.at("number").wrong("must rise, and its step be above zero")
        self.scale = 0 if whole else max(decimals(low), decimals(step))
        self.low, self.step = int(low.scaleb(self.scale)), int(step.scaleb(self.scale))
        self.count = int((high - low) / step) + 1
        if self.count > _CHOICES:
            raise self.place.at("number").wrong(f"has {self.count} steps, and can have {_CHOICES}", "Widen the step.")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        return Numbers(values=stream.below(rows.numbers, self.count) * self.step + self.low, scale=self.scale)

    def _decimal(self, value: object, key: str) -> Decimal:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or isinstance(value, bool) or abs(number) > _GREATEST:
            raise self.place.at(key).wrong(f'"{value}" is no number, or too great')
        return number


@dataclass(frozen=True, slots=True)
class _Exact:
    """Numbers on the way: whole numbers over ten to a scale, and over a divisor until they are rounded."""

    values: Ints
    scale: int
    divisor: int = 1
    null: Flags | None = None

    def aligned(self, other: "_Exact") -> tuple["_Exact", "_Exact"]:
        """Return both over one denominator."""
        scale = max(self.scale, other.scale)
        mine, theirs = 10 ** (scale - self.scale) * other.divisor, 10 ** (scale - other.scale) * self.divisor
        divisor, null = self.divisor * other.divisor, _either(self.null, other.null)
        left, right = _times(self.values, mine), _times(other.values, theirs)
        return _Exact(left, scale, divisor, null), _Exact(right, scale, divisor, null)

    def rounded(self, places: int) -> "_Exact":
        """Return the nearest numbers with so many decimals; halves go away from zero."""
        if self.scale <= places and self.divisor == 1:
            return _Exact(_times(self.values, 10 ** (places - self.scale)), places, 1, self.null)
        over = self.divisor * 10 ** max(self.scale - places, 0)
        values = _times(self.values, 10 ** max(places - self.scale, 0))
        nearest = (_times(np.abs(values), 2) + over) // (2 * over)
        return _Exact(np.where(values < 0, -nearest, nearest), places, 1, self.null)


_Formula: TypeAlias = "Callable[[Rows], _Exact]"


def _either(left: Flags | None, right: Flags | None) -> Flags | None:
    if left is None or right is None:
        return right if left is None else left
    return left | right


@verb("compute")
class Compute(Rule):
    """``compute = "sum(order_items.subtotal) - round(discount, 2)"``: exact decimal arithmetic; NULL makes NULL."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.source = self.text(data, "compute")
        try:
            tree = ast.parse(self.source, mode="eval").body
        except SyntaxError as error:
            raise self.place.at("compute").wrong(f"cannot be read: {error.msg}", _HINT) from error
        self.formula = self._node(tree)

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        try:
            made = self.formula(rows)
        except OverflowError as error:
            raise self.place.at("compute").wrong("makes numbers of over 18 digits, decimals included") from error
        if made.divisor != 1:
            raise self.place.at("compute").wrong("a quotient must be rounded", 'Write "round(…, 2)".')
        return Numbers(values=made.values, scale=made.scale, null=made.null)

    def _node(self, node: ast.expr) -> _Formula:
        if isinstance(node, ast.BinOp):
            return self._operation(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            number = Decimal(str(node.value))
            if not number.is_finite() or abs(number) > _GREATEST:
                raise self._refused(node)
            scale = decimals(number)
            return lambda rows: _Exact(np.full(len(rows), int(number.scaleb(scale))), scale)
        if isinstance(node, ast.Name | ast.Attribute):
            path = ast.unparse(node)
            return lambda rows: self._exact(rows.follow(path, self.place), path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self._call(node.func.id, node.args)
        raise self._refused(node)

    def _operation(self, node: ast.BinOp) -> _Formula:
        left = self._node(node.left)
        if isinstance(node.op, ast.Div):
            return self._quotient(left, node)
        right = self._node(node.right)
        if isinstance(node.op, ast.Mult):
            return lambda rows: _product(left(rows), right(rows))
        if isinstance(node.op, ast.Add):
            return lambda rows: _joined(np.add, left(rows), right(rows))
        if isinstance(node.op, ast.Sub):
            return lambda rows: _joined(np.subtract, left(rows), right(rows))
        raise self._refused(node)

    def _quotient(self, left: _Formula, node: ast.BinOp) -> _Formula:
        divisor = node.right.value if isinstance(node.right, ast.Constant) else None
        if not isinstance(divisor, int) or isinstance(divisor, bool) or divisor < 1:
            raise self.place.at("compute").wrong(f'"{ast.unparse(node)}" divides by no whole number above zero', _HINT)

        def quotient(rows: Rows) -> _Exact:
            made = left(rows)
            return _Exact(made.values, made.scale, made.divisor * divisor, made.null)

        return quotient

    def _call(self, name: str, arguments: list[ast.expr]) -> _Formula:
        if name == "sum" and len(arguments) == 1 and isinstance(arguments[0], ast.Attribute):
            child, _, column = ast.unparse(arguments[0]).partition(".")
            return lambda rows: self._exact(rows.sums(child, column, self.place), f"{child}.{column}")
        if name in ("min", "max") and len(arguments) > 1:
            chosen: Any = np.minimum if name == "min" else np.maximum
            parts = [self._node(argument) for argument in arguments]
            return lambda rows: _folded(chosen, [part(rows) for part in parts])
        if name == "quotient" and len(arguments) == len(("of", "by")):
            return self._whole_quotient(*(self._node(argument) for argument in arguments))
        if name == "root" and len(arguments) == 1:
            radicand = self._node(arguments[0])
            return lambda rows: self._root(radicand(rows))
        if name == "round" and len(arguments) in (1, 2):
            places = _places(arguments[1]) if len(arguments) > 1 else 0
            if places is None:
                raise self.place.at("compute").wrong(f"round() takes 0 to {_MOST_PLACES} decimals", _HINT)
            inner = self._node(arguments[0])
            return lambda rows: inner(rows).rounded(places)
        raise self.place.at("compute").wrong(f'"{name}" cannot be called so', _HINT)

    def _whole_quotient(self, left: _Formula, right: _Formula) -> _Formula:
        def quotient(rows: Rows) -> _Exact:
            over, by = self._whole(left(rows), "quotient"), self._whole(right(rows), "quotient")
            null = _either(over.null, by.null)
            wrong = (by.values < 1) if null is None else (by.values < 1) & ~null
            if wrong.any():
                raise self.place.at("compute").wrong("quotient() divides by a number that is not above 0")
            return _Exact(over.values // np.maximum(by.values, 1), 0, 1, null)

        return quotient

    def _root(self, of: _Exact) -> _Exact:
        whole = self._whole(of, "root")
        if whole.values.min(initial=0) < 0 or whole.values.max(initial=0) > _ROOTED:
            raise self.place.at("compute").wrong(f"root() takes numbers from 0 to {_ROOTED}")
        return _Exact(np.sqrt(whole.values).astype(np.int64), 0, 1, whole.null)

    def _whole(self, number: _Exact, function: str) -> _Exact:
        if number.scale or number.divisor != 1:
            raise self.place.at("compute").wrong(f"{function}() takes whole numbers", 'Write "round(…)" within it.')
        return number

    def _exact(self, column: Column, path: str) -> _Exact:
        if isinstance(column, Numbers):
            return _Exact(column.values, column.scale, 1, column.null)
        raise self.place.wrong(f'"{path}" holds {column.kind}, no numbers')

    def _refused(self, node: ast.expr) -> Exception:
        return self.place.at("compute").wrong(f'"{ast.unparse(node)}" is not allowed here', _HINT)


def _places(node: ast.expr) -> int | None:
    """Return how many decimals round() is asked for; None where it is no number of them."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if type(value) is int and 0 <= value <= _MOST_PLACES else None


def _times(values: Ints, factor: int) -> Ints:
    """Multiply.

    Raises:
        OverflowError: a product is more than a word of 64 bits holds.

    """
    if factor != 1 and _largest(values) * abs(factor) > _WORD:
        raise OverflowError
    return values * factor


def _largest(values: Ints) -> int:
    return max(int(values.max(initial=0)), -int(values.min(initial=0)))


def _joined(action: Any, left: _Exact, right: _Exact) -> _Exact:  # noqa: ANN401 - one of numpy's functions
    one, two = left.aligned(right)
    if _largest(one.values) + _largest(two.values) > _WORD:
        raise OverflowError
    return _Exact(action(one.values, two.values), one.scale, one.divisor, one.null)


def _product(left: _Exact, right: _Exact) -> _Exact:
    null, divisor = _either(left.null, right.null), left.divisor * right.divisor
    if _largest(left.values) * _largest(right.values) > _WORD:
        raise OverflowError
    return _Exact(left.values * right.values, left.scale + right.scale, divisor, null)


def _folded(action: Any, parts: list[_Exact]) -> _Exact:  # noqa: ANN401 - one of numpy's functions
    made = parts[0]
    for part in parts[1:]:
        made = _joined(action, made, part)
    return made
