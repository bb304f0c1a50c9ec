"""lavaan's model syntax, read by a tokenizer and a recursive-descent parser.

A model text becomes a tuple of :class:`Term` (one per variable on the right-hand side), of
:class:`Definition` (``:=``) and of :class:`Constraint` (``== < >``). Every error names the line and column it
stands in.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

from workbench.errors import Fault, SpecificationError
from workbench.sem.expression import Call, Name, Node, Number, Operation

OPERATORS = ("=~", "<~", "~*~", "~~", "~", ":=", "==", "|", "<", ">")
NOT_SUPPORTED = {
    "<~": "formative (composite) constructs are not estimated by this engine",
    "~*~": "scaling factors are set by the engine",
}

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f\v\u3000\u00a0]+)
      | (?P<comment>[#!][^\n]*)
      | (?P<end>[\n;])
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d][\w.]*|\.[^\W\d][\w.]*)
      | (?P<string>"[^"\n]*"|'[^'\n]*')
      | (?P<operator>=~|<~|~\*~|~~|~|:=|==|\||<|>)
      | (?P<sign>[-+*/^(),?:])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text with the place it stands in (both counted from one)."""

    kind: str
    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Term:
    """One parameter as written: ``lhs op rhs`` with what stands before the ``*``, one entry per group or
    one for all.

    ``fixed`` holds numbers, None where the syntax is silent and nan for ``NA`` (free whatever the default
    is).
    """

    lhs: str
    op: str
    rhs: str
    line: int
    fixed: tuple[float | None, ...] = ()
    start: tuple[float | None, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """``name := expression`` of labels."""

    name: str
    expression: Node
    line: int


@dataclass(frozen=True, slots=True)
class Constraint:
    """``left op right`` with ``==``, ``<`` or ``>``, both sides expressions of labels and numbers."""

    left: Node
    right: Node
    line: int
    op: str = "=="

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


@dataclass(frozen=True, slots=True)
class ModelSyntax:
    """A model text, read."""

    terms: tuple[Term, ...]
    definitions: tuple[Definition, ...]
    constraints: tuple[Constraint, ...]


@dataclass(slots=True)
class _Modifiers:
    fixed: tuple[float | None, ...] = ()
    start: tuple[float | None, ...] = ()
    labels: tuple[str, ...] = ()
    at: Token | None = field(default=None)


def _error(token: Token, what: str, fix: str | None = None) -> SpecificationError:
    return SpecificationError(
        Fault(f"column {token.column}: {what}" if token.column else what, line=token.line, fix=fix)
    )


def tokenize(text: str) -> list[Token]:
    """Tokens of a model text, blanks and comments left out."""
    tokens, position, line, line_start = [], 0, 1, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        column = position - line_start + 1
        if match is None:
            raise _error(
                Token("?", text[position], line, column),
                f"{text[position]!r} is not part of the model syntax",
                "Names hold letters, digits, '_' and '.'; rename a column that holds other characters.",
            )
        kind, piece = match.lastgroup, match.group()
        if kind == "end":
            tokens.append(Token("end", piece, line, column))
            if piece == "\n":
                line, line_start = line + 1, match.end()
        elif kind not in ("space", "comment"):
            tokens.append(Token(kind, piece, line, column))
        position = match.end()
    tokens.append(Token("end", "", line, position - line_start + 1))
    return tokens


def _statements(tokens: list[Token]) -> list[list[Token]]:
    """Tokens by statement. As in lavaan, a line without an operator continues the one before."""
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "end":
            segments.append([])
        else:
            segments[-1].append(token)
    statements: list[list[Token]] = []
    for segment in segments:
        if not segment:
            continue
        if segment[0].text in BLOCKS and len(segment) > 1 and segment[1].text == ":":
            header = segment[0].text
            raise _error(segment[0], f"blocks ({header}:) are not supported", BLOCKS[header])
        if any(token.kind == "operator" for token in segment):
            statements.append(segment)
        elif statements:
            statements[-1].extend(segment)
        else:
            raise _error(
                segment[0],
                f"no operator on the line that begins with {segment[0].text!r}",
                "Use =~ (is measured by), ~ (is regressed on), ~~ (covaries with), := or ==.",
            )
    return statements


BLOCKS = {
    "level": "Two-level models are not estimated by this engine: model one level, or group means by group.",
    "group": "Write one model for all groups, c(a, b) where they differ, and name the column in group=.",
}
"""lavaan's block headers and what to do instead."""


class _Reader:
    """Recursive descent over the tokens of one statement."""

    def __init__(self, tokens: list[Token]):
        self.tokens = tokens
        self.position = 0
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
            raise _error(self.token, f"expected {text!r} and found {self._found()}")
        return self.take()

    def _found(self) -> str:
        return repr(self.token.text) if self.token.text else "the end of the statement"

    def name(self, what: str = "a variable's name") -> Token:
        if self.token.kind != "name":
            raise _error(self.token, f"expected {what} and found {self._found()}")
        return self.take()

    # -- expressions of := and == ---------------------------------------------------------------------
    def expression(self) -> Node:
        node = self._product()
        while self.token.text in ("+", "-"):
            node = Operation(self.take().text, node, self._product())
        return node

    def _product(self) -> Node:
        node = self._signed()
        while self.token.text in ("*", "/"):
            node = Operation(self.take().text, node, self._signed())
        return node

    def _signed(self) -> Node:
        if self.token.text == "-":
            self.take()
            return Operation("-", Number(0.0), self._signed())
        if self.token.text == "+":
            self.take()
            return self._signed()
        return self._power()

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
            if token.text not in Call.FUNCTIONS:
                raise _error(
                    token, f"unknown function {token.text!r}", f"Known: {', '.join(Call.FUNCTIONS)}."
                )
            self.take()
            inner = self.expression()
            self.expect(")")
            return Call(token.text, inner)
        if token.kind == "name":
            return Name(token.text)
        if token.text == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        self.position -= 1
        raise _error(token, f"expected a label or a number and found {self._found()}")

    # -- formulas -------------------------------------------------------------------------------------
    def modifiers(self) -> _Modifiers:
        """Everything before a ``*`` (or ``?`` for a starting value), as often as it comes."""
        read = _Modifiers()
        while True:
            mark = self.position
            first = self.token
            values = self._modifier_values()
            if values is None or self.token.text not in ("*", "?"):
                self.position = mark
                return read
            kind, content = values
            sign = self.take().text
            read.at = first
            if sign == "?":
                if kind != "number":
                    raise _error(first, "only a number can stand before '?'")
                kind = "start"
            if kind == "label":
                read.labels = content
            elif kind == "start":
                read.start = content
            else:
                read.fixed = content

    def _modifier_values(self):
        token = self.token
        if token.kind == "name" and self.peek().text == "(":
            function = token.text
            if function not in ("c", "start", "label", "equal"):
                fix = "Known: c(), start(), label(), equal()."
                raise _error(token, f"modifier {function!r} is not supported", fix)
            self.position += 2
            content = [self._modifier_atom()]
            while self.token.text == ",":
                self.take()
                content.append(self._modifier_atom())
            self.expect(")")
            return self._sorted_content(token, function, content)
        if token.kind in ("number", "name", "string") or token.text in ("-", "+"):
            if token.text in ("-", "+") and self.peek().kind != "number":
                return None
            return self._sorted_content(token, "c", [self._modifier_atom()])
        return None

    def _modifier_atom(self) -> float | str:
        token = self.take()
        if token.text in ("-", "+") and self.token.kind == "number":
            value = float(self.take().text)
            return -value if token.text == "-" else value
        if token.kind == "number":
            return float(token.text)
        if token.kind == "string":
            return token.text[1:-1]
        if token.text == "NA":
            return math.nan
        if token.kind == "name" and token.text == "c" and self.token.text == "(":
            raise _error(
                token, "c() within another modifier", "Write start(...) and c(...) one after the other."
            )
        if token.kind == "name":
            return token.text
        raise _error(token, f"expected a number or a label and found {token.text!r}")

    @staticmethod
    def _sorted_content(token: Token, function: str, content: list[float | str]):
        numbers = [value for value in content if isinstance(value, float)]
        if function == "start":
            if len(numbers) < len(content):
                raise _error(token, "start() takes numbers")
            return "start", tuple(None if math.isnan(value) else value for value in numbers)
        if function in ("label", "equal"):
            if numbers:
                raise _error(token, f"{function}() takes names in quotes")
            return "label", tuple(content)
        if len(numbers) == len(content):
            return "number", tuple(numbers)
        if any(not math.isnan(value) for value in numbers):
            raise _error(token, "c() mixes numbers and labels", "Fix or label: c(1, NA) or c(a, b).")
        return "label", tuple("" if isinstance(value, float) else value for value in content)


def _formula(reader: _Reader) -> list[Term]:
    left = [reader.name()]
    while reader.token.text == "+":
        reader.take()
        left.append(reader.name())
    operator = reader.take()
    if operator.text in NOT_SUPPORTED:
        raise _error(
            operator, f"operator {operator.text} is not supported", NOT_SUPPORTED[operator.text].capitalize()
        )
    if operator.kind != "operator":
        raise _error(operator, f"expected '+' or an operator and found {operator.text!r}")
    terms: list[tuple[str, str, _Modifiers, Token]] = []
    while True:
        modifiers = reader.modifiers()
        token = reader.token
        if token.kind == "number":
            if operator.text != "~" or float(token.text) not in (0.0, 1.0):
                raise _error(token, f"the number {token.text} stands where a variable is expected")
            reader.take()
            if float(token.text) == 0.0:  # lavaan: `y ~ 0` fixes the intercept
                modifiers.fixed = (0.0,)
            terms.append(("~1", "", modifiers, token))
        else:
            name = reader.name()
            if reader.token.text == ":":
                fix = "Add the product to the data as a column of its own."
                raise _error(reader.token, "interaction terms are not computed by the engine", fix)
            terms.append((operator.text, name.text, modifiers, name))
        if reader.token.kind == "end":
            break
        if reader.token.kind == "operator":
            raise _error(reader.token, f"a second operator {reader.token.text!r} in one statement")
        reader.expect("+")
    return [
        Term(lhs.text, op, rhs, token.line, modifiers.fixed, modifiers.start, modifiers.labels)
        for lhs in left
        for op, rhs, modifiers, token in terms
    ]


def _merged(terms: list[Term]) -> list[Term]:
    """One term per parameter: a variable named twice adds its modifiers (``NA*x1 + a*x1``), as in lavaan."""
    by_name: dict[tuple[str, str, str], Term] = {}
    for term in terms:
        key = (term.lhs, term.op, term.rhs)
        mirrored = (term.rhs, "~~", term.lhs)
        if term.op == "~~" and mirrored in by_name:
            key = mirrored
        known = by_name.get(key)
        if known is None:
            by_name[key] = term
            continue
        for part in ("fixed", "start", "labels"):
            first, second = getattr(known, part), getattr(term, part)
            if first and second and repr(first) != repr(second):
                name = f"{term.lhs} {term.op} {term.rhs}".rstrip()
                raise SpecificationError(
                    Fault(
                        f"{name} is already described on line {known.line}, in another way",
                        line=term.line,
                        fix="Keep one of the two.",
                    )
                )
        by_name[key] = Term(
            known.lhs, known.op, known.rhs, known.line,
            known.fixed or term.fixed, known.start or term.start, known.labels or term.labels,
        )  # fmt: skip
    return list(by_name.values())


@lru_cache(maxsize=64)
def parse(model: str) -> ModelSyntax:
    """Read a model in lavaan's syntax.

    Parameters
    ----------
    model : the text: ``=~ ~ ~~ ~1 := ==``, modifiers before ``*``, comments after ``#`` or ``!``.

    Returns
    -------
    ModelSyntax with terms, definitions and constraints in the order written.

    Raises
    ------
    SpecificationError with line and column of what cannot be read.

    R: ``lavaan::lavaanify(model)``.
    """
    if not isinstance(model, str):
        kind = type(model).__name__
        raise SpecificationError(f"the model is a {kind}: give a text such as 'f =~ x1 + x2 + x3'")
    terms: list[Term] = []
    definitions: list[Definition] = []
    constraints: list[Constraint] = []
    for tokens in _statements(tokenize(model)):
        reader = _Reader(tokens)
        operators = [token for token in tokens if token.kind == "operator"]
        kind = operators[0].text
        if tokens[0].text in ("group", "level", "block") and len(tokens) > 1 and tokens[1].text == ":":
            raise _error(tokens[0], f"'{tokens[0].text}:' blocks are not supported", "Use modifiers c(a, b).")
        if kind == ":=":
            name = reader.name("the name of what is defined")
            reader.expect(":=")
            definition = Definition(name.text, reader.expression(), name.line)
            if any(known.name == definition.name for known in definitions):
                raise _error(name, f"{name.text!r} is defined twice")
            definitions.append(definition)
        elif kind in ("==", "<", ">"):
            left = reader.expression()
            line = reader.expect(kind).line
            constraints.append(Constraint(left, reader.expression(), line, kind))
            if reader.token.kind == "operator":
                fix = f"Write two lines: one up to {reader.token.text!r}, one from what stands before it."
                raise _error(reader.token, "a second comparison in one statement", fix)
        else:
            terms.extend(_formula(reader))
        if reader.token.kind != "end":
            raise _error(
                reader.token, f"unexpected {reader.token.text!r}", "Is a '+' or an operator missing?"
            )
    if not terms:
        raise SpecificationError("the model is empty: write at least one line such as 'f =~ x1 + x2 + x3'")
    return ModelSyntax(tuple(_merged(terms)), tuple(definitions), tuple(constraints))
