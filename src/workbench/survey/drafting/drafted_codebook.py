"""A drafted codebook: what was guessed of a file, its text, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.survey.codebook_schema import FileForm
from workbench.survey.drafting.parts import DraftConstruct, DraftGroup, DraftScale, DraftVariable
from workbench.survey.drafting.writing import as_yaml


@dataclass
class Draft:
    """A drafted codebook; ``left_out`` are columns that it does not name, with why."""

    title: str
    file: str
    rows: int
    reading: FileForm
    tool: str = ""
    id: str | None = None
    scales: list[DraftScale] = field(default_factory=list)
    constructs: list[DraftConstruct] = field(default_factory=list)
    groups: list[DraftGroup] = field(default_factory=list)
    variables: list[DraftVariable] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    personal: list[tuple[str, str]] = field(default_factory=list)
    why: dict[str, list[str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The codebook as YAML, with a comment at everything that was guessed."""
        return as_yaml(self)

    @property
    def summary(self) -> list[str]:
        """What was drafted, in lines for a reader: what the file is, what it holds, what was left out."""
        tool = f", an export of {self.tool}" if self.tool else ""
        items = [item for one in self.constructs for item in one.items]
        lines = [f"{self.file}: {self.rows:,} answers{tool}"]
        for one in self.constructs:
            turned = sum(item.reverse for item in one.items)
            reverse = f", {turned} of them probably reversed" if turned else ""
            count = f"{len(one.items)} item{'s' * (len(one.items) > 1)}"
            lines.append(f"  construct {one.name}: {count} on {one.scale}{reverse}")
        if not items:
            lines.append("  no ratings, so no constructs: what was asked on a scale has to be named by hand")
        for kind, parts in (("groups", self.groups), ("variables", self.variables)):
            if parts:
                lines.append(f"  {kind}: {', '.join(part.name for part in parts)}")
        if self.personal:
            listed = ", ".join(column for column, _ in self.personal)
            lines.append(f"  left out, because they look like personal data: {listed}")
        if self.left_out:
            lines.append(f"  left out: {', '.join(column for column, _ in self.left_out)}")
        return lines
