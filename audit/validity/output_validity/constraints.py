"""Constraints between the columns of a table that a policy declares, e.g. `years_employed <= age - 16`.

They are read as comparisons of arithmetic over columns, by a grammar of their own: nothing else of Python is let in, so
that a policy stays data. A column whose name is no identifier stands in backticks.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def parse_constraint(text: str) -> ast.expr:
    """The constraint as a checked expression.

    Raises:
        ValueError: if it is anything but comparisons of arithmetic over columns, joined by and, or, not.
    """
    try:
        tree = ast.parse(_named(text)[0].strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"constraint {text!r}: expected e.g. `a <= b + 1`, got what cannot be read") from error
    _check(tree, text, truth=True)
    return tree


def columns_of(text: str) -> tuple[str, ...]:
    """The columns that a constraint names, in order."""
    plain, names = _named(text)
    tree = ast.parse(plain.strip(), mode="eval")
    identifiers = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return tuple(dict.fromkeys(names.get(name, name) for name in identifiers))


def kept(text: str, table: Any) -> NDArray[np.bool_]:
    """Which rows of a `pandas.DataFrame` keep the constraint; where a value it needs is missing, it is kept.

    Raises:
        ValueError: if the table lacks a column, or the columns cannot be compared so.
    """
    lacking = [name for name in columns_of(text) if name not in table.columns]
    if lacking:
        known = ", ".join(map(str, table.columns))
        raise ValueError(f"constraint {text!r}: expected columns among {known}, got {', '.join(lacking)}")
    needed = table[list(columns_of(text))]
    known_rows: NDArray[np.bool_] = needed.notna().all(axis=1).to_numpy()
    holds = np.ones(len(table), dtype=bool)
    try:
        # Of complete rows only: what is missing cannot always be compared, and need not be.
        holds[known_rows] = np.asarray(_value(parse_constraint(text), needed[known_rows], _named(text)[1]), dtype=bool)
    except (TypeError, ArithmeticError) as error:
        raise ValueError(f"constraint {text!r}: its columns cannot be compared so ({error})") from error
    return holds


def _named(text: str) -> tuple[str, dict[str, str]]:
    """The text with each name in backticks replaced by an identifier, and what these stand for."""
    names: dict[str, str] = {}

    def stand_in(quoted: re.Match[str]) -> str:
        key = f"column_{len(names)}_"
        names[key] = quoted.group(1)
        return key

    return re.sub(r"`([^`]+)`", stand_in, text), names


def _check(node: ast.expr, text: str, *, truth: bool) -> None:
    match node:
        case ast.BoolOp(values=values) if truth:
            for each in values:
                _check(each, text, truth=True)
        case ast.UnaryOp(op=ast.Not(), operand=operand) if truth:
            _check(operand, text, truth=True)
        case ast.Compare(left=left, ops=ops, comparators=others) if truth and all(
            type(op) in COMPARISONS for op in ops
        ):
            for each in (left, *others):
                _check(each, text, truth=False)
        case ast.BinOp(left=left, op=op, right=right) if not truth and type(op) in ARITHMETIC:
            _check(left, text, truth=False)
            _check(right, text, truth=False)
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not truth:
            _check(operand, text, truth=False)
        case ast.Name() if not truth:
            return
        case ast.Constant(value=value) if not truth and isinstance(value, int | float | str):
            return
        case _:
            raise ValueError(
                f"constraint {text!r}: expected comparisons of columns, numbers and 'text' with + - * / and, or, not; "
                f"got {ast.unparse(node)!r}"
            )


def _value(node: ast.expr, table: Any, names: Mapping[str, str]) -> Any:
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = [np.asarray(_value(each, table, names), dtype=bool) for each in values]
            return np.logical_and.reduce(parts) if isinstance(op, ast.And) else np.logical_or.reduce(parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ~np.asarray(_value(operand, table, names), dtype=bool)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(each, table, names) for each in (left, *others)]
            pairs = zip(sides, ops, sides[1:], strict=False)
            return np.logical_and.reduce([np.asarray(COMPARISONS[type(op)](a, b), bool) for a, op, b in pairs])
        case ast.BinOp(left=left, op=op, right=right):
            with np.errstate(divide="ignore", invalid="ignore"):
                return ARITHMETIC[type(op)](_value(left, table, names), _value(right, table, names))
        case ast.UnaryOp(operand=operand):
            return -_value(operand, table, names)
        case ast.Name(id=name):
            column = table[names.get(name, name)]
            return (column.astype(object) if str(column.dtype) in ("category", "str") else column).to_numpy()
        case ast.Constant(value=value):
            return value
    raise AssertionError(f"{ast.dump(node)} passed the check")
