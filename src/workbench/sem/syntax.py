"""lavaan's model syntax, read by a tokenizer (``tokens``) and a recursive-descent parser (``reader``).

A model text becomes a tuple of :class:`Term` (one per variable on the right-hand side), of
:class:`Definition` (``:=``) and of :class:`Constraint` (``== < >``). Every error names the line and column it
stands in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from workbench.errors import Fault, SpecificationError
from workbench.sem.expression import Node
from workbench.sem.reader import NOT_SUPPORTED, Modifiers, Reader
from workbench.sem.tokens import Token, error, statements, tokenize

OPERATORS = ("=~", "<~", "~*~", "~~", "~", ":=", "==", "|", "<", ">")
MOST_CHARACTERS = 100_000
MOST_PARAMETERS = 5_000  # the engine keeps tables of all pairs of them
COMPOSITES = (
    "Formative (composite) constructs are not estimated by this engine: use a sum score or reflective items."
)


@dataclass(frozen=True, slots=True)
class Term:
    """One parameter as written: ``lhs op rhs`` with what stands before the ``*``, one entry per group or
    one for all.

    ``fixed`` holds numbers, None where the syntax is silent and nan for ``NA`` (free whatever the default
    is); ``lower`` and ``upper`` bound the estimate.
    """

    lhs: str
    op: str
    rhs: str
    line: int
    fixed: tuple[float | None, ...] = ()
    start: tuple[float | None, ...] = ()
    labels: tuple[str, ...] = ()
    lower: tuple[float | None, ...] = ()
    upper: tuple[float | None, ...] = ()


PARTS = ("fixed", "start", "labels", "lower", "upper")
_parts = attrgetter(*PARTS)


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
    bound: bool = False  # from lower() or upper(): as in lavaan it does not enter standard errors

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


@dataclass(frozen=True, slots=True)
class ModelSyntax:
    """A model text, read."""

    terms: tuple[Term, ...]
    definitions: tuple[Definition, ...]
    constraints: tuple[Constraint, ...]
    notes: tuple[str, ...] = ()

    @property
    def products(self) -> tuple[str, ...]:
        """Products of observed variables (``a:b``) that the model names."""
        found = (name for term in self.terms for name in (term.lhs, term.rhs) if ":" in name)
        return tuple(dict.fromkeys(found))


def _formula(reader: Reader) -> list[Term]:
    left = [_left(reader)]
    while reader.token.text == "+":
        reader.take()
        left.append(_left(reader))
    operator = reader.take()
    if operator.text == "<~":
        raise error(operator, "operator <~ is not supported", COMPOSITES)
    if operator.kind != "operator":
        raise error(operator, f"expected '+' or an operator and found {operator.text!r}")
    terms: list[tuple[str, str, Modifiers, Token]] = []
    while True:
        modifiers = reader.modifiers()
        token = reader.token
        if token.kind == "number":
            if operator.text != "~" or float(token.text) not in (0.0, 1.0):
                raise error(token, f"the number {token.text} stands where a variable is expected")
            reader.take()
            if float(token.text) == 0.0:  # lavaan: `y ~ 0` fixes the intercept
                modifiers.fixed = (0.0,)
            terms.append(("~1", "", modifiers, token))
        else:
            name, token = reader.variable()
            terms.append((operator.text, name, modifiers, token))
        if reader.token.kind == "end":
            break
        if reader.token.kind == "operator":
            raise error(reader.token, f"a second operator {reader.token.text!r} in one statement")
        reader.expect("+")
    check_size(len(left) * len(terms), operator.line)
    return [
        Term(lhs, op, rhs, token.line, *_parts(modifiers))
        for lhs in left
        for op, rhs, modifiers, token in terms
    ]


def check_size(parameters: int, line: int | None = None) -> None:
    """Raise for more parameters than the engine takes."""
    if parameters > MOST_PARAMETERS:
        what = f"the model has {parameters:,} parameters and this engine takes {MOST_PARAMETERS:,}"
        fix = "Name fewer variables: one model per question, or a score in the place of many items."
        raise SpecificationError(Fault(what, line=line, fix=fix))


def _left(reader: Reader) -> str:
    token = reader.token
    if token.kind == "name" and reader.peek().text == "(":
        reason = NOT_SUPPORTED.get(token.text, "Write the variable's name alone")
        raise error(token, f"{token.text}() before an operator is not supported", f"{reason}.")
    return reader.variable()[0]


def _merged(statements: list[list[Term]]) -> tuple[list[Term], list[str]]:
    """One term per parameter, and what to say. A variable named twice in a statement adds its modifiers
    (``NA*x1 + a*x1``); a parameter written again, in another statement, has to be the same, as in lavaan.
    """
    by_name: dict[tuple[str, str, str], tuple[int, Term]] = {}
    notes = []
    for number, terms in enumerate(statements):
        for term in terms:
            key = (term.lhs, term.op, term.rhs)
            mirrored = (term.rhs, "~~", term.lhs)
            if term.op == "~~" and mirrored in by_name:
                key = mirrored
            if key not in by_name:
                by_name[key] = number, term
                continue
            place, known = by_name[key]
            name = f"{term.lhs} {term.op} {term.rhs}".rstrip()
            pairs = [(getattr(known, part), getattr(term, part)) for part in PARTS]
            again = place != number
            if any(repr(one) != repr(other) for one, other in pairs if again or (one and other)):
                what = f"{name} is already described on line {known.line}, in another way"
                raise SpecificationError(Fault(what, line=term.line, fix="Keep one of the two."))
            if again:
                notes.append(f"{name} is written twice, on lines {known.line} and {term.line}")
            both = (one or other for one, other in pairs)
            by_name[key] = place, Term(known.lhs, known.op, known.rhs, known.line, *both)
    return [term for _, term in by_name.values()], notes


def parse(model: str) -> ModelSyntax:
    """Read a model in lavaan's syntax.

    Parameters
    ----------
    model : the text: ``=~ ~ ~~ ~1 | ~*~ := == < >``, modifiers before ``*``, comments after ``#`` or ``!``.

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
    if len(model) > MOST_CHARACTERS:
        raise SpecificationError(
            f"the model has {len(model):,} characters and this engine reads {MOST_CHARACTERS:,}: write a "
            "smaller one, without what is written twice"
        )
    return _parsed(model)


@lru_cache(maxsize=64)
def _parsed(model: str) -> ModelSyntax:
    formulas: list[list[Term]] = []
    written = 0
    definitions: dict[str, Definition] = {}
    constraints: list[Constraint] = []
    for tokens in statements(tokenize(model)):
        reader = Reader(tokens)
        operators = [token for token in tokens if token.kind == "operator"]
        kind = operators[0].text
        if kind == ":=":
            name = reader.name("the name of what is defined")
            reader.expect(":=")
            definition = Definition(name.text, reader.expression(), name.line)
            if definition.name in definitions:
                raise error(name, f"{name.text!r} is defined twice", "Give one of the two another name.")
            definitions[definition.name] = definition
        elif kind in ("==", "<", ">"):
            left = reader.expression()
            line = reader.expect(kind).line
            constraints.append(Constraint(left, reader.expression(), line, kind))
            if reader.token.kind == "operator":
                fix = f"Write two lines: one up to {reader.token.text!r}, one from what stands before it."
                raise error(reader.token, "a second comparison in one statement", fix)
        else:
            formulas.append(_formula(reader))
            written += len(formulas[-1])
            check_size(written, tokens[0].line)
        if reader.token.kind != "end":
            fix = "Is a '+' or an operator missing?"
            raise error(reader.token, f"unexpected {reader.token.text!r}", fix)
    if not formulas:
        raise SpecificationError("the model is empty: write at least one line such as 'f =~ x1 + x2 + x3'")
    terms, notes = _merged(formulas)
    return ModelSyntax(tuple(terms), tuple(definitions.values()), tuple(constraints), tuple(notes))
