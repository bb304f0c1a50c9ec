"""The shipped panel of firms is what its description makes; counts add up; planted effects can be found."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from workbench.datasets.catalog import open_dataset
from workbench.datasets.panel import load_panel
from workbench.datasets.panel_customers import CITIES, FRESH_DAYS
from workbench.datasets.population import codebook_text
from workbench.errors import SpecificationError
from workbench.resources import DATA

SHA256 = {
    "firm_panel": "8c98cb8aa8ee589e9604fcafa49b12a450dee6169ae87ebc9753384d2705de71",
    "firm_customers": "97f2a4fc87a812fe8cc9d62ae19074c352ea3797bccac1605d84726786289afe",
}
SHARE_OF = {
    "customers_lost": "customers_start",
    "customers_lost_to_rivals": "customers_lost",
    "customers_new_kept": "customers_new",
    "deals": "leads",
    "transactions_crm": "transactions",
    "records_correct": "records_checked",
    "script_a_bought": "script_a_shown",
    "script_b_bought": "script_b_shown",
}


@pytest.fixture(scope="module")
def population():
    return load_panel("firm_panel")


@pytest.fixture(scope="module")
def panel(population):
    return population.simulate()


@pytest.fixture(scope="module")
def customers(population):
    return population.customers()


def test_the_shipped_panel_is_reproduced_to_the_byte(panel, customers):
    for name, frame in (("firm_panel", panel.frame), ("firm_customers", customers.frame)):
        fresh = frame.to_csv(index=False, lineterminator="\n").encode()
        assert (DATA / f"{name}.csv").read_bytes() == fresh
        assert hashlib.sha256(fresh).hexdigest() == SHA256[name]


def test_the_shipped_codebooks_are_made_from_the_description(population):
    for name, book in (
        ("firm_panel", population.codebook()),
        ("firm_customers", population.customer_codebook()),
    ):
        shipped = (DATA / "codebooks" / f"{name}.yaml").read_text(encoding="utf-8")
        assert shipped == codebook_text(book)
        opened = open_dataset(name)
        assert opened.kind == "simulated"
        assert set(opened.responses.columns) == set(book.get("groups", {})) | set(book["variables"]) | (
            {book["id"]} if "id" in book else set()
        )


def test_the_panel_is_balanced_and_adoption_is_staggered_and_lasting(panel):
    frame = panel.frame
    assert frame["firm"].nunique() >= 200
    assert (frame.groupby("firm")["period"].nunique() == 8).all()
    first = frame.drop_duplicates("firm")["adopted_in"]
    counts = first.value_counts(dropna=False)
    assert set(counts.index.dropna()) == {3, 5, 7}
    assert counts.min() >= 40
    expected = (frame["period"] >= frame["adopted_in"].fillna(99)).astype(int)
    assert (frame["treated"] == expected).all()


def test_parts_never_exceed_their_wholes_and_stocks_carry_over(panel):
    frame = panel.frame
    for part, whole in SHARE_OF.items():
        assert (frame[part] <= frame[whole]).all()
        assert (frame[part] >= 0).all()
    end = frame["customers_start"] - frame["customers_lost"] + frame["customers_new_kept"]
    following = frame.groupby("firm")["customers_start"].shift(-1)
    kept = following.notna()
    assert (following[kept] == end[kept]).all()
    assert ((frame["sales_crm"] / frame["sales_planned"]) > 1).mean() > 0.02
    assert 0.1 < (frame["crm_gain"] < frame["crm_cost"]).mean() < 0.5


def test_effects_grow_and_differ_so_that_two_way_fixed_effects_fall_short(panel):
    frame, effects = panel.frame, panel.effects("satisfaction")
    wide = frame.pivot(index="firm", columns="period", values="satisfaction")
    start = frame.drop_duplicates("firm").set_index("firm")["adopted_in"]
    never = wide[start.isna()].mean()
    for row in effects.itertuples():
        gain = wide[start == row.adopted_in].mean() - never
        found = gain[row.period] - gain[list(range(1, row.adopted_in))].mean()
        assert found == pytest.approx(row.effect, abs=0.1)
    within = frame.assign(treated=frame["treated"].astype(float))[["treated", "satisfaction"]]
    for key in ("firm", "period"):
        within = within - within.groupby(frame[key]).transform("mean")
    two_way = (within["treated"] * within["satisfaction"]).sum() / (within["treated"] ** 2).sum()
    planted = np.average(effects["effect"], weights=effects["firms"])
    assert two_way < 0.75 * planted


def test_an_effect_of_zero_can_be_planted(population, panel):
    null = population.with_gain("satisfaction", 0.0).simulate().frame
    untouched = panel.frame["treated"] == 0
    assert (null.loc[untouched, "satisfaction"] == panel.frame.loc[untouched, "satisfaction"]).all()
    by = null["satisfaction"].groupby([null["treated"]]).mean()
    assert by[1] - by[0] < 0.2
    assert (null["automation"] == panel.frame["automation"]).all()


def test_automation_and_human_service_enter_with_weights_that_add_up_to_one(panel):
    frame = panel.frame
    a, h = frame["automation"], frame["human_service"]
    columns = np.column_stack([np.ones(len(frame)), a, h, (a - 50) * (h - 50)])
    found = np.linalg.lstsq(columns, frame["maintenance"], rcond=None)[0]
    np.testing.assert_allclose(found[1:3], [0.45, 0.55], atol=0.05)
    assert found[3] == pytest.approx(0.006, abs=0.003)
    changed = load_panel("firm_panel").with_term("maintenance", "automation", 0.0, times="human_service")
    assert changed.simulate().frame["maintenance"].std() != frame["maintenance"].std()


def test_satisfaction_of_a_period_keeps_customers_beside_adoption_and_the_firms_true_score(population):
    """Among firms that have not adopted, a better period loses fewer customers, if that is planted."""

    def slope(panel):
        rows = panel.frame[panel.frame["treated"] == 0]
        share = (rows["customers_lost"] / rows["customers_start"]).astype(float)
        both = pd.DataFrame({"lost": share, "satisfaction": rows["satisfaction"]})
        for key in ("firm", "period"):
            both -= both.groupby(rows[key]).transform("mean")
        return (both["lost"] @ both["satisfaction"]) / (both["satisfaction"] @ both["satisfaction"])

    assert slope(population.simulate()) < -0.03
    term = ("customers_lost", "satisfaction", 0.0)
    assert abs(slope(population.with_term(*term, observed=True).simulate())) < 0.02
    series = population.with_term(*term).description.series["customers_lost"]
    assert [term.value for term in series.terms] == [0.0, 0.0]
    kept = population.with_term(*term, observed=True).description.series["customers_lost"]
    assert [term.value for term in kept.terms] == [-0.18, 0.0]


def test_firms_can_be_drawn_anew_with_the_panel(population, panel):
    other = population.simulate(seed=3, firms=3)
    assert not other.survey.latent.equals(panel.survey.latent)
    assert population.simulate(seed=3).survey.latent.equals(panel.survey.latent)


@pytest.mark.parametrize(
    ("only", "with_them"),
    [
        (["maintenance"], ["automation", "human_service", "maintenance"]),
        (["deals"], ["leads", "deals"]),
        (["customers_start"], ["satisfaction", "customers_start", "customers_lost", "customers_new_kept"]),
    ],
)
def test_single_series_are_drawn_as_in_the_whole_panel(population, panel, only, with_them):
    part = population.simulate(only=only).frame
    assert set(with_them) <= set(part.columns)
    assert len(part.columns) < len(panel.frame.columns)
    pd.testing.assert_frame_equal(part, panel.frame[list(part.columns)])


def test_a_series_that_is_not_there_is_said(population):
    with pytest.raises(SpecificationError, match=r"no series 'profit'; series are .*maintenance"):
        population.simulate(only=["profit"])


def test_the_panel_follows_the_first_firms_of_the_survey(panel, customers):
    followed = panel.description.follows
    assert followed < len(panel.survey.latent)
    assert list(panel.frame["firm"].unique()) == list(range(1, followed + 1))
    assert customers.frame["firm"].nunique() == followed
    first = panel.frame.drop_duplicates("firm")["industry"].tolist()
    assert first == panel.survey.raw["industry"].head(followed).tolist()


def test_what_the_questionnaire_asks_goes_with_what_the_audit_counts(panel):
    share = panel.frame["records_correct"] / panel.frame["records_checked"]
    by_firm = share.groupby(panel.frame["firm"]).mean().to_numpy(dtype=float)
    answers = panel.survey.responses[["dat1", "dat2", "dat3"]].mean(axis=1).to_numpy()[: len(by_firm)]
    known = ~np.isnan(answers)
    assert np.corrcoef(by_firm[known], answers[known])[0, 1] > 0.4


def test_planted_faults_of_the_customer_table_are_the_faults_that_can_be_found(customers):
    table, faults = customers.frame, customers.faults
    assert table["customer"].is_unique
    for field in ("city", "birth_year", "channel"):
        seen = table[f"{field}_verified"].notna() & table[field].notna()
        wrong = table[field] != table[f"{field}_verified"]
        assert (wrong[seen] == faults.loc[seen, f"wrong_{field}"]).all()
        assert (table[field].isna() == faults[f"empty_{field}"]).all()
        assert 0.4 < table[f"{field}_verified"].notna().mean() < 0.6
    region = {city: place for city, (place, _) in CITIES.items()}
    prefix = {city: digits for city, (_, digits) in CITIES.items()}
    known = table["city"].notna()
    off_region = known & table["region"].notna() & (table["region"] != table["city"].map(region))
    off_postcode = (
        known & table["postcode"].notna() & (table["postcode"].str[:3] != table["city"].map(prefix))
    )
    off_order = table["last_order"].notna() & (table["last_order"] < table["customer_since"])
    assert ((off_region | off_postcode | off_order) == faults["contradictory"]).all()
    as_of = np.datetime64("2026-06-30")
    age = (as_of - table["updated"].to_numpy(dtype="datetime64[D]")).astype(int)
    assert ((age > FRESH_DAYS) == faults["stale"]).all()


def test_faults_come_more_often_where_data_quality_is_poor(panel, customers):
    by_firm = customers.faults.mean(axis=1).groupby(customers.frame["firm"]).mean().to_numpy()
    score = panel.survey.latent["data_quality"].to_numpy()[: len(by_firm)]
    assert np.corrcoef(score, by_firm)[0, 1] < -0.6


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("from: satisfaction, value: 0.20", "from: satisfied, value: 0.20", "'satisfied' is neither"),
        ("of: leads", "of: visitors", "'visitors' further up"),
        ("share: 0.33", "share: 0.5", "add up to 1.17"),
        ("kind: stock", "kind: normal", "'stock' goes with"),
        ("from: satisfaction, observed: true", "from: effectiveness, observed: true", "no series further up"),
        ("score: readiness", "score: size", "'size' is not a true score"),
        ("follows: 320", "follows: 5000", "asks 1200 firms; it cannot follow 5000"),
    ],
)
def test_a_fault_of_a_panel_description_is_named_with_its_line(tmp_path, old, new, says):
    text = (DATA / "populations" / "firm_panel.yaml").read_text(encoding="utf-8")
    assert old in text
    for name in ("firm_survey", "customer_survey"):
        (tmp_path / f"{name}.yaml").write_bytes((DATA / "populations" / f"{name}.yaml").read_bytes())
    (tmp_path / "mine.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SpecificationError, match=r"mine\.yaml, line \d+") as caught:
        load_panel(tmp_path / "mine.yaml")
    assert says in str(caught.value)


def test_what_works_a_period_later_shows_a_period_later(population):
    """Margin rises with satisfaction of the half-year before, and not with that of the same one."""
    frame = population.simulate(only=["margin"]).frame
    frame = frame.assign(before=frame.groupby("firm")["satisfaction"].shift(1)).dropna(subset=["before"])
    both = frame[["margin", "satisfaction", "before"]].astype(float)
    for key in ("firm", "period"):
        both -= both.groupby(frame[key]).transform("mean")
    found = np.linalg.lstsq(
        both[["before", "satisfaction"]].to_numpy(), both["margin"].to_numpy(), rcond=None
    )[0]
    assert found[0] == pytest.approx(2.0, abs=0.7)
    assert abs(found[1]) < 0.7


def test_a_series_that_walks_strays_and_one_that_does_not_stays(population):
    still = population.with_gain("satisfaction", 0.0)
    for one, low, high in ((still, 0.8, 1.3), (still.walking("satisfaction"), 1.9, 3.2)):
        wide = one.simulate(only=["satisfaction"]).frame.pivot(
            index="firm", columns="period", values="satisfaction"
        )
        steps = (wide[8] - wide[1]).std() / (wide[2] - wide[1]).std()
        assert low < steps < high


def test_a_trend_by_a_score_makes_ready_firms_rise(population):
    frame = (
        population.with_gain("satisfaction", 0.0)
        .with_trend("satisfaction", "readiness", 0.05)
        .simulate()
        .frame
    )
    wide = frame.pivot(index="firm", columns="period", values="satisfaction")
    adopting = frame.drop_duplicates("firm").set_index("firm")["adopted_in"].notna()
    rise = wide[8] - wide[1]
    assert rise[adopting].mean() > rise[~adopting].mean() + 0.1
    assert (frame.groupby("period")["elapsed"].nunique() == 1).all()


def test_a_look_back_at_nothing_is_refused(tmp_path):
    for path in (DATA / "populations").glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace(
            "{from: satisfaction, lag: 1", "{from: nowhere, lag: 1"
        )
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(SpecificationError, match="there is no series 'nowhere' to look back at"):
        load_panel(tmp_path / "firm_panel.yaml")
    with pytest.raises(SpecificationError, match="no series 'nothing' that could depend on more"):
        load_panel("firm_panel").with_more("nothing")
