"""Public surveys of study 06: what of the claims they ask, by the same rules.

``mobi`` and ``corp_rep_data`` ask several questions on loyalty, of which single ones are an outcome of D1-4;
``abc2`` has one question each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.errors import NotApplicable
from workbench.studies.drivers_of_loyalty import models, verdicts
from workbench.studies.drivers_of_loyalty.models import Modelled

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

# Survey -> outcome of D1-4 -> its question.
OUTCOMES = {
    "mobi": {"repurchase": "CUSL1", "price_tolerance": "CUSL2", "recommendation": "CUSL3"},
    "corp_rep_data": {"repurchase": "cusl_2", "recommendation": "cusl_1"},
    "abc2": {"repurchase": "Repurchase", "recommendation": "Recommendation"},
}
# Sets of drivers beside satisfaction on mobi, the claim's own first.
SETS = {
    "value": ("value",),
    "value, image, complaints": ("value", "image", "complaints"),
    "the same and quality": ("value", "image", "complaints", "quality"),
}
REASONS = {
    "mobi": {
        "D0-4 relationship": "nobody was asked about relationship quality",
        "D0-4 CRM value": "nobody was asked about CRM",
        "D0-10": "who complained is not known, and nobody was asked about trust as such",
        "D3-10 apart": "nobody was asked about delivery, experience or an emotional bond",
        "D4-1 value": "benefits and costs were not asked one by one",
        "D4-4 direct": "nobody was asked about engagement",
        "D4-6": "nobody was asked about the experience as such, or apart from quality",
    },
    "corp_rep_data": {"D0-4 value": "nobody was asked about perceived value"},
}


def outcomes(survey: Survey, questions: dict[str, str]) -> Modelled:
    """Single questions on satisfaction, their residuals free to correlate."""
    asked = list(questions.values())
    lines = [models.measured(survey, ["satisfaction"])]
    lines += [f"{item} ~ satisfaction" for item in asked]
    lines += [f"{a} ~~ {b}" for place, a in enumerate(asked) for b in asked[place + 1 :]]
    data = survey.responses[[*survey.items("satisfaction"), *asked]]
    return _converged(models.fitted("\n".join(lines), data, draws=1000, seed=1))


def drivers(survey: Survey, names: Sequence[str]) -> Modelled:
    """Loyalty on satisfaction and drivers, nothing before or after."""
    return _converged(models.core(survey, names, [], draws=1000, seed=1))


def _converged(found: Modelled | None) -> Modelled:
    if found is None:
        raise NotApplicable("a model of a public survey does not converge")
    return found


def outcome_table(fits: dict[str, Modelled]) -> pd.DataFrame:
    """Survey, outcome: β of satisfaction with its interval, and n."""
    import pandas as pd

    rows = {}
    for name, found in fits.items():
        for outcome, item in OUTCOMES[name].items():
            row = found.paths.loc[(item, "satisfaction"), ["estimate", "ci_lower", "ci_upper"]]
            rows[(name, outcome.replace("_", " "))] = [*row, found.n]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_lower", "ci_upper", "n"])


def set_table(survey: Survey) -> pd.DataFrame:
    """Set of drivers: satisfaction's β as latent variables and of mean scores, each with its interval."""
    import pandas as pd

    from workbench import regression
    from workbench.studies.paper_tables import answered_means

    rows = {}
    for name, chosen in SETS.items():
        latent = drivers(survey, chosen).paths.loc[("loyalty", "satisfaction")]
        means = answered_means(survey, ["loyalty", "satisfaction", *chosen])
        means = (means - means.mean()) / means.std()
        fit = regression.ols(means, "loyalty", ["satisfaction", *chosen], covariance="HC3")
        own = fit.coefficients.loc["satisfaction"]
        columns = ["estimate", "ci_lower", "ci_upper"]
        rows[name] = [*latent[columns], *own[columns]]
    heads = ["latent", "latent_low", "latent_high", "scores", "scores_low", "scores_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=heads).rename_axis("beside")


def judged(fits: dict[str, Modelled], mobi: Modelled, corp: Modelled) -> list[Verdict]:
    """Verdicts on the public surveys; where one cannot decide, why."""
    made = [
        *verdicts.judge_public(
            {
                "D0-4 satisfaction": mobi.paths.loc[("loyalty", "satisfaction")],
                "D0-4 value": mobi.paths.loc[("loyalty", "value")],
            },
            n=mobi.n,
            about="mobi",
        ),
        *verdicts.judge_public(
            {"D0-4 satisfaction": corp.paths.loc[("loyalty", "satisfaction")]},
            n=corp.n,
            about="corp_rep_data",
        ),
    ]
    for name, found in fits.items():
        rows = {
            f"D1-4 {outcome.replace('_', ' ')}": found.paths.loc[(item, "satisfaction")]
            for outcome, item in OUTCOMES[name].items()
        }
        made += verdicts.judge_public(rows, n=found.n, about=name)
    for name, reasons in REASONS.items():
        made += verdicts.not_asked(reasons, about=name)
    return made


def hypotheses() -> dict[str, str]:
    """Hypotheses by claim and survey."""
    said = {
        "D0-4 satisfaction mobi": "Loyalty rises with satisfaction, perceived value held",
        "D0-4 value mobi": "Loyalty rises with perceived value, satisfaction held",
        "D0-4 satisfaction corp_rep_data": "Loyalty rises with satisfaction, competence and likeability held",
    }
    for name, questions in OUTCOMES.items():
        for outcome in questions:
            word = outcome.replace("_", " ")
            said[f"D1-4 {word} {name}"] = f"The satisfied agree more to the question on {word}"
    own = {"D0-10": "Complaints handled well raise trust, satisfaction and loyalty"}
    for name, reasons in REASONS.items():
        for key in reasons:
            said[f"{key} {name}"] = (verdicts.RULES | own)[key]
    return said
