"""From a file of answers to a drafted codebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.errors import DataError, Fault
from workbench.survey.codebook_schema import FileForm
from workbench.survey.drafting.columns import Column, columns_of
from workbench.survey.drafting.constructs import draft_constructs
from workbench.survey.drafting.direction import directions
from workbench.survey.drafting.drafted_codebook import Draft
from workbench.survey.drafting.layout import best_sheet, laid_out
from workbench.survey.drafting.naming import Names, short_name, slug
from workbench.survey.drafting.parts import DraftConstruct, DraftGroup, DraftScale, DraftVariable
from workbench.survey.drafting.questions import Question, from_headers, with_common_stems
from workbench.survey.drafting.rating import Rating, name_stem
from workbench.survey.drafting.sorting import Sorted, instructed_answer, sort_columns
from workbench.survey.drafting.subjects import named
from workbench.survey.files import open_content, read_grid, read_typed
from workbench.survey.raw_table import RawTable, sha256


def draft_codebook(file: str | Path, *, sheet: str | None = None, encoding: str | None = None) -> Draft:
    """Draft the codebook of a file of answers.

    Parameters
    ----------
    file : a file that `workbench.open_survey` reads.
    sheet : of a workbook; where it is not named, the first that looks like answers.
    encoding : of a text, where it cannot be told.

    Returns
    -------
    Draft
        Its ``text`` is the codebook in YAML; everything that was guessed carries a comment with why.

    Raises
    ------
    DataError : a file that cannot be read, or in which nothing is an answer.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile
    >>> from workbench.survey.drafting.draft import draft_codebook
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "answers.csv"
    ...     rows = [f"{n},{1 + n % 5},{1 + (n + n // 9) % 5},{1 + (n + n // 7) % 5}" for n in range(40)]
    ...     _ = file.write_text("id,trust1,trust2,trust3\\n" + "\\n".join(rows))
    ...     draft = draft_codebook(file)
    >>> [(one.name, len(one.items)) for one in draft.constructs]
    [('trust', 3)]
    """
    path = Path(file)
    content, kind = open_content(path)
    asked = FileForm(encoding=encoding, sheet=sheet)
    why: dict[str, list[str]] = {}
    tool = {"spss": "SPSS", "stata": "Stata"}.get(kind, "")
    if kind in ("text", "workbook"):
        grid = read_grid(path, content, kind, (), asked)
        if kind == "workbook" and sheet is None and (other := best_sheet(grid)) is not None:
            sheet = other
            grid = read_grid(path, content, kind, (), FileForm(sheet=sheet))
            why["file"] = [f"the sheet {sheet!r} was taken: it looks more like answers than the first"]
        elif kind == "workbook" and grid.others and sheet is None:
            why["file"] = [f"the sheet {grid.sheet!r} was taken; there are also {', '.join(grid.others)}"]
            sheet = grid.sheet
        said = encoding or _encoding(grid.notes)
        table, reading, layout = laid_out(grid, sha256(content), said, sheet)
        why.setdefault("file", []).extend(layout.why)
        questions = _questions(table, layout.tool)
        tool = layout.tool.name if layout.tool else ""
    else:
        table, reading = read_typed(path, content, kind, asked), asked
        questions = _typed_questions(table)
    columns = columns_of(table, questions)
    draft = Draft(
        path.stem.replace("_", " ").strip() or "Survey", path.name, table.rows, reading, tool, why=why
    )
    return _filled(draft, columns, sort_columns(columns))


def _encoding(notes: Sequence[Any]) -> str | None:
    """The encoding that was found, where a codebook should say it: it is not the one of every new file."""
    found = next((str(value) for topic, _, value, *_ in notes if topic == "encoding"), "utf-8")
    return None if found in ("utf-8", "utf-8-sig", "utf-16", "utf-32") else found


def _questions(table: RawTable, tool: Any) -> list[Question]:
    names = list(table.columns)
    if tool is not None:
        return tool.questions(names, table.heads)
    found = from_headers(names)
    if len(table.heads) > 1:  # a second row that is no part of the names holds the questions
        texts = next((row for row in table.heads[1:] if list(row) != names), table.heads[-1])
        if table.heads[0] == names:
            found = [
                Question(one.column, one.short or one.column, "", text or one.text, one.block)
                for one, text in zip(found, texts, strict=True)
            ]
            found = with_common_stems([_in_stem(one) for one in found])
    return found


def _typed_questions(table: RawTable) -> list[Question]:
    """Questions of a file that keeps short names and long labels apart."""
    found = [
        Question(name, name, "", table.variable_labels.get(name, ""), name_stem(name))
        for name in table.columns
    ]
    if not table.variable_labels:
        return [
            Question(one.column, one.short) if short_name(one) else from_headers([one.column])[0]
            for one in found
        ]
    with_stems = with_common_stems(found)
    return [one if one.stem else Question(one.column, one.short, "", one.text, "") for one in with_stems]


def _in_stem(one: Question) -> Question:
    return Question(one.column, one.short, one.stem, one.text, one.block or name_stem(one.short))


def _filled(draft: Draft, columns: Sequence[Column], found: Sorted) -> Draft:
    """The draft with its parts, from the columns as they were sorted."""
    names = Names()
    by_name = {column.name: column for column in columns}
    for name, (role, reason) in found.roles.items():
        if role == "id":
            draft.id = name
            draft.why["id"] = [_said(reason)]
            names.free(name)
        elif role == "personal":
            draft.personal.append((name, reason))
        elif role == "left out":
            draft.left_out.append((name, reason))
    ratings = sorted(found.ratings, key=lambda one: min(column.place for column in one.columns))
    draft.scales = _scales(ratings)
    draft.constructs = draft_constructs(ratings, [scale.name for scale in draft.scales], names)
    _turn(draft.constructs, ratings, draft.scales, by_name)
    for name, (role, reason) in found.roles.items():
        column = by_name[name]
        if role == "group":
            draft.groups.append(_group(column, reason, names))
        elif role in ("number", "flag", "text", "date", "duration", "attention"):
            draft.variables.append(_variable(column, role, reason, names, draft.scales))
    if not (draft.constructs or draft.groups or draft.variables):
        fix = "Name another sheet with --sheet, or export the answers again"
        raise DataError(Fault("no column of this file looks like answers", draft.file, fix=fix))
    return draft


def _scales(ratings: Sequence[Rating]) -> list[DraftScale]:
    names, found = Names(), []
    for rating in ratings:
        points = int(rating.max - rating.min) + 1
        name = f"{rating.base}{points}" if points <= 11 else f"{rating.base}{int(rating.max)}"
        count = len(rating.columns)
        why = [f"guessed from {count} column{'s' * (count > 1)}: {rating.why[0]}", *rating.why[1:]]
        if rating.why[0].startswith("labels and codes as the file"):
            why = list(rating.why)
        outside = _missing(rating, why)
        found.append(DraftScale(names.free(name), rating.min, rating.max, dict(rating.labels), outside, why))
    return found


def _missing(rating: Rating, why: list[str]) -> list[object]:
    """Codes and words of no answer, and why the codes are taken as that."""
    numbers = {one for one in rating.missing if isinstance(one, int | float)} | rating.rare
    codes = [int(one) if float(one).is_integer() else one for one in sorted(numbers)]
    codes = [one for one in codes if not rating.min <= one <= rating.max]
    beyond = [str(code) for code in codes if code in rating.rare]
    apart = [str(code) for code in codes if code not in rating.rare and code != 0]
    if beyond:
        why.append(f"{', '.join(beyond)}: rare answers beyond the scale, taken as no answer")
    if apart:
        why.append(f"{', '.join(apart)}: apart from the other answers, taken as no answer")
    return [*codes, *dict.fromkeys(one for one in rating.missing if isinstance(one, str))]


def _turn(
    constructs: Sequence[DraftConstruct],
    ratings: Sequence[Rating],
    scales: Sequence[DraftScale],
    columns: dict[str, Column],
) -> None:
    """Mark the items that probably run against their construct."""
    by_scale = {scale.name: (rating, scale) for scale, rating in zip(scales, ratings, strict=True)}
    for construct in constructs:
        rating, scale = by_scale[construct.scale]
        values = [_codes(columns[item.column], scale) for item in construct.items]
        wordings = [columns[item.column].header for item in construct.items]
        found = directions(rating, values, wordings, one_subject=construct.one_subject)
        for item, direction in zip(construct.items, found, strict=True):
            item.reverse = direction.reverse
            if direction.why:
                item.why.append(direction.why)


def _codes(column: Column, scale: DraftScale) -> list[float | None]:
    """Codes of every row: numbers as they are, words by the scale's labels."""
    from workbench.survey.texts import clean, fold

    by_word = {fold(text): code for code, text in scale.labels.items()}
    return [
        by_word.get(fold(clean(cell)), value) if isinstance(cell, str) else value
        for cell, value in zip(column.every, column.values, strict=True)
    ]


def _group(column: Column, why: str, names: Names) -> DraftGroup:
    one = column.question
    name = _name(column, "groups", "group", names)
    labels: dict[object, str] = {
        int(code) if float(code).is_integer() else code: text for code, text in column.labels.items()
    }
    for code in sorted(set(column.codes) - set(labels) - set(column.standing_out)) if labels else ():
        labels[int(code) if float(code).is_integer() else code] = f"{code:g}"
    missing = [int(code) for code in column.standing_out if code not in labels]
    label = one.text or one.stem
    return DraftGroup(name, column.name, "" if label == name else label, labels, list(missing), [_said(why)])


def _said(why: str) -> str:
    """A reason, with a mark where it is a guess and not what the file or its tool states."""
    return why if why.startswith(("the survey tool", "the file")) else f"guessed: {why}"


def _variable(
    column: Column, role: str, why: str, names: Names, scales: Sequence[DraftScale]
) -> DraftVariable:
    one = column.question
    fallback = role if role in ("date", "duration", "attention") else "variable"
    name = _name(column, "variables", fallback, names)
    label = one.text or one.stem
    found = DraftVariable(name, column.name, "" if label == name else label, why=[_said(why)])
    missing = [*(int(code) for code in column.standing_out), *column.no_answer]
    if role == "attention":
        labels = max((scale.labels for scale in scales), key=len, default={})
        found.instructed = instructed_answer(column, labels)
        found.type = "number" if column.numeric and not column.coded else "text"
    elif role in ("number", "flag") and column.numeric and not column.coded:
        found.type, found.missing = "number", missing
        if role == "flag":
            found.min, found.max = 0, 1
    elif role == "duration":
        found.type, found.unit = _duration(column)
    else:
        found.type = "text"
    return found


def _duration(column: Column) -> tuple[str, str]:
    """Type and unit of a duration: plain numbers are seconds; "123秒" is a number with its unit."""
    if column.numeric and not column.coded:
        return "number", "seconds"
    for unit in ("秒", "seconds", "sec", "s", "分钟", "minutes", "min"):
        if all(text.endswith(unit) and column.amounts.read(text.removesuffix(unit)) for text in column.texts):
            return "number", unit
    return "text", ""


def _name(column: Column, part: Any, fallback: str, names: Names) -> str:
    """A name: the file's short one where it tells something, else by what the header asks for."""
    one = column.question
    short = short_name(one)
    if one.short.endswith("_NPS_GROUP"):
        return names.free("nps_group")
    if fallback == "attention" or one.meta == "score":
        return names.free(one.meta or fallback)
    telling = short if short and not short.casefold().startswith(("q", "column", "v")) else None
    if len(one.column) <= 24 and telling:
        return names.free(telling)
    asked = named(part, one.text, one.column)
    return names.free(asked or telling or slug(one.text or one.column) or short or fallback)
