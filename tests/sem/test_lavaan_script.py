"""A fit as a script for lavaan: what stands in it, and, where R is there, that it gives the same numbers."""

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import SpecificationError
from workbench.sem.lavaan_export import ProductTerm, lavaan_script

TEXT = "f =~ a + b + c\ng =~ d + e + h\ng ~ p*f\nq := p^2"


@pytest.fixture(scope="module")
def answers():
    chance = np.random.default_rng(11)
    common = chance.normal(size=(260, 1))
    frame = pd.DataFrame(common + chance.normal(size=(260, 6)), columns=list("abcdeh"))
    frame = frame.clip(-1.6, 1.6).round()
    frame["where"] = np.where(np.arange(260) % 2, "north", "south")
    frame.iloc[:9, 2] = np.nan
    return frame


CASES = {
    "robust": {"estimator": "MLR"},
    "every answer": {"missing": "fiml"},
    "ordered, pairwise": {"estimator": "WLSMV", "ordered": list("abcdeh"), "missing": "pairwise"},
    "theta": {"estimator": "WLSMV", "ordered": list("abcdeh"), "parameterization": "theta"},
    "groups": {"group": "where", "group_equal": ["loadings", "intercepts"], "group_partial": ["f =~ b"]},
    "variances of one": {"std_lv": True, "orthogonal": False, "meanstructure": True},
}


def test_names_and_text_stay_text(answers):
    frame = answers.rename(columns={"a": "满意"})
    fit = sem.fit(TEXT.replace("f =~ a", "f =~ 满意"), frame)
    script = lavaan_script(fit, 'an"swers\\.csv\n")', positions=(0, 4))
    assert r'read.csv("an\"swers\\.csv' in script
    assert "answers[c(1, 5), ]" in script
    assert "满意" in script
    quoted = re.sub(r'"(?:[^"\\]|\\.)*"', '""', script)  # what is left is code
    assert "满意" not in quoted
    assert "swers\\" not in quoted


def test_products_are_centred_before_rows_are_chosen_and_their_names_stay_text(answers):
    fit = sem.fit(TEXT, answers)
    term = ProductTerm("f", "c", 'a"b\\', "p", {"p": ('a"b\\', "c")})
    script = lavaan_script(fit, positions=(0, 4), product=term)
    line = r'answers[["p"]] <- centred(centred(answers[["a\"b\\"]]) * centred(answers[["c"]]))'
    assert line in script
    assert script.index(line) < script.index("answers[c(1, 5), ]")
    assert r'deviation[["c"]] * deviation[["a\"b\\"]] / deviation[["f"]]' in script
    assert not {"centred", "deviation"} & set(re.findall(r"\w+", lavaan_script(fit)))


def test_what_is_the_default_is_not_said(answers):
    script = lavaan_script(sem.fit(TEXT, answers))
    assert 'sem(model, data = answers, estimator = "ML", missing = "listwise")' in script


def test_auxiliary_variables_are_refused(answers):
    fit = sem.fit("f =~ a + b + c", answers, missing="fiml", auxiliary=["d"])
    with pytest.raises(SpecificationError, match="semTools"):
        lavaan_script(fit)


SHOWN = 'cat("\\nOURS", paste(sprintf("%.8f %.8f", found$est, found$se)), "\\n")\n'


def run_in_r(script, frame, folder):
    """Estimates and standard errors of loadings, paths and definitions that R finds by a script, (k, 2)."""
    chosen = 'found <- parameterEstimates(fit)\nfound <- found[found$op %in% c("=~", "~", ":="), ]\n'
    return shown_by_r(script + chosen + SHOWN, frame, folder)


def shown_by_r(script, frame, folder):
    frame.to_csv(folder / "answers.csv", index=False)
    (folder / "model.R").write_text(script, encoding="utf-8")
    done = subprocess.run(
        ["Rscript", "model.R"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    if "there is no package called" in done.stderr:
        pytest.skip("lavaan is not installed here")
    assert done.returncode == 0, done.stderr[-2000:]
    return np.array(done.stdout.rpartition("OURS")[2].split(), dtype=float).reshape(-1, 2)


def assert_same(fit, theirs):
    ours = fit.estimates.query("op in ['=~', '~', ':=']")[["est", "se"]].fillna(0.0).to_numpy()
    for column in (0, 1):
        assert np.abs(np.sort(theirs[:, column]) - np.sort(ours[:, column])).max() < 2e-4


in_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="no R on this machine")


@in_r
@pytest.mark.parametrize("case", CASES)
def test_r_gives_the_same_numbers(answers, case, tmp_path):
    fit = sem.fit(TEXT, answers.iloc[3:], **CASES[case])
    script = lavaan_script(fit, positions=tuple(range(3, len(answers))))
    assert_same(fit, run_in_r(script, answers, tmp_path))


@in_r
@pytest.mark.parametrize("gaps", [False, True], ids=["complete", "every answer"])
def test_r_gives_the_same_numbers_of_a_moderation(answers, gaps, tmp_path):
    frame = answers if gaps else answers.dropna()
    centred = frame[list("cde")] - frame[list("cde")].mean()
    products = {"cd": ("c", "d"), "de": ("d", "e")}
    made = pd.DataFrame({name: centred[one] * centred[other] for name, (one, other) in products.items()})
    text = "f =~ a + b + h\nf ~ c + d + e + cd + de"
    missing = "fiml" if gaps else "listwise"
    fit = sem.fit(text, frame.join(made - made.mean()), estimator="MLR", missing=missing)
    script = lavaan_script(fit, product=ProductTerm("f", "c", "d", "cd", products))
    assert_same(fit, run_in_r(script, frame, tmp_path))
    last = script.splitlines()[-1]
    assert last.startswith("print(unit * ")
    asked = f"found <- {last[6:-1]}\n{SHOWN}"
    path = fit.estimates.query("lhs == 'f' and rhs == 'cd'")[["est", "se"]].to_numpy(float)
    spread = np.sqrt(np.diag(fit.implied.cov.loc[["c", "d"], ["c", "d"]]))
    unit = spread.prod() / np.sqrt(fit.latent_covariance.loc["f", "f"])
    assert shown_by_r(script + asked, frame, tmp_path) == pytest.approx(unit * path, abs=1e-5)
