"""A report as LaTeX: booktabs tables, figures as PNG files beside it, every character escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from workbench.reports.export import apa
from workbench.reports.export.document import Document, Figure, Formula, Heading, Paragraph, Run, Table
from workbench.reports.export.pictures import png

CHINESE_FONTS = (
    "Noto Serif CJK SC",
    "Noto Sans CJK SC",
    "Noto Serif SC",
    "Noto Sans SC",
    "Songti SC",
    "SimSun",
)
_FIRST_THERE = "".join(rf"\IfFontExistsTF{{{font}}}{{\setCJKmainfont{{{font}}}}}{{" for font in CHINESE_FONTS)
PREAMBLE = r"""% Compile with xelatex or lualatex; pdflatex does where there is no Chinese.
\documentclass[a4paper,11pt]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \IfFileExists{textgreek.sty}{\usepackage{textgreek}}{}
\else
  \usepackage{fontspec}
  \IfFileExists{xeCJK.sty}{\usepackage{xeCJK}
    CHINESE}{}
\fi
\usepackage{amsmath,amssymb,booktabs,graphicx,caption,longtable,array,geometry}
\usepackage[hidelinks]{hyperref}
\usepackage{xurl}
\geometry{margin=2.5cm}
\captionsetup{labelfont=bf,textfont=it,labelsep=newline,singlelinecheck=off,justification=raggedright}
\begin{document}
""".replace("CHINESE", _FIRST_THERE + "}" * len(CHINESE_FONTS))
# Commands that a formula may hold; a formula with any other is written as text.
_COMMANDS = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau
upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
frac dfrac tfrac binom sqrt sum prod int limits nolimits displaystyle textstyle
bar hat tilde vec dot ddot widehat overline underline underbrace overbrace
left right big Big bigl bigr Bigl Bigr mid vert Vert lvert rvert lVert rVert langle rangle lbrace rbrace
text mathrm mathbf mathit mathbb mathcal operatorname boldsymbol
log exp min max arg sup inf lim Pr det ln cos sin tan logit
cdot times pm mp div ast star circ le leq ge geq ne neq approx sim simeq equiv propto
in ni notin subset cup cap to rightarrow leftarrow mapsto iff not forall exists
infty partial nabla top bot prime ell dots ldots cdots vdots quad qquad
"""
_MATHEMATICS = frozenset(_COMMANDS.split())
_GREEK = {
    "γ": "gamma",
    "δ": "delta",
    "ε": "varepsilon",
    "η": "eta",
    "θ": "theta",
    "κ": "kappa",
    "μ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "φ": "varphi",
    "ψ": "psi",
    "Γ": "Gamma",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
    "ζ": "zeta",
    "ϕ": "phi",
}
# Signs of the pages that text fonts of TeX lack.
_SIGNS = {
    "◇": "diamond",
    "✗": "times",
    "○": "circ",
    "▲": "blacktriangle",
    "▼": "blacktriangledown",
    "●": "bullet",
    "⊘": "oslash",
    "≈": "approx",
    "≠": "ne",
    "±": "pm",
    "√": "surd",
    "∑": "sum",
    "∞": "infty",
    "⊤": "top",
    "ℓ": "ell",
    "′": "prime",
    "↔": "leftrightarrow",
    "←": "leftarrow",
    "⇒": "Rightarrow",
    "⇔": "Leftrightarrow",
    "⟺": "Longleftrightarrow",
    "⟨": "langle",
    "⟩": "rangle",
}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "\N{MINUS SIGN}": r"$-$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{RIGHTWARDS ARROW}": r"$\rightarrow$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
    "\N{SUPERSCRIPT TWO}": r"$^2$",
    "\N{GREEK SMALL LETTER ALPHA}": r"$\alpha$",
    "\N{GREEK SMALL LETTER BETA}": r"$\beta$",
    "\N{GREEK SMALL LETTER CHI}": r"$\chi$",
    "\N{GREEK SMALL LETTER LAMDA}": r"$\lambda$",
    "\N{GREEK SMALL LETTER OMEGA}": r"$\omega$",
    "\N{GREEK CAPITAL LETTER DELTA}": r"$\Delta$",
    **{letter: f"$\\{name}$" for letter, name in (_GREEK | _SIGNS).items()},
    "\N{MACRON}": r"\textasciimacron{}",
    "\N{HORIZONTAL BAR}": "---",
    "\N{BOTTOM CURLY BRACKET}": "",  # of a formula written as text: what it embraces is named beside it
    "\N{THIN SPACE}": r"\,",
    "\N{NO-BREAK SPACE}": "~",
    "\N{FIGURE SPACE}": "~",
    "\N{PUNCTUATION SPACE}": r"\,",
    "\N{CHECK MARK}": r"$\checkmark$",
}


def write(document: Document, path: Path) -> None:
    """Write the LaTeX file, and its figures as PNG beside it.

    Parameters
    ----------
    document : of `document.read`. path : the file, ``.tex``.
    """
    lines = [PREAMBLE, rf"\title{{{escape(document.title)}}}", r"\date{}", r"\maketitle", ""]
    lines += _body(document, path)
    lines.append(r"\end{document}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def escape(text: str) -> str:
    """Text in which nothing is a command."""
    return "".join(
        _SPECIAL.get(letter, letter) for letter in text if letter.isprintable() or letter in _SPECIAL
    )


def _set(parts: list[tuple[str, bool]]) -> str:
    return "".join(rf"\textit{{{escape(part)}}}" if italic else escape(part) for part, italic in parts)


def _body(document: Document, path: Path) -> Iterator[str]:
    figures = 0
    answer = document.entry.get("answer")
    if answer:
        yield _set(apa.note(answer["text"])) + "\n"
    listed: str | None = None
    for block in document.blocks:
        kind = block.kind if isinstance(block, Paragraph) and block.kind in ("bullet", "number") else None
        if listed and kind != listed:
            yield rf"\end{{{_LISTS[listed]}}}"
        if kind and kind != listed:
            yield rf"\begin{{{_LISTS[kind]}}}"
        listed = kind
        if isinstance(block, Heading):
            yield rf"\{'sub' * (min(block.level, 3) - 1)}section*{{{escape(block.text)}}}"
        elif isinstance(block, Paragraph):
            yield _paragraph(block)
        elif isinstance(block, Table):
            yield table(block)
        elif isinstance(block, Figure):
            figures += 1
            picture = path.with_name(f"{path.stem}_figure_{figures}.png")
            picture.write_bytes(png(block.svg))
            yield _figure(block, picture.name)
    if listed:
        yield rf"\end{{{_LISTS[listed]}}}"


# What could end an address or begin a command in it.
_URL = re.compile(r"[^A-Za-z0-9:/.()_?=&~-]")
# An unescaped sign of comments or of dollars, the ends of a formula, and characters by their code.
_NO_FORMULA = re.compile(r"(?<!\\)(?:\\\\)*[%$]|\\[()\[\]]|\^\^")
_LISTS = {"bullet": "itemize", "number": "enumerate"}


def _paragraph(block: Paragraph) -> str:
    if block.kind == "code":
        lines = str(block).splitlines()
        return "{\\small\\ttfamily\\raggedright\n" + "\\\\\n".join(map(escape, lines)) + "\\par}\n"
    text = "".join(_styled(run) for run in block.runs)
    if block.kind in _LISTS:
        return rf"\item {text}"
    if block.kind == "reference":
        return rf"{{\raggedright\hangindent=1.27cm\hangafter=1\noindent {text}\par}}" + "\n"
    return (r"\textbf{Warning.} " if block.kind == "warning" else "") + text + "\n"


def _styled(run: Run) -> str:
    if run.formula is not None and (formula := _formula(run.formula)):
        return formula
    if run.link and run.link == run.text:
        return rf"\url{{{_URL.sub(_encoded, run.link)}}}"
    text = escape(run.text)
    for flag, command in ((run.code, "texttt"), (run.italic, "textit"), (run.bold, "textbf")):
        text = rf"\{command}{{{text}}}" if flag and text.strip() else text
    return text


def _encoded(found: re.Match[str]) -> str:
    return quote(found[0], safe="")


def _formula(formula: Formula) -> str:
    """The formula as it was written; empty where it holds a command that is none of mathematics, or signs
    that would end it, or hide a command (TeX reads ``^^5c`` as a backslash)."""
    commands = set(re.findall(r"\\([A-Za-z]+)", formula.latex))
    if commands - _MATHEMATICS or not formula.latex or _NO_FORMULA.search(formula.latex):
        return ""
    return rf"\[{formula.latex}\]" if formula.display else rf"\({formula.latex}\)"


def table(block: Table) -> str:
    """One table: three rules, numbers to the right, text columns that break."""
    longest = [max((len(row[place]) for row in block.rows), default=0) for place in range(len(block.heads))]
    text = sum(length for length, numeric in zip(longest, block.numeric, strict=True) if not numeric) or 1
    share = 0.95 - 0.085 * sum(block.numeric)
    columns = "".join(
        "r"
        if numeric
        else (f"p{{{max(0.08, share * length / text):.2f}\\linewidth}}" if length > 16 else "l")
        for length, numeric in zip(longest, block.numeric, strict=True)
    )
    rows = [" & ".join(map(escape, row)) + r" \\" for row in block.rows]
    size = r"\footnotesize" if len(block.heads) > 6 else r"\small"
    # A table without a title belongs to the text around it: it has no number and does not float.
    place = "table" if block.title else "flushleft"
    return "\n".join(
        [
            rf"\begin{{{place}}}" + ("[htbp]" if block.title else ""),
            r"\raggedright",
            rf"\caption{{{escape(block.title)}}}" if block.title else "",
            rf"{size}\resizebox{{\ifdim\width>\linewidth\linewidth\else\width\fi}}{{!}}{{%",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(_set(apa.head(text)) for text in block.heads) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}}",
            rf"\par\smallskip\footnotesize\textit{{Note.}} {_set(apa.note(' '.join(block.notes)))}"
            if block.notes
            else "",
            rf"\end{{{place}}}",
            "",
        ]
    )


def _figure(block: Figure, name: str) -> str:
    note = rf"\par\smallskip\footnotesize\textit{{Note.}} {_set(apa.note(block.note))}" if block.note else ""
    return "\n".join(
        [
            r"\begin{figure}[htbp]",
            rf"\caption{{{escape(block.title)}}}",
            rf"\includegraphics[width=\linewidth,height=.7\textheight,keepaspectratio]{{{name}}}",
            note,
            r"\end{figure}",
            "",
        ]
    )
