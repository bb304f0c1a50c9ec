"""The groups of study 05 compared: invariance of the items, then the test of equal paths."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, Fault, NotApplicable, WorkbenchError
from workbench.measurement.group_differences import (
    UNCONVERGED,
    EqualPaths,
    PartialInvariance,
    equal_paths,
    partial_invariance,
)
from workbench.measurement.groups import GroupSample, usable_groups
from workbench.studies import dimensions as chosen

if TYPE_CHECKING:
    import pandas as pd

    from workbench.survey import Survey
    from workbench.survey.samples import Samples

GROUPINGS = ("industry", "firm_size", "region")
LEVEL = 0.05
WORSE = ("full", "partial", "none")
REASON = 90  # letters of why a grouping cannot be compared, where none can
FULL = {"estimator": "MLR", "missing": "fiml"}
COMPLETE = {"estimator": "MLR"}
FULL_WAY, COMPLETE_WAY = "MLR, full information", "MLR, complete cases"


@dataclass(frozen=True)
class Asked:
    """What the groups are compared in.

    constructs : name -> items; names are the documents' where the chain is there. labels : of constructs and
    items. structure : the chain as text; empty where the survey does not hold it. notes : what could not be
    taken, and why, in sentences.
    """

    constructs: dict[str, list[str]]
    labels: dict[str, str]
    structure: str
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> list[str]:
        return [item for own in self.constructs.values() for item in own]


@dataclass(frozen=True)
class Compared:
    """One grouping: its respondents, how far items work alike, and the test of equal paths.

    asked : what is compared, less items that do not vary in a group. settings : of `sem.fit`. paths : None
    where the survey has no chain, or loadings could not be held alike.
    """

    name: str
    asked: Asked
    sample: GroupSample
    ladder: PartialInvariance
    paths: EqualPaths | None
    settings: Mapping[str, Any]

    @property
    def ordered(self) -> bool:
        return "ordered" in self.settings

    @property
    def loadings(self) -> str:
        """Whether thresholds and loadings are alike: full, partial, none, not tested, not converged.

        The worse of the two counts: paths of a construct are comparable where two of its items are alike in
        both.
        """
        reached = self.ladder.reached
        found = reached.get("metric", UNCONVERGED)
        levels = [found, reached.get("thresholds", found)]
        return max(levels, key=WORSE.index) if set(levels) <= set(WORSE) else found

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the fits warn of; a group is named with its grouping, since two may have a group '1'."""
        fitted = self.ladder.warnings + (self.paths.warnings if self.paths else ())
        return tuple(text.replace(" in group ", f" in {self.name} = ") for text in fitted)

    @cached_property
    def way(self) -> str:
        """How the headline is fitted, in words."""
        if self.ordered:
            return "WLSMV, pairwise"
        return FULL_WAY if "missing" in self.settings else "MLR"


def structure(dimensions: Sequence[str]) -> str:
    """CRM use, the dimensions of service, satisfaction, loyalty, with both direct paths from CRM use."""
    return "\n".join(
        [
            *(f"{name} ~ crm_use" for name in dimensions),
            f"satisfaction ~ crm_use + {' + '.join(dimensions)}",
            "loyalty ~ crm_use + satisfaction",
            *(f"{one} ~~ {other}" for one, other in combinations(dimensions, 2)),
        ]
    )


def asked_of(survey: Survey, dimensions: Sequence[str] = ()) -> Asked:
    """The chain of study 04 where the survey holds it, else its own constructs without paths.

    dimensions : mediators of the chain, by the documents' names; empty: the five of D1. Those that are named
    have to be there.

    Raises
    ------
    NotApplicable : a dimension named that is not there, or no construct with two items.
    """
    book = survey.codebook
    meant = {name: chosen.meant_by(survey, name) for name in dimensions}
    survey.require(*(own or name for name, own in meant.items()))
    dimensions = tuple(dimensions) or chosen.SERVQUAL
    names = ("crm_use", *dimensions, "satisfaction", "loyalty")
    own = {name: chosen.meant_by(survey, name) for name in names}
    long = {name: it for name, it in own.items() if it is not None and len(book.constructs[it].items) > 1}
    short = [name for name in names if name not in long]
    notes: tuple[str, ...] = ()
    if not short:
        constructs = {name: list(book.constructs[it].items) for name, it in long.items()}
        labels = {name: book.label(it) for name, it in long.items()}
        text = structure(dimensions)
    else:
        taken = chosen.choose_dimensions(survey, list(book.constructs))
        constructs, labels, text = taken.constructs, dict(taken.labels), ""
        notes = (
            "Paths are not compared: the codebook has no construct of two items or more that is or stands "
            f"for {', '.join(short)}. What is compared is how its own constructs are measured; "
            "study 18 compares the paths of your own hypotheses between groups.",
            *taken.left_out,
        )
    items = {item: book.label(item) for several in constructs.values() for item in several}
    return Asked(constructs, labels | items, text, notes)


def groupings_of(survey: Survey, group_column: str = "") -> list[str]:
    """The grouping columns: the one named, else those of `GROUPINGS` that are there, else all.

    Raises
    ------
    NotApplicable : the codebook names no grouping column, or lacks the one named.
    """
    if group_column:
        survey.require(groups=[group_column])
        return [group_column]
    found = [name for name in GROUPINGS if name in survey.groups] or list(survey.groups)
    if not found:
        what = "the codebook names no grouping column, and groups are what this study compares"
        fix = "Name the columns that say who answered (gender, branch, region ...) under groups:"
        raise NotApplicable(Fault(what, survey.codebook.file or survey.file, fix=fix))
    return found


def settings_for(sample: GroupSample, items: Sequence[str]) -> dict[str, Any]:
    """Few different answers as ordered (WLSMV, pairwise), else robust ML, with everybody who answered."""
    if sample.ordinal:
        return {"estimator": "WLSMV", "ordered": list(items), "missing": "pairwise"}
    return dict(FULL if sample.data[list(items)].isna().to_numpy().any() else COMPLETE)


def compare(
    survey: Survey, asked: Asked, grouping: str, *, smallest: int, upto: str | None = None
) -> Compared:
    """Compare the groups of one column.

    Parameters
    ----------
    survey : the respondents. smallest : with any answer that a group needs. upto : last level of invariance
        (`partial_invariance`); the verdict needs no more than ``"metric"``.

    Raises
    ------
    DataError, EstimationError, NotApplicable : the groups cannot be compared, and why.
    """
    try:
        sample = usable_groups(survey.responses, grouping, asked.items, least=smallest, file=survey.file)
    except NotApplicable:
        raise
    except DataError as trouble:
        asked = _less(asked, trouble)
        sample = usable_groups(survey.responses, grouping, asked.items, least=smallest, file=survey.file)
        note = f"{grouping}: left out, since everybody in some group gives one answer to it: "
        flat = ", ".join(str(fault.column) for fault in trouble.faults)
        sample = replace(sample, warnings=(*sample.warnings, note + flat))
    items, constructs = asked.items, asked.constructs
    settings = settings_for(sample, items)
    ladder = partial_invariance(sample.data, constructs, grouping, upto=upto, level=LEVEL, **settings)
    found = Compared(grouping, asked, sample, ladder, None, settings)
    if not asked.structure or found.loadings == UNCONVERGED:
        return found
    paths = equal_paths(sample.data, constructs, asked.structure, grouping, freed=ladder.freed, **settings)
    return replace(found, paths=paths)


def _less(asked: Asked, trouble: DataError) -> Asked:
    """Without the items that the faults name; a construct of the chain has to keep two, others go with them.

    Raises ``trouble`` where that leaves nothing to compare.
    """
    flat = {fault.column for fault in trouble.faults}
    kept = {name: [item for item in own if item not in flat] for name, own in asked.constructs.items()}
    left = {name: own for name, own in kept.items() if len(own) > 1}
    if not left or (asked.structure and len(left) < len(kept)):
        raise trouble
    return replace(asked, constructs=left)


def compare_all(
    survey: Survey, asked: Asked, groupings: Iterable[str], *, smallest: int, upto: str | None = None
) -> tuple[dict[str, Compared], tuple[str, ...]]:
    """Every grouping that can be compared, and why the others cannot.

    Raises
    ------
    WorkbenchError : that of the only grouping asked for; NotApplicable where none of several can be compared.
    """
    groupings = list(groupings)
    found, left_out, reasons = {}, [], {}
    for name in groupings:
        try:
            found[name] = compare(survey, asked, name, smallest=smallest, upto=upto)
        except WorkbenchError as trouble:
            if len(groupings) == 1:
                raise
            left_out.append(f"{survey.codebook.label(name)} is left out: {_first(trouble)}")
            reasons[name] = trouble.faults[0].what
    if not found:
        short = {name: textwrap.shorten(why, REASON, placeholder=" …") for name, why in reasons.items()}
        each = "; ".join(f"{name}: {why}" for name, why in list(short.items())[:2])
        others = f"; and {len(reasons) - 2} more" if len(reasons) > 2 else ""
        fix = "Join levels or items in the file, name another column, or lower -p smallest_group=…"
        raise NotApplicable(Fault(f"no group can be compared ({each}{others})", survey.file, fix=fix))
    return found, tuple(left_out)


def other_ways(found: Compared, samples: Samples, *, smallest: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The test of equal paths by other estimators and with other respondents, and what could not be done.

    Index analysis, the headline first; n, statistic, df, pvalue, rmsea_d, ci_lower, ci_upper. The freed
    loadings are the headline's. Robust ML takes the boxes as numbers, with full information and with complete
    cases.
    """
    import pandas as pd

    asked, main = found.asked, samples.survey.responses
    own = found.sample.data[asked.items]
    gaps = bool(own.isna().to_numpy().any())
    asks: dict[str, tuple[pd.DataFrame, Mapping[str, Any]]] = {}
    if found.ordered:
        asks[FULL_WAY if gaps else "MLR"] = (main, FULL if gaps else COMPLETE)
    if gaps:
        asks[COMPLETE_WAY] = (main.dropna(subset=asked.items), COMPLETE)
    for name, sample in samples.surveys.items():
        if len(sample.responses) != len(main):
            asks[f"{found.way}; {name}"] = (sample.responses, found.settings)
    rows, notes = {}, []
    if found.paths is not None:
        rows[f"{found.way} (headline)"] = {**found.paths.joint, "n": found.paths.n}
    for way, (answers, settings) in asks.items():
        try:
            test = _again(found, answers, settings, smallest)
            rows[way] = {**test.joint, "n": test.n}
        except WorkbenchError as trouble:
            notes.append(f"{way}: left out. {_first(trouble)}")
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("analysis"), tuple(notes)


def _again(found: Compared, answers: pd.DataFrame, settings: Mapping[str, Any], smallest: int) -> EqualPaths:
    """Equal paths on other rows or by another estimator; only ordered answers have thresholds to free."""
    asked = found.asked
    sample = usable_groups(answers, found.name, asked.items, least=smallest)
    ordered = "ordered" in settings
    data = sample.data if ordered else answers.loc[sample.data.index]  # numbers keep all their boxes
    freed = [name for name in found.ladder.freed if ordered or "=~" in name]
    return equal_paths(data, asked.constructs, asked.structure, found.name, freed=freed, **settings)


def _first(trouble: WorkbenchError) -> str:
    """The first fault of an error, in one line."""
    return str(trouble.faults[0]) if trouble.faults else str(trouble).splitlines()[0]
