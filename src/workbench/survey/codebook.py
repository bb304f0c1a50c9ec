"""The codebook: what the columns of a questionnaire mean.

A codebook is a YAML file; its form is checked by a schema, its sense by the rules below the schema. Faults
carry the line of the file and are listed together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from workbench.errors import CodebookError, Fault
from workbench.survey.codebook_rules import contradictions
from workbench.survey.codebook_schema import (
    FileForm,
    Form,
    Group,
    Kind,
    Role,
    Scale,
    Variable,
    Wording,
    schema_fault,
)
from workbench.survey.hypotheses import Hypothesis, parse_hypothesis
from workbench.survey.yaml_lines import read_yaml

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Codebook",
    "Construct",
    "Group",
    "Item",
    "Kind",
    "Role",
    "Scale",
    "Variable",
    "Wording",
    "read_codebook",
]


@dataclass(frozen=True)
class Item:
    """One question: its name, construct, wording, scale, direction, and its header in the file."""

    name: str
    construct: str
    wording: Wording
    scale: Scale
    reverse: bool
    column: str


@dataclass(frozen=True)
class Construct:
    """What several items measure together; ``stands_for``: the documents' name for it, where it has one."""

    name: str
    label: Wording
    role: Role | None
    scale_name: str
    scale: Scale
    items: tuple[str, ...]
    stands_for: str | None = None

    def __str__(self) -> str:
        return str(self.label) or self.name


@dataclass(frozen=True)
class Codebook:
    """Constructs, items, scales, roles, groups and variables of a questionnaire, by name, in file order.

    ``hypotheses``, ``controls`` and ``compare`` are the researcher's own model; ``reading`` says how the file
    of answers is to be read; ``file`` is the codebook's own name.
    """

    title: str
    kind: Kind
    source: str
    id: str | None
    scales: Mapping[str, Scale]
    constructs: Mapping[str, Construct]
    items: Mapping[str, Item]
    groups: Mapping[str, Group]
    variables: Mapping[str, Variable]
    file: str | None = None
    reading: FileForm = field(default_factory=FileForm)
    hypotheses: tuple[Hypothesis, ...] = ()
    controls: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()

    @property
    def roles(self) -> dict[str, Role]:
        """Role by construct, for the constructs that have one."""
        return {name: construct.role for name, construct in self.constructs.items() if construct.role}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every name of the codebook that has a column: id, items, groups, variables."""
        return (*([self.id] if self.id else []), *self.items, *self.groups, *self.variables)

    @property
    def headers(self) -> dict[str, str]:
        """Name in the codebook -> header in the file, which is the same unless ``column:`` says otherwise."""
        named = {self.id: self.id} if self.id else {}
        for part in (self.items, self.groups, self.variables):
            named.update({name: one.column or name for name, one in part.items()})
        return named

    @property
    def stands_for(self) -> dict[str, str]:
        """The documents' name for a construct -> its name here, for the constructs that say so."""
        return {part.stands_for: name for name, part in self.constructs.items() if part.stands_for}

    def in_documents_terms(self) -> Codebook:
        """This codebook with every construct under the name that it stands for, for the documents' studies.

        Labels, items and wording stay; hypotheses, which speak of the codebook's own names, are left out. A
        codebook without ``stands_for`` is given back as it is.

        Examples
        --------
        >>> from workbench.datasets import open_codebook
        >>> "satisfaction" in open_codebook("mobi").in_documents_terms().constructs
        True
        """
        names = {own: theirs for theirs, own in self.stands_for.items() if own != theirs}
        if not names:
            return self
        constructs = {
            names.get(name, name): replace(part, name=names.get(name, name))
            for name, part in self.constructs.items()
        }
        items = {
            name: replace(item, construct=names.get(item.construct, item.construct))
            for name, item in self.items.items()
        }
        return replace(self, constructs=constructs, items=items, hypotheses=())

    def label(self, name: str, language: Literal["en", "zh"] = "en") -> str:
        """What to print for a construct, item, group or variable: its label, or its name without one.

        Parameters
        ----------
        name : of a construct, item, group or variable.
        language : ``"en"`` or ``"zh"``.

        Examples
        --------
        >>> from workbench.datasets import open_codebook
        >>> open_codebook("customer_survey").label("trust", "zh")
        '信任'
        """
        for part in (self.constructs, self.groups, self.variables):
            if name in part:
                return getattr(part[name].label, language) or str(part[name].label) or name
        if name in self.items:
            wording = self.items[name].wording
            return getattr(wording, language) or str(wording) or name
        return name

    def describe(self) -> pd.DataFrame:
        """The items as a table: construct, role, item, wording (en, zh), scale, reversed, missing codes.

        Examples
        --------
        >>> from workbench.datasets import open_codebook
        >>> open_codebook("customer_survey").describe().loc[:, ["construct", "item"]].head(2)
          construct  item
        0   crm_use  crm1
        1   crm_use  crm2
        """
        import pandas as pd

        rows = [
            {
                "construct": item.construct,
                "label": str(self.constructs[item.construct].label),
                "role": self.constructs[item.construct].role or "",
                "item": item.name,
                "wording": item.wording.en,
                "wording_zh": item.wording.zh,
                "scale": f"{item.scale.min:g} to {item.scale.max:g}",
                "reversed": item.reverse,
                "missing_codes": ", ".join(str(code) for code in item.scale.missing),
            }
            for item in self.items.values()
        ]
        columns = ("construct", "label", "role", "item", "wording", "wording_zh", "scale", "reversed")
        return pd.DataFrame(rows, columns=[*columns, "missing_codes"])


def read_codebook(file: str | Path) -> Codebook:
    """Read and check a codebook.

    Parameters
    ----------
    file : YAML in UTF-8, of the form shown in the README.

    Returns
    -------
    Codebook

    Raises
    ------
    CodebookError : with every fault found and its line.

    Examples
    --------
    >>> from workbench import survey
    >>> from workbench.resources import DATA
    >>> survey.read_codebook(DATA / "codebooks" / "mobi.yaml").label("loyalty")
    'Customer loyalty'
    """
    path = Path(file)
    document = read_yaml(path)
    if not isinstance(document.content, dict):
        raise CodebookError(
            Fault("the codebook is not a mapping of keys", document.file, fix="Begin with 'title: …'")
        )
    try:
        form = Form.model_validate(document.content)
    except ValidationError as error:
        faults = [schema_fault(document, detail) for detail in error.errors(include_url=False)]
        raise CodebookError([*document.faults, *faults]) from None
    faults = [*document.faults, *contradictions(form, document)]
    if faults:
        raise CodebookError(sorted(faults, key=lambda fault: fault.line or 0))
    return _codebook(form, document.file)


def _codebook(form: Form, file: str) -> Codebook:
    constructs = {
        name: Construct(
            name,
            part.label,
            part.role,
            part.scale,
            form.scales[part.scale],
            tuple(part.items),
            part.stands_for,
        )
        for name, part in form.constructs.items()
    }
    items = {
        item: Item(
            item,
            name,
            Wording(en=text.en, zh=text.zh),
            form.scales[part.scale],
            text.reverse,
            text.column or item,
        )
        for name, part in form.constructs.items()
        for item, text in part.items.items()
    }
    return Codebook(
        form.title,
        form.kind,
        form.source,
        form.id,
        form.scales,
        constructs,
        items,
        form.groups,
        form.variables,
        file,
        form.file,
        tuple(parse_hypothesis(name, text) for name, text in form.hypotheses.items()),
        form.controls,
        form.compare,
    )
