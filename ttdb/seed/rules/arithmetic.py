"""The rules for numbers: ranges, and arithmetic over columns, references and children."""

import ast
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any, TypeAlias

from ttdb.seed.draw import Stream
from ttdb.seed.rules.base import Rows, Rule, verb
from ttdb.seed.values import Column, Value

_Formula: TypeAlias = "Callable[[Rows], Column]"
_EXACT = Context(prec=38, rounding=ROUND_HALF_UP)
_OPERATORS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: _EXACT.add,
    ast.Sub: _EXACT.subtract,
    ast.Mult: _EXACT.multiply,
    ast.Div: _EXACT.divide,
}
_FUNCTIONS = ("sum", "min", "max", "round")
_HINT = f"It may hold columns, numbers, + - * / and {', '.join(_FUNCTIONS)}."


@verb("number", "step")
class Number(Rule):
    """``number = [1, 6]`` or ``["15.00", "180.00"]`` with ``step = "0.50"``: an even choice between the bounds."""

    def _read(self, data: Mapping[str, Any]) -> None:
        bounds = data["number"]
        if not isinstance(bounds, list) or len(bounds) != len(("from", "to")):
            raise self.place.at("number").wrong("must be two bounds", 'Write number = [1, 6] or ["1.00", "6.00"].')
        self.whole = all(isinstance(bound, int) for bound in bounds)
        self.low, high = (self._decimal(bound, "number") for bound in bounds)
        self.step = self._decimal(data.get("step", 1 if self.whole else "0.01"), "step")
        if self.step <= 0 or high < self.low:
            raise self.place.at("number").wrong("must rise, and its step be above zero")
        self.count = int((high - self.low) / self.step) + 1

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        made = [self.low + self.step * stream.below(number, self.count) for number in rows.numbers]
        return [int(value) if self.whole else value for value in made]

    def _decimal(self, value: object, key: str) -> Decimal:
        try:
            return Decimal(str(value))
        except InvalidOperation as error:
            raise self.place.at(key).wrong(f'"{value}" is no number') from error


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
        return self.formula(rows)

    def _node(self, node: ast.expr) -> _Formula:
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _each(self._two(_OPERATORS[type(node.op)]), self._node(node.left), self._node(node.right))
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            number = Decimal(str(node.value))
            return lambda rows: [number] * len(rows)
        if isinstance(node, ast.Name | ast.Attribute):
            path = ast.unparse(node)
            return lambda rows: rows.follow(path, self.place)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self._call(node.func.id, node.args)
        raise self.place.at("compute").wrong(f'"{ast.unparse(node)}" is not allowed here', _HINT)

    def _call(self, name: str, arguments: list[ast.expr]) -> _Formula:
        if name == "sum" and len(arguments) == 1 and isinstance(arguments[0], ast.Attribute):
            child, _, column = ast.unparse(arguments[0]).partition(".")
            return lambda rows: self._sum(rows, child, column)
        if name in ("min", "max") and len(arguments) > 1:
            chosen = min if name == "min" else max
            return _each(lambda *values: chosen(map(self._exact, values)), *map(self._node, arguments))
        if name == "round" and len(arguments) in (1, 2):
            places = arguments[1].value if len(arguments) > 1 and isinstance(arguments[1], ast.Constant) else 0
            unit = Decimal(1).scaleb(-int(str(places)))
            return _each(lambda value: self._exact(value).quantize(unit, context=_EXACT), self._node(arguments[0]))
        raise self.place.at("compute").wrong(f'"{name}" cannot be called so', _HINT)

    def _sum(self, rows: Rows, child: str, column: str) -> Column:
        children, parents = rows.children(child, self.place)
        totals = [Decimal(0)] * len(rows)
        for parent, value in zip(parents, children.follow(column, self.place), strict=True):
            totals[parent] += self._exact(value)
        return list(totals)

    def _two(self, action: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., Value]:
        return lambda left, right: action(self._exact(left), self._exact(right))

    def _exact(self, value: Value) -> Decimal:
        if isinstance(value, int | Decimal):
            return Decimal(value)
        raise self.place.wrong(f"{value!r} is no number")


def _each(action: Callable[..., Value], *parts: _Formula) -> _Formula:
    def column(rows: Rows) -> Column:
        columns = [part(rows) for part in parts]
        return [None if None in values else action(*values) for values in zip(*columns, strict=True)]

    return column
