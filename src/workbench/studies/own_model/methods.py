"""The methods paragraph: what was run, in the words of a paper, and nothing that was not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.studies.own_model.comparison import GroupComparison
from workbench.studies.own_model.estimation import Estimated
from workbench.studies.own_model.moderation import Moderation

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
    said = [f"{len(model.data)} respondents were analysed ({sample})."]
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
            f"bias-corrected and accelerated bootstrap intervals ({kept} resamples of the complete cases, "
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


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
