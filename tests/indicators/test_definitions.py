import numpy as np
import pandas as pd
import pytest

from workbench.errors import CodebookError, DataError, SpecificationError
from workbench.indicators import compute, latest_rows, read_definitions, rivals

FIRMS = pd.DataFrame(
    {
        "customers_start": [200, 400, 0, 100],
        "customers_lost": [20, 100, 0, 10],
        "customers_new": [50, 600, 5, 20],
        "customers_new_kept": [40, 300, 5, 19],
        "leads": [300, 1000, 50, 60],
        "deals": [60, 650, 5, 30],
        "sales_crm": [90.0, 130.0, 20.0, 50.0],
        "sales_planned": [100.0, 100.0, 10.0, 100.0],
        "crm_gain": [30.0, -5.0, 4.0, 9.0],
        "crm_cost": [10.0, 10.0, 8.0, 9.0],
    }
)


def test_shipped_definitions_say_what_they_are():
    table = read_definitions().table()
    assert {"retention", "growth", "conversion_plan", "complaints", "satisfaction", "roi"} <= set(table.index)
    assert set(table["layer"]) == {"foundation", "execution", "result"}
    assert set(table["status"]) == {"printed", "reconstructed"}
    assert (table["zh"].str.len() > 0).all()
    assert table.loc["retention", "formula"] == "(customers_start − customers_lost) / customers_start"
    assert (table.loc[["growth", "conversion_plan", "roi"], "max"] == np.inf).all()
    assert table.loc["retention", "max"] == 1


def test_indicators_by_hand_and_values_above_one_where_they_may_be():
    found = compute(FIRMS)
    values = found.values
    assert values.loc[0, "retention"] == pytest.approx(0.9)
    assert values.loc[1, "growth"] == pytest.approx(1.5)
    assert values.loc[1, "growth_net"] == pytest.approx(1.25)
    assert values.loc[1, "conversion_plan"] == pytest.approx(1.3)
    assert values.loc[1, "conversion_deals"] == pytest.approx(0.65)
    assert values.loc[1, "roi_net"] == pytest.approx(-1.5)
    lacking = found.not_computed.set_index("indicator")["missing columns"]
    assert lacking["retention_from_rivals"] == "customers_lost_to_rivals"


def test_a_zero_denominator_is_missing_and_said():
    found = compute(FIRMS, indicators=["retention", "growth"])
    assert np.isnan(found.values.loc[2, "retention"])
    assert found.undefined.to_dict("records") == [
        {"indicator": "retention", "row": 2},
        {"indicator": "growth", "row": 2},
    ]
    assert "retention: undefined in 1 of 4 rows" in found.warnings[0]


def test_a_retention_outside_its_bounds_is_an_error_with_its_row():
    with pytest.raises(
        DataError,
        match=r"row 5: retention = -0\.2 lies outside 0 to 1 \(customers_start 100, customers_lost 120\)",
    ):
        compute(FIRMS.assign(customers_lost=[20, 100, 0, 120]), indicators=["retention"])
    with pytest.raises(DataError, match=r"row 2: retention_of_new = 1\.2 lies outside"):
        compute(FIRMS.assign(customers_new_kept=[60, 300, 5, 19]))


def test_counts_must_be_counts():
    with pytest.raises(DataError) as error:
        compute(FIRMS.assign(customers_lost=[-1, 2.5, 0, 10]), indicators=["retention"])
    assert [(fault.row, fault.value) for fault in error.value.faults] == [(2, -1.0), (3, 2.5)]


def test_other_column_names_are_mapped():
    renamed = FIRMS.rename(columns={"customers_start": "base"})
    found = compute(renamed, indicators=["retention"], columns={"customers_start": "base"})
    assert found.values.loc[0, "retention"] == pytest.approx(0.9)
    with pytest.raises(SpecificationError, match="columns that the data lack: customers_start"):
        compute(renamed, indicators=["retention"])


def test_rival_definitions_stand_side_by_side():
    found = rivals(compute(FIRMS.drop(index=2)))
    conversion = found[found["concept"] == "conversion"].iloc[0]
    assert (conversion["first"], conversion["second"]) == ("conversion_plan", "conversion_deals")
    values = compute(FIRMS.drop(index=2)).values
    assert conversion["correlation"] == pytest.approx(
        values["conversion_plan"].corr(values["conversion_deals"])
    )
    growth = found[found["concept"] == "growth"].iloc[0]
    assert growth["pairs_reversed"] == 0


def test_pairs_turned_are_counted_with_an_interval_that_covers():
    rng = np.random.default_rng(6)

    def firms(n):
        base = rng.normal(size=n)
        return pd.DataFrame(
            {
                "leads": 1000,
                "deals": np.clip(300 + 60 * base + 60 * rng.normal(size=n), 0, 1000).round(),
                "transactions": 1000,
                "transactions_crm": np.clip(300 + 60 * base + 60 * rng.normal(size=n), 0, 1000).round(),
            }
        )

    truth = 1 / 2 - np.arcsin(0.5) / np.pi  # normal with correlation 1/2
    inside = 0
    for _ in range(30):
        found = rivals(compute(firms(80))).iloc[0]
        inside += found["ci_lower"] < truth < found["ci_upper"]
    assert found["pairs_reversed"] == pytest.approx(truth, abs=0.12)
    assert inside >= 24


def test_the_last_period_stands_for_a_firm():
    panel = pd.DataFrame({"firm": [1.0, 1.0, 2.0, 2.0], "period": [1, 2, 1, 2]})
    assert latest_rows(panel, "firm", "period").to_dict() == {1: "firm 1", 3: "firm 2"}
    assert list(latest_rows(pd.DataFrame({"shop": ["A", "B"]}), "shop", "period")) == ["A", "B"]
    with pytest.raises(SpecificationError, match="no column 'shop'"):
        latest_rows(panel, "shop")
    with pytest.raises(DataError, match="stands twice") as error:
        latest_rows(panel, "firm")
    assert [fault.row for fault in error.value.faults] == [3, 5]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("divide: [leads, deals]", "power: [leads, deals]", "operation 'power' is unknown"),
        ("divide: [leads, deals]", "divide: [leads]", "takes a list of two parts"),
        ("divide: [leads, deals]", "divide: [leads, \"__import__('os')\"]", "is not declared"),
        ("direction: higher", "direction: up", "must be higher or lower"),
        ("layer: result", "layer: attic", "layer 'attic' is not declared"),
        ("unit: share", "units: share", "lacks 'unit'"),
    ],
)
def test_faulty_definitions_are_refused_with_their_line(tmp_path, old, new, words):
    text = """layers: {result: {en: Result}}
columns: {leads: {min: 0}, deals: {min: 0}}
indicators:
  x:
    {concept: c, label: {en: X}, unit: share, direction: higher, layer: result,
     formula: {divide: [leads, deals]}, place: here, status: printed}
"""
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    assert list(read_definitions(file).indicators) == ["x"]
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CodebookError, match=words) as error:
        read_definitions(file)
    assert error.value.faults[0].line == 4
