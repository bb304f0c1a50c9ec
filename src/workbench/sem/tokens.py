"""The pieces of a model text: tokens with the place they stand in, gathered into statements."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from workbench.errors import Fault, SpecificationError

_BLANKS = r"[^\S\n]*"  # lavaan leaves out all blanks, so that "= ~" is "=~"
_TOKEN = re.compile(
    r"""(?P<space>(?:[^\S\n]|[\ufeff\u200b\u200c\u200d])+)
      | (?P<comment>[#!][^\n]*)
      | (?P<end>[\n;])
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d][\w.]*|\.[^\W\d][\w.]*)
      | (?P<string>"[^"\n]*"|'[^'\n]*')
      | (?P<operator>=B~|<B~|~B\*B~|~B~|~|:B=|=B=|\||<|>)
      | (?P<sign>%%|%/%|[-+*/^(),?:])""".replace("B", _BLANKS),
    re.VERBOSE,
)

# Signs as East Asian keyboards and word processors write them, one for one, so that columns stay.
_WIDE = {ord(wide): chr(ord(wide) - 0xFEE0) for wide in "！＃（）＊＋，－／：；＜＝＞？＾｜～％＂＇．"}
_ALIKE = dict(zip(map(ord, "∼˜〜−–×÷“”‘’"), "~~~--*/\"\"''", strict=True))
_PLAIN = _WIDE | _ALIKE
_INSTEAD = {
    "=": "Write =~ (is measured by), == (is held equal to) or := (is defined as).",
    "%": "The remainder is written %% and the whole quotient %/%.",
}
_NAMES = "Names hold letters, digits, '_' and '.'; rename a column that holds other characters."


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text with the place it stands in (both counted from one)."""

    kind: str
    text: str
    line: int
    column: int


def error(token: Token, what: str, fix: str | None = None) -> SpecificationError:
    """A fault at the place of a token."""
    return SpecificationError(
        Fault(f"column {token.column}: {what}" if token.column else what, line=token.line, fix=fix)
    )


def tokenize(text: str) -> list[Token]:
    """Tokens of a model text, blanks and comments left out; full-width signs count as the plain ones."""
    text = text.translate(_PLAIN)
    tokens, position, line, line_start = [], 0, 1, 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        match = _TOKEN.match(text, position)
        column = position - line_start + 1
        if match is None:
            raise error(
                Token("?", text[position], line, column),
                f"{text[position]!r} is not part of the model syntax",
                _INSTEAD.get(text[position], _NAMES),
            )
        kind, piece = match.lastgroup or "", match.group()
        if kind == "end":
            tokens.append(Token("end", piece, line, column))
            if piece == "\n":
                line, line_start = line + 1, match.end()
        elif kind == "number" and math.isinf(float(piece)):
            raise error(Token("?", piece, line, column), "the number is too large", "Write a smaller one.")
        elif kind not in ("space", "comment"):
            plain = "".join(piece.split()) if kind == "operator" else piece
            tokens.append(Token(kind, plain, line, column))
        position = match.end()
    tokens.append(Token("end", "", line, position - line_start + 1))
    return tokens


def statements(tokens: list[Token]) -> list[list[Token]]:
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
        if segment[0].text.lower() in BLOCKS and len(segment) > 1 and segment[1].text == ":":
            header = segment[0].text.lower()
            raise error(segment[0], f"blocks ({header}:) are not supported", BLOCKS[header])
        if any(token.kind == "operator" for token in segment):
            statements.append(segment)
        elif statements:
            statements[-1].extend(segment)
        else:
            raise error(
                segment[0],
                f"no operator on the line that begins with {segment[0].text!r}",
                "Use =~ (is measured by), ~ (is regressed on), ~~ (covaries with), := or ==.",
            )
    return statements


BLOCKS = {
    "level": "Two-level models are not estimated by this engine: model one level, or group means by group.",
    "block": "Write one model; write c(a, b) where groups differ.",
    "group": "Write one model for all groups, c(a, b) where they differ, and name the column in group=.",
}
"""lavaan's block headers and what to do instead."""
