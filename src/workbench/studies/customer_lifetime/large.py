"""Study 15 on more customers than one table should hold: prepared once in parts, then read by the column.

Every part of some thousand whole customers goes through the door that a survey goes through and becomes rows
as in ``rows``; the parts lie in Parquet files. polars then reads only the columns that a piece of the study
needs, of all parts; or every part adds its sums to a regression, here, in worker processes or on a Dask
cluster that sees the same folder. Both give what one table gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import parallel
from workbench.errors import DataError, Fault, NotApplicable
from workbench.regression.batches import Batch, added, in_rows, regress
from workbench.studies.customer_lifetime.rows import Base, Rows, Whole, check, rows
from workbench.survey import survey_from_frame
from workbench.survey.codebook import Codebook, read_codebook

if TYPE_CHECKING:
    import polars as pl

CUSTOMERS = 50_000  # of a part
WORD = "base.json"  # what is known of all parts


@dataclass(frozen=True)
class LargeBase:
    """Customers by period in prepared parts.

    folder : of the parts. scaling : score -> mean and standard deviation over all rows. levels : periods.
    kind, scores, counts : as of `Rows`. customers, rows, parts : how many.
    """

    folder: str
    kind: str
    scores: tuple[str, ...]
    counts: tuple[str, ...]
    scaling: Mapping[str, tuple[float, float]]
    levels: tuple[float, ...]
    customers: int
    rows: int
    parts: int

    def only(self, *columns: str, part: int | None = None) -> Rows:
        """Rows with some of their columns, of all customers or of one part.

        Parameters
        ----------
        columns : of `Rows.data`. part : its place.
        """
        import polars as pl

        places = range(self.parts) if part is None else (part,)
        files = [Path(self.folder) / _name(place) for place in places]
        wanted = [self._scaled(name) for name in dict.fromkeys(columns)]
        read = pl.scan_parquet(files).select(wanted).collect()
        data = pd.DataFrame({name: read[name].to_numpy() for name in read.columns}, copy=False)
        spread = {name: self.scaling[name][1] for name in self.scores}
        return Rows(data, self.kind, self.scores, self.counts, spread)

    def _scaled(self, name: str) -> pl.Expr:
        """A column, in standard deviations where it is a score."""
        import polars as pl

        score = "satisfaction" if name == "change" else name.removeprefix("next_")
        if score not in self.scaling:
            return pl.col(name)
        mean, spread = self.scaling[score]
        return (pl.col(name) - (0.0 if name == "change" else mean)) / spread


def prepare(
    source: str | Path,
    codebook: str | Path | Codebook,
    folder: str | Path,
    *,
    customer: str = "customer",
    period: str = "quarter",
    left: str = "left",
    jobs: int = 1,
    scheduler: str | None = None,
) -> LargeBase:
    """Check a Parquet file of customers by period and write it in parts that the study reads.

    Parameters
    ----------
    source : rows of one customer stand together. codebook : of its columns. folder : of the parts, made anew.
    customer, period, left : columns, as the codebook names them.
    jobs : worker processes. scheduler : of a Dask cluster whose workers see both paths.

    Raises
    ------
    DataError : a customer's rows lie apart. NotApplicable, and what `open_survey` raises.
    """
    import polars as pl

    book = codebook if isinstance(codebook, Codebook) else read_codebook(codebook)
    lacking = [name for name in (customer, period, left) if name not in book.headers]
    if lacking:
        raise NotApplicable(
            f"the codebook has no {', '.join(lacking)}: this is no table of customers by period"
        )
    source, folder = Path(source).resolve(), Path(folder).resolve()
    if not source.exists():
        raise DataError(f"{source.name}: no such file")
    try:
        known = pl.scan_parquet(source).collect_schema()
    except pl.exceptions.PolarsError:
        fix = "polars.scan_csv('customers.csv').sink_parquet('customers.parquet') makes one"
        raise DataError(Fault("is no Parquet file", source.name, fix=fix)) from None
    if absent := [header for header in book.headers.values() if header not in known]:
        raise DataError(Fault(f"has no column {', '.join(absent)}, which the codebook names", source.name))
    who = pl.scan_parquet(source).select(pl.col(book.headers[customer])).collect().to_series()
    begins = np.flatnonzero((who != who.shift()).fill_null(True).to_numpy())
    if len(begins) != who.n_unique():
        fix = f"Sort it: polars.scan_parquet(…).sort('{customer}', '{period}').sink_parquet(…)"
        raise DataError(Fault("rows of a customer lie apart", source.name, column=customer, fix=fix))
    borders = [*begins[::CUSTOMERS].tolist(), len(who)]
    del who
    folder.mkdir(parents=True, exist_ok=True)
    calls = list(zip(range(len(borders) - 1), borders[:-1], np.diff(borders).tolist(), strict=True))
    names = {"customer": customer, "period": period, "left": left}
    last = pl.scan_parquet(source).select(pl.col(book.headers[period]).max()).collect().item()
    if isinstance(last, str):
        fix = "Number the periods 1, 2, 3 … in a table that is read in parts"
        raise DataError(Fault("the periods are text", source.name, column=period, value=last, fix=fix))
    write = partial(_write, source=source, book=book, folder=folder, names=names, last=float(last))
    first = write(calls[0])
    others = parallel.map(write, calls[1:], jobs=jobs, scheduler=scheduler) if calls[1:] else []
    made = _whole(folder, first, [first, *others], len(begins), borders[-1])
    check(made.only("customer", "left").data, left, period)
    (folder / WORD).write_text(json.dumps(asdict(made)), encoding="utf-8")
    return made


def prepared(folder: str | Path) -> LargeBase:
    """The base that `prepare` left in a folder.

    Raises
    ------
    DataError : there is none.
    """
    folder = Path(folder).resolve()
    if not (folder / WORD).exists():
        raise DataError(f"{folder.name}: no prepared base; make one with prepare")
    word = json.loads((folder / WORD).read_text(encoding="utf-8"))
    word |= {name: tuple(word[name]) for name in ("scores", "counts", "levels")} | {"folder": str(folder)}
    word["scaling"] = {name: tuple(pair) for name, pair in word["scaling"].items()}
    return LargeBase(**word)


def in_parts(
    base: LargeBase,
    outcome: str,
    terms: Sequence[str],
    link: str,
    *,
    clustered: bool = False,
    jobs: int = 1,
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Regression on terms and a dummy for each period, each part adding its sums: as `effects` gives it.

    Parameters
    ----------
    base : of `prepare`. outcome, terms : columns of `Rows.data`; rows with gaps are left out.
    link : ``normal``, ``poisson``, ``logit`` or ``cloglog``. clustered : errors by customer.
    jobs : worker processes. scheduler : of a Dask cluster whose workers see the folder.
    """

    def each(function: Callable[[Batch], Any]) -> Iterable[Any]:
        call = partial(_sums, base=base, outcome=outcome, terms=tuple(terms), function=function)
        return parallel.map(call, range(base.parts), jobs=jobs, scheduler=scheduler)

    named = [*terms, *(f"period_{level}" for level in base.levels)]
    found = regress(each, named, link, free=named[len(terms) :], clustered=clustered)
    return found.table().loc[list(terms)]


def _sums(
    place: int, base: LargeBase, outcome: str, terms: tuple[str, ...], function: Callable[[Batch], Any]
) -> Any:
    """What a function of batches comes to in one part."""
    data = base.only("customer", "period", outcome, *terms, part=place).data.dropna()
    each, _ = in_rows(data, outcome, terms, dummies="period", levels=base.levels, cluster="customer")
    return added(each(function))


def _name(place: int) -> str:
    return f"part-{place:05d}.parquet"


def _write(
    call: tuple[int, int, int], source: Path, book: Codebook, folder: Path, names: dict[str, str], last: float
) -> dict[str, Any]:
    """One part, its scores not yet scaled; what has to be known of it for all."""
    import polars as pl

    place, begin, count = call
    frame = pl.scan_parquet(source).slice(begin, count).select(list(book.headers.values())).collect()
    table = pd.DataFrame({name: frame[name].to_numpy() for name in frame.columns}, copy=False)
    survey = survey_from_frame(table, book, source.name)
    asked = survey.in_documents_terms().codebook.constructs
    found = rows(Base(survey, None, **names), Whole(dict.fromkeys(asked, (0.0, 1.0)), last))
    pl.DataFrame({name: found.data[name].to_numpy() for name in found.data}).write_parquet(
        folder / _name(place)
    )
    values = found.data[list(found.scores)]
    moments = {name: (len(one), one.mean(), one.var(ddof=0) * len(one)) for name, one in values.items()}
    return {
        "kind": found.kind, "scores": found.scores, "counts": found.counts, "moments": moments,
        "levels": found.data["period"].unique(),
    }  # fmt: skip


def _whole(
    folder: Path, first: dict[str, Any], every: list[dict[str, Any]], customers: int, count: int
) -> LargeBase:
    """What is known of all parts: means and spreads put together (Chan, Golub & LeVeque 1983)."""
    scaling = {}
    for name in first["scores"]:
        n, mean, squares = 0, 0.0, 0.0
        for size, its_mean, its_squares in (one["moments"][name] for one in every):
            gap = its_mean - mean
            squares += its_squares + gap**2 * n * size / (n + size)
            mean += gap * size / (n + size)
            n += size
        scaling[name] = (float(mean), float(np.sqrt(squares / (n - 1))))
    levels = tuple(sorted({float(level) for one in every for level in one["levels"]}))
    known = {name: first[name] for name in ("kind", "scores", "counts")}
    return LargeBase(
        str(folder),
        **known,
        scaling=scaling,
        levels=levels,
        customers=customers,
        rows=count,
        parts=len(every),
    )
