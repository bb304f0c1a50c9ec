"""The methods paragraph and its sources: what was run, in a paper's words, and nothing that was not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.studies.own_model.comparison import GroupComparison
from workbench.studies.own_model.estimation import Estimated
from workbench.studies.own_model.moderation import Moderation

if TYPE_CHECKING:
    import pandas as pd

_NAMES = {
    "MLR": "maximum likelihood with robust standard errors and a scaled test statistic (MLR)",
    "WLSMV": "weighted least squares on polychoric correlations, test adjusted for mean and variance (WLSMV)",
}
_MISSING = {
    "fiml": "Missing answers were handled by full-information maximum likelihood, which assumes that they "
    "are missing at random given the answers in the model.",
    "pairwise": "Each correlation rests on the respondents who answered both items (pairwise), which assumes "
    "that answers are missing completely at random.",
    "listwise": "Respondents with a missing answer were left out, which assumes that answers are missing "
    "completely at random.",
}


def methods(
    found: Estimated,
    *,
    sample: str,
    moderations: Mapping[str, Moderation] | None = None,
    groups: Sequence[GroupComparison] = (),
) -> str:
    """What was done, for pasting into a paper.

    Parameters
    ----------
    found : the fitted model. sample : who was kept, in words (of ``analysis_samples``).
    moderations, groups : those that were run.
    """
    model = found.model
    holes = bool(model.data.isna().to_numpy().any())
    latent = len(model.latent)
    said = [f"{len(model.data):,} respondents were analysed ({sample})."]
    if latent:
        items = len(model.items)
        said.append(
            f"A structural equation model with {latent} latent {_plural('construct', latent)} "
            f"({items} items) was fitted by {_NAMES[found.how.name]}, because {found.how.reason}."
        )
    else:
        said.append(f"A path model of observed variables was fitted by {_NAMES[found.how.name]}.")
    if model.single:
        names = ", ".join(model.labels[name] for name in model.single)
        said.append(f"{names}, with one item, entered as observed.")
    if holes:
        said.append(_MISSING[found.how.missing])
    if model.controls:
        said.append(
            f"Every outcome was also regressed on {', '.join(model.labels[name] for name in model.controls)}."
        )
    said.append(
        "A hypothesis counts as supported if the 95 % interval of its standardized coefficient lies wholly "
        "on the expected side of zero; p-values corrected over all hypotheses by Holm's method stand beside."
    )
    if any(one.kind == "indirect" for one in model.hypotheses) and found.readable:
        kept = int((found.boot.fate == "converged").sum())
        said.append(
            "Indirect effects have Monte Carlo intervals of the product of coefficients, and beside them "
            f"bias-corrected and accelerated bootstrap intervals ({kept:,} resamples of the complete cases, "
            f"maximum likelihood, seed {found.seed})."
        )
    if moderations:
        said.append(
            "Moderation was tested by latent interactions with double-mean-centred product indicators, by "
            "robust maximum likelihood; simple slopes and Johnson–Neyman limits are pointwise."
        )
    for one in groups:
        said.append(
            f"The groups of {model.labels.get(one.name, one.name)} ({', '.join(map(str, one.sizes.index))}) "
            "were compared by a scaled difference test of equal against free paths"
            + (", with equal loadings." if one.invariance is not None else ".")
        )
    said.append("Computed with the CRM survey workbench, whose estimates are held against lavaan.")
    return " ".join(said)


def sources(
    found: Estimated,
    *,
    moderations: Mapping[str, Moderation] | None = None,
    groups: Sequence[GroupComparison] = (),
    checks: pd.DataFrame | None = None,
) -> list[str]:
    """The works behind what was run, as `show.references` names them, and none behind what was not.

    Parameters
    ----------
    found : the fitted model. moderations, groups : those that were run. checks : of `common_method`.
    """
    model, said = found.model, " ".join(checks["check"]) if checks is not None else ""
    indirect = any(one.kind == "indirect" for one in model.hypotheses) and found.readable
    ordered = found.how.name == "WLSMV"
    behind = {
        "Hu & Bentler 1999": bool(model.latent),
        "Fornell & Larcker 1981": bool(model.latent),
        "Henseler, Ringle & Sarstedt 2015": len(model.latent) > 1,
        "Muthén, du Toit & Spisic 1997": ordered,
        "Rhemtulla, Brosseau-Liard & Savalei 2012": ordered,
        "Rubin 1976": found.how.missing == "fiml",
        "Holm 1979": True,
        "Cohen 1988": True,
        "MacKinnon, Lockwood & Williams 2004": indirect,
        "Efron 1987": indirect,
        "Lin et al. 2010": bool(moderations),
        "Satorra & Bentler 2001": bool(groups),
        "Williams, Hartman & Cavazotte 2010": "Marker" in said,
        "Kock 2015": "collinearity" in said,
        "Muthén & Muthén 2002": True,
    }
    return [name for name, holds in behind.items() if holds]


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
