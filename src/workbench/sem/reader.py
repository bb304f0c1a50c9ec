"""Recursive descent over the tokens of a statement: expressions of labels, and what stands before ``*``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workbench.sem.expression import FUNCTIONS, SEVERAL, Call, Name, Node, Number, Operation, evaluate, names
from workbench.sem.tokens import Token, error

CALLABLE = (*FUNCTIONS, *SEVERAL)
DEEPEST = 40
"""Brackets and signs inside one another: no formula has more, and Python's stack has an end."""
LONGEST = 300
"""Operations that follow on one another in an expression, or stand inside one another in all."""
MODIFIERS = ("c", "start", "label", "equal", "lower", "upper")
PLAIN = ("+", "")
"""What follows a variable that nothing stands before: another one, or the end of the statement."""
NOT_SUPPORTED = {
    "rv": "Random slopes belong to two-level models, which this engine does not estimate",
    "efa": "Exploratory blocks are not rotated by this engine: name the loadings of each factor",
    "prior": "Priors belong to Bayesian estimation",
}


@dataclass(slots=True)
class Modifiers:
    """What stands before a variable, one entry per group or one for all; see ``syntax.Term``."""

    fixed: tuple[float | None, ...] = ()
    start: tuple[float | None, ...] = ()
    labels: tuple[str, ...] = ()
    lower: tuple[float | None, ...] = ()
    upper: tuple[float | None, ...] = ()


class Reader:
    """The tokens of one statement, read from left to right."""

    def __init__(self, tokens: list[Token]):
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        last = tokens[-1]
        self.end = Token("end", "", last.line, last.column + len(last.text))

    @property
    def token(self) -> Token:
        return self.tokens[self.position] if self.position < len(self.tokens) else self.end

    def peek(self, distance: int = 1) -> Token:
        place = self.position + distance
        return self.tokens[place] if place < len(self.tokens) else self.end

    def take(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def expect(self, text: str) -> Token:
        if self.token.text != text:
            raise error(self.token, f"expected {text!r} and found {self._found()}")
        return self.take()

    def _found(self) -> str:
        return repr(self.token.text) if self.token.text else "the end of the statement"

    def name(self, what: str = "a variable's name") -> Token:
        if self.token.kind != "name":
            raise error(self.token, f"expected {what} and found {self._found()}")
        return self.take()

    def variable(self) -> tuple[str, Token]:
        """A variable's name, or the product of variables ``a:b``, with the token it begins at."""
        first = self.name()
        parts = [first.text]
        while self.token.text == ":":
            self.take()
            parts.append(self.name().text)
        return ":".join(parts), first

    # -- expressions of :=, == and numbers --------------------------------------------------------------
    def expression(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/"), self._remainder)

    def _remainder(self) -> Node:
        return self._chain(("%%", "%/%"), self._signed)  # binds closer than * and /, as in R

    def _chain(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        first, node = self.token, part()
        while self.token.text in signs:
            node = self._joined(first, self.take().text, node, part())
        return node

    def _joined(self, first: Token, sign: str, left: Node, right: Node) -> Operation:
        """Two nodes as one, unless it becomes too high a tree for those who walk through it."""
        node = Operation(sign, left, right)
        if node.height > LONGEST:
            fix = "Write sum(a, b, ...), or define parts of it with := in lines of their own."
            raise error(first, f"more than {LONGEST} operations in one expression", fix)
        return node

    def _signed(self) -> Node:
        with self._deeper():
            if self.token.text == "-":
                self.take()
                return Operation("-", Number(0.0), self._signed())
            if self.token.text == "+":
                self.take()
                return self._signed()
            return self._power()

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """One level further down in brackets and signs."""
        if self.depth >= DEEPEST:
            fix = "Define parts of it with := in lines of their own."
            raise error(self.token, f"more than {DEEPEST} brackets or signs inside one another", fix)
        self.depth += 1
        yield
        self.depth -= 1

    def _power(self) -> Node:
        base = self._atom()
        if self.token.text == "^" or (self.token.text == "*" and self._double_star()):
            if self.take().text == "*":
                self.take()
            return Operation("^", base, self._signed())
        return base

    def _double_star(self) -> bool:
        following = self.peek()
        return following.text == "*" and following.column == self.token.column + 1

    def _atom(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "name" and self.token.text == "(":
            if token.text not in CALLABLE:
                known = ", ".join(CALLABLE)
                raise error(token, f"unknown function {token.text!r}", f"Known: {known}.")
            self.take()
            arguments = [self.expression()]
            while self.token.text == "," and token.text in SEVERAL:
                self.take()
                arguments.append(self.expression())
            self.expect(")")
            return Call(token.text, tuple(arguments))
        if token.kind == "name":
            return Name(token.text)
        if token.text == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        self.position -= 1
        raise error(token, f"expected a label or a number and found {self._found()}")

    # -- modifiers ------------------------------------------------------------------------------------
    def modifiers(self) -> Modifiers:
        """Everything before a ``*`` (or ``?`` for a starting value), as often as it comes."""
        read = Modifiers()
        if self.token.kind == "name" and self.peek().text in PLAIN:
            return read
        while True:
            mark, first = self.position, self.token
            found = self._modifier()
            if found is None or self.token.text not in ("*", "?"):
                self.position = mark
                return read
            kind, content = found
            if self.take().text == "?":
                if kind != "fixed":
                    raise error(first, "only a number can stand before '?'")
                kind = "start"
            if read.fixed and kind == "labels" and not math.isnan(read.fixed[0] or 0.0):
                fix = "Name the variable twice, as in 1*x + a*x."
                raise error(first, "a fixed value and a label, one after the other", fix)
            setattr(read, kind, content)

    def _modifier(self) -> tuple[str, tuple] | None:
        """What could be a modifier, by the attribute of ``Modifiers`` it belongs to."""
        token = self.token
        if token.kind == "name" and self.peek().text == "(" and token.text not in CALLABLE:
            return self._function()
        if token.kind == "string" or (token.kind == "name" and self.peek().text != "("):
            self.take()
            if token.text == "NA":
                return "fixed", (math.nan,)
            return "labels", (token.text.strip("\"'"),)
        if token.kind in ("number", "name") or token.text in ("-", "+", "("):
            if token.text in ("-", "+") and self.peek().kind not in ("number", "name"):
                return None
            if token.text in ("-", "+") and self.peek(2).text != "(" and self.peek().kind == "name":
                return None
            return "fixed", (self._number(),)
        return None

    def _number(self) -> float:
        """A number computed from numbers, up to a ``*`` that a variable or another modifier follows."""
        first = self.token
        node = self._remainder()
        while self.token.text == "/" or (self.token.text == "*" and self._number_follows()):
            node = self._joined(first, self.take().text, node, self._remainder())
        labels = list(names(node))
        if labels:
            fix = "Compute with labels in a line of its own: == or :=."
            raise error(first, f"{labels[0]!r} stands where a number is computed", fix)
        return float(evaluate(node, {})[0])

    def _number_follows(self) -> bool:
        following = self.peek()
        called = following.text in CALLABLE and self.peek(2).text == "("
        intercept = self.peek(2).kind == "end" or self.peek(2).text == "+"  # 0*1
        return (following.kind == "number" and not intercept) or following.text == "(" or called

    def _function(self) -> tuple[str, tuple]:
        """A call such as ``c(a, b)``, ``start(0.5)`` or ``start(c(0.5, 0.7))``."""
        token = self.take()
        function = token.text
        if function in NOT_SUPPORTED:
            raise error(token, f"{function}() is not supported", NOT_SUPPORTED[function] + ".")
        if function not in MODIFIERS:
            fix = f"Known: {', '.join(f'{name}()' for name in MODIFIERS)}."
            raise error(token, f"modifier {function!r} is not supported", fix)
        with self._deeper():
            entries = self._entries()
        kinds = {kind for kind, _ in entries}
        content = tuple(value for _, value in entries)
        numbers = kinds <= {"number"}
        if function == "c":
            if kinds == {"number"}:
                return "fixed", content
            if kinds == {"label"}:
                return "labels", content
            if len(kinds) == 1:
                return kinds.pop(), content
            fix = "One kind in one c(): c(1, NA), c(a, b), or two terms, c(1, NA)*x + c(a, b)*x."
            raise error(token, "c() mixes numbers, NA and labels", fix)
        if function in ("label", "equal"):
            if kinds != {"label"}:
                raise error(token, f"{function}() takes names in quotes")
            return "labels", tuple("".join(str(value).split()) for value in content)
        if not numbers:
            raise error(token, f"{function}() takes numbers")
        return function, tuple(
            None if isinstance(value, float) and math.isnan(value) else value for value in content
        )

    def _entries(self) -> list[tuple[str, float | str | None]]:
        """What stands between the brackets of a modifier, each entry with its kind."""
        self.expect("(")
        entries: list[tuple[str, float | str | None]] = []
        while True:
            token = self.token
            if token.kind == "name" and token.text in MODIFIERS and self.peek().text == "(":
                kind, content = self._function()
                plain = {"fixed": "number", "labels": "label"}.get(kind, kind)
                entries += [(plain, value) for value in content]
            elif token.text == "NA":
                self.take()
                entries.append(("number", math.nan))
            elif token.kind == "string" or (token.kind == "name" and self.peek().text != "("):
                self.take()
                entries.append(("label", token.text.strip("\"'")))
            elif token.kind in ("number", "name") or token.text in ("-", "+", "("):
                entries.append(("number", self._number()))
            else:
                raise error(token, f"expected a number or a label and found {self._found()}")
            if self.token.text != ",":
                self.expect(")")
                return entries
            self.take()
