"""The registry of estimators: what each minimises, how its errors and tests are made, what it goes with."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import SpecificationError

COMPLETE, INCOMPLETE, ORDERED = "complete", "incomplete", "ordered"
EXPECTED, OBSERVED, FIRST_ORDER = "expected", "observed", "first_order"


@dataclass(frozen=True)
class Estimator:
    """What an estimator's name stands for.

    discrepancy : ML, GLS, ULS, DWLS or WLS. se, test : standard errors and test of exact fit, under lavaan's
    names. information : what errors rest on by default. answers : kinds of answers that it can be used with.
    informations : kinds of information that can be asked for; none where only the default makes sense.
    """

    name: str
    discrepancy: str
    se: str = "standard"
    test: str = "standard"
    information: str = EXPECTED
    answers: tuple[str, ...] = (COMPLETE,)
    informations: tuple[str, ...] = ()

    @property
    def likelihood(self) -> bool:
        """Whether it maximises a normal likelihood (lavaan: divisor n, and n - 1 for the others)."""
        return self.discrepancy == "ML"

    @property
    def normal_theory(self) -> bool:
        """Whether its weights are those of normal variables, so that they need no rows."""
        return self.discrepancy in ("ML", "GLS")

    @property
    def unweighted(self) -> bool:
        """Whether all moments count alike: the value then has a unit, and no chi-square distribution."""
        return self.discrepancy == "ULS"

    @property
    def bears_singular(self) -> bool:
        """Whether it can live with a covariance matrix that is not positive definite."""
        return self.discrepancy in ("ULS", "DWLS")

    @property
    def robust(self) -> bool:
        """Whether its errors or its test rest on the rows' own distribution, not on normality."""
        return self.se != "standard" or self.test != "standard"

    @property
    def for_ordered_items(self) -> bool:
        """Whether its name is one that people use for ordered items, whatever else it can do."""
        return self.robust and self.bears_singular

    def check_answers(self, kind: str) -> None:
        """Raise where the estimator does not go with answers of a kind."""
        if kind in self.answers:
            return
        usable = [name for name, estimator in ESTIMATORS.items() if kind in estimator.answers]
        if kind == ORDERED:
            raise SpecificationError(
                f"estimator {self.name!r} does not go with ordered items. Use {', '.join(usable)}"
            )
        raise SpecificationError(
            f"missing='fiml' goes with estimator={' or '.join(repr(name) for name in usable)}, not "
            f"{self.name!r}: the other estimators need complete rows"
        )

    def chosen_information(self, wanted: str | None, kind: str, only_moments: bool) -> str | None:
        """The information to rest errors on, None for the default; raise where it cannot be had.

        Least squares rest on the expected one whatever is wanted, as in lavaan.
        """
        if wanted is None or kind == ORDERED or not self.informations:
            return None
        if wanted == FIRST_ORDER and only_moments:
            raise SpecificationError(
                "first-order information needs the rows of the data, and only moments are given: use "
                "information='expected' or 'observed'"
            )
        if wanted in self.informations:
            return wanted
        if wanted == FIRST_ORDER:
            raise SpecificationError(
                f"{self.name}: robust standard errors rest on the expected or the observed information; "
                "first_order goes with ML"
            )
        raise SpecificationError(
            f"{self.name} rests on the expected information: use MLR for robust standard errors from the "
            "observed one"
        )


_EVERY = (EXPECTED, OBSERVED, FIRST_ORDER)
_BOTH = (COMPLETE, ORDERED)

ESTIMATORS = {
    estimator.name: estimator
    for estimator in (
        Estimator("ML", "ML", answers=(COMPLETE, INCOMPLETE), informations=_EVERY),
        Estimator("MLM", "ML", "robust.sem", "satorra.bentler", informations=(EXPECTED,)),
        Estimator("MLMV", "ML", "robust.sem", "scaled.shifted", informations=(EXPECTED,)),
        Estimator("MLMVS", "ML", "robust.sem", "mean.var.adjusted", informations=(EXPECTED,)),
        Estimator(
            "MLR", "ML", "robust.huber.white", "yuan.bentler.mplus", OBSERVED,
            (COMPLETE, INCOMPLETE), (EXPECTED, OBSERVED),
        ),
        Estimator("GLS", "GLS", informations=_EVERY),
        Estimator("WLSMV", "DWLS", "robust.sem", "scaled.shifted", answers=_BOTH),
        Estimator("WLSM", "DWLS", "robust.sem", "satorra.bentler", answers=_BOTH),
        Estimator("WLSMVS", "DWLS", "robust.sem", "mean.var.adjusted", answers=_BOTH),
        Estimator("DWLS", "DWLS", answers=_BOTH),
        Estimator("ULSMV", "ULS", "robust.sem", "scaled.shifted", answers=_BOTH),
        Estimator("ULSM", "ULS", "robust.sem", "satorra.bentler", answers=_BOTH),
        Estimator("ULSMVS", "ULS", "robust.sem", "mean.var.adjusted", answers=_BOTH),
        Estimator("ULS", "ULS", answers=_BOTH),
        Estimator("WLS", "WLS", answers=_BOTH),
    )
}  # fmt: skip
