"""Which comes first (D0-16 against D0-4): satisfaction and purchases over waves, what is stable taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable

if TYPE_CHECKING:
    from workbench.sem import Fit
    from workbench.studies.customer_lifetime.rows import Rows

WAVES = 4
FEWEST = 100  # customers in all waves


def cross_lagged(found: Rows) -> Fit:
    """Cross-lagged model with random intercepts (Hamaker, Kuiper & Grasman 2015) over the last full waves.

    Each customer's own level of satisfaction and of purchases (logs) is taken out; paths are the same from
    wave to wave: ``keeps`` from purchases to the next wave's satisfaction, ``pleases`` the other way.

    Raises
    ------
    NotApplicable : fewer than four periods, no satisfaction or purchases, or too few customers in all.
    """
    from workbench import sem

    data = found.data
    if not found.has("satisfaction", "purchases") or found.periods < WAVES:
        raise NotApplicable(f"which comes first needs satisfaction and purchases in {WAVES} periods")
    periods = sorted(data["period"].unique())[-WAVES:]
    used = data[data["period"].isin(periods)].assign(logs=np.log1p(data["purchases"]))
    wide = pd.concat(
        [used.pivot(index="customer", columns="period", values=name) for name in ("satisfaction", "logs")],
        axis=1,
    ).dropna()
    names = [f"{letter}{wave}" for letter in "sp" for wave in range(1, WAVES + 1)]
    wide.columns = pd.Index(names)
    if len(wide) < FEWEST:
        raise NotApplicable(
            f"{len(wide)} customers were there in {WAVES} periods; at least {FEWEST} are needed"
        )
    return sem.fit(_model(), wide, estimator="MLR")


def _model() -> str:
    waves = range(1, WAVES + 1)
    lines = [f"level_{x} =~ {' + '.join(f'1*{x}{t}' for t in waves)}" for x in "sp"]
    lines += [f"w{x}{t} =~ 1*{x}{t}" for x in "sp" for t in waves]
    lines += [f"{x}{t} ~~ 0*{x}{t}" for x in "sp" for t in waves]
    for t in waves[1:]:
        lines.append(f"ws{t} ~ stays_s*ws{t - 1} + keeps*wp{t - 1}")
        lines.append(f"wp{t} ~ stays_p*wp{t - 1} + pleases*ws{t - 1}")
    lines += [f"ws{t} ~~ wp{t}" for t in waves]
    lines += ["level_s ~~ level_p", *(f"level_{x} ~~ 0*w{y}1" for x in "sp" for y in "sp")]
    return "\n".join(lines)
