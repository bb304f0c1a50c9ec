"""The methods paragraph of study 03, from what was run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studies.measurement_model.fitting import Measured
from workbench.studies.measurement_model.method_variance import CommonMethod
from workbench.studies.measurement_model.whole_construct import Whole

if TYPE_CHECKING:
    from workbench.survey.samples import Samples


def methods(
    measured: Measured, common: CommonMethod, whole: Whole | str, *, draws: int, samples: Samples
) -> list[str]:
    """The methods paragraph, a sentence each, from what was run."""
    names = {
        "one_factor": "one factor",
        "second_order": "a second-order factor",
        "bifactor": "a bifactor model",
    }
    converged = measured.rivals.table["converged"]
    fitted = [said for name, said in names.items() if converged.get(name)]
    others = [f"“{name}”" for name in samples.surveys if name != samples.main]
    ordered = measured.ordered
    checks = ["Harman's share", "an unmeasured method factor with equal loadings" if common.method else ""]
    checks += ["a marker construct" if common.marked else ""]
    checks = [check for check in checks if check]
    return [
        f"A confirmatory model of {_factors(len(measured.taken))} was fitted "
        f"({'; '.join(measured.fits)}); the headline is {measured.headline} (n = {measured.n:,}).",
        f"By robust ML with full information it was compared with {_and(fitted)} by fit indices and BIC."
        if fitted else "",
        "Models that make two factors one were tested against it by "
        + f"{measured.difference}{' (Satorra, 2000)' if ordered else ''}"
        + " difference tests with Holm's correction."
        if measured.merged else "",
        "Reliability and validity were described by composite reliability and AVE"
        + (f", Fornell and Larcker's criterion and HTMT with percentile bootstrap intervals ({draws:,} "
           "draws)."
           if len(measured.taken) > 1 else "."),
        f"Common method was examined by {_and(checks)}.",
        f"{whole.label} as second-order factor was set against the same "
        "construct "
        "regressed on the dimensions, and correlated with their second-order factor."
        if isinstance(whole, Whole) else "",
        *samples.in_words,
        f"Results were repeated with the sample{'s' * (len(others) > 1)} {_and(others)}." if others else "",
    ]  # fmt: skip


def _factors(many: int) -> str:
    return f"{many} correlated factors" if many > 1 else "one factor"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
