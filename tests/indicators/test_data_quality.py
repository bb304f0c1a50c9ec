import numpy as np
import pandas as pd
import pytest
import yaml

from workbench.errors import CodebookError, DataError, SpecificationError
from workbench.indicators import QualityRules, customer_data_quality, damage_ladder, read_quality_rules
from workbench.indicators.definitions import DEFINITIONS

TABLE = pd.DataFrame(
    {
        "firm": ["A", "A", "A", "B", "B", "B"],
        "phone": ["13900000001", "13900000002", None, "1390000000x", "13900000005", "13900000006"],
        "phone_true": ["13900000001", "13900000009", "13900000003", "13900000004", "13900000005", None],
        "age": [30, 200, 41, 52, np.nan, 28],
        "first_order": ["2024-01-01", "2024-05-01", "2024-02-01", "2025-01-01", None, "2024-03-01"],
        "last_order": ["2025-01-01", "2024-04-01", "2024-02-01", "2025-02-01", "2025-02-01", "2024-12-01"],
        "status": ["active", "lost", "lost", "active", "active", None],
        "left_on": [None, "2025-01-01", None, None, None, None],
        "updated": ["2025-12-01", "2020-01-01", "2025-11-01", "2027-01-01", None, "2025-06-01"],
    }
)
RULES = QualityRules(
    fields={
        "phone": {"pattern": r"\d{11}", "verified": "phone_true"},
        "age": {"min": 0, "max": 120},
        "first_order": {},
    },
    consistency=[
        {"name": "orders in order", "first": "first_order", "relation": "<=", "second": "last_order"},
        {
            "name": "lost has a date",
            "when": {"column": "status", "equals": "lost"},
            "then": {"column": "left_on", "present": True},
        },
    ],
    updated="updated",
    max_age_days=365,
)


def test_dimensions_by_hand():
    found = customer_data_quality(TABLE, RULES, as_of="2026-01-01", by="firm")
    value = found.dimensions["value"]
    assert found.first_dimension == "accuracy"
    assert value["accuracy"] == pytest.approx(2 / 4)  # four phones can be compared, two are right
    assert value["completeness"] == pytest.approx(15 / 18)
    assert value["consistency"] == pytest.approx(5 / 7)  # four of five orders, one of two lost customers
    assert value["timeliness"] == pytest.approx(3 / 6)
    expected = 0.4 * 2 / 4 + 0.3 * 15 / 18 + 0.2 * 5 / 7 + 0.1 * 0.5
    assert found.cdq == pytest.approx(expected)
    assert found.dimensions["contribution"].sum() == pytest.approx(expected)
    assert found.dimensions["weight"].to_list() == [0.4, 0.3, 0.2, 0.1]
    assert found.fields.loc["phone", "validity"] == pytest.approx(4 / 5)
    assert found.fields.loc["age", "validity"] == pytest.approx(4 / 5)
    assert np.isnan(found.fields.loc["age", "accuracy"])
    assert found.rules["kept"].to_list() == [0.8, 0.5]
    assert any("1 rows were updated after" in text for text in found.warnings)
    assert any("1 rows have no date" in text for text in found.warnings)
    assert any("1 of 3 fields" in text for text in found.warnings)


def test_the_rival_reading_is_accurate_over_all_verified_cells():
    """Phones: five have a reference, two are right, one is empty."""
    found = customer_data_quality(TABLE, RULES, as_of="2026-01-01", by="firm")
    assert found.accurate_share == pytest.approx(2 / 5)
    assert found.groups["accurate_share"].to_list() == pytest.approx([1 / 3, 1 / 2])
    bare = QualityRules(fields={"phone": {"pattern": r"\d{11}"}})
    assert np.isnan(customer_data_quality(TABLE, bare).accurate_share)


def test_groups_are_the_tables_of_their_rows():
    found = customer_data_quality(TABLE, RULES, as_of="2026-01-01", by="firm")
    for firm, rows in TABLE.groupby("firm"):
        alone = customer_data_quality(rows, RULES, as_of="2026-01-01")
        assert found.groups.loc[firm, "cdq"] == pytest.approx(alone.cdq)
        assert found.groups.loc[firm, "n"] == 3


def test_without_a_reference_it_is_validity_and_is_called_so():
    rules = QualityRules(fields={"phone": {"pattern": r"\d{11}"}, "age": {"min": 0, "max": 120}})
    found = customer_data_quality(TABLE, rules)
    assert found.first_dimension == "validity"
    assert "accuracy" not in found.dimensions.index
    assert "not accuracy" in found.warnings[0]
    assert found.dimensions.loc["validity", "value"] == pytest.approx(8 / 10)
    assert "consistency, timeliness" in found.warnings[1]
    assert found.cdq == pytest.approx((0.4 * 0.8 + 0.3 * 10 / 12) / 0.7)


def test_a_row_is_judged_on_what_can_be_told():
    rows = customer_data_quality(TABLE, RULES, as_of="2026-01-01").rows
    assert rows.loc[0, "cdq"] == pytest.approx(1)
    assert np.isnan(rows.loc[2, "accuracy"])
    assert rows.loc[2, "cdq"] == pytest.approx((0.3 * 2 / 3 + 0.2 * 0.5 + 0.1 * 1) / 0.6)


def test_sensitivity_spans_the_dimensions():
    found = customer_data_quality(TABLE, RULES, as_of="2026-01-01")
    sensitivity, value = found.sensitivity["cdq"], found.dimensions["value"]
    assert sensitivity["as weighted"] == pytest.approx(found.cdq)
    assert sensitivity["equal"] == pytest.approx(value.mean())
    assert sensitivity["accuracy alone"] == pytest.approx(value["accuracy"])
    assert value.min() < sensitivity["all weights, 5 %"] < sensitivity["all weights, 95 %"] < value.max()


def test_numbers_read_with_gaps_still_match_their_pattern():
    table = pd.DataFrame({"zip": [100000.0, np.nan, 99.0]})
    found = customer_data_quality(table, QualityRules(fields={"zip": {"pattern": r"\d{6}"}}))
    assert found.fields.loc["zip", "validity"] == pytest.approx(0.5)


def test_faulty_rules_are_listed_together():
    rules = QualityRules(
        fields={"fax": {"patern": "x"}, "phone": {"pattern": "("}},
        consistency=[{"name": "odd", "first": "age", "relation": "~", "second": "nowhere"}],
    )
    with pytest.raises(SpecificationError) as error:
        customer_data_quality(TABLE, rules)
    assert len(error.value.faults) == 5
    with pytest.raises(SpecificationError, match="needs as_of"):
        customer_data_quality(TABLE, RULES)
    with pytest.raises(DataError, match="are not dates"):
        customer_data_quality(TABLE.assign(updated="yesterday"), RULES, as_of="2026-01-01")
    with pytest.raises(SpecificationError, match="add up to 1"):
        customer_data_quality(
            TABLE,
            RULES,
            as_of="2026-01-01",
            weights={"accuracy": 1, "completeness": 1, "consistency": 0, "timeliness": 0},
        )


def test_a_column_can_be_looked_up_by_another():
    rules = QualityRules(
        fields={"region": {}},
        consistency=[
            {
                "name": "region",
                "column": "region",
                "by": "city",
                "equals": {"Beijing": "north", "Xian": "west"},
            },
            {
                "name": "postcode",
                "column": "postcode",
                "by": "city",
                "begins": {"Beijing": "100", "Xian": "710"},
            },
        ],
    )
    table = pd.DataFrame(
        {
            "city": ["Beijing", "Xian", "Paris", None],
            "region": ["north", "north", "north", "north"],
            "postcode": [100001.0, 710002.0, 750001.0, np.nan],
        }
    )
    found = customer_data_quality(table, rules)
    assert found.rules["judged"].to_list() == [2, 2]
    assert found.rules["kept"].to_list() == [0.5, 1.0]


def test_shipped_rules_find_what_was_planted_in_the_shipped_table():
    """Shares of planted faults in the description are what the measurement gives back."""
    customers = pd.read_csv(DEFINITIONS.parent / "firm_customers.csv", dtype={"postcode": str})
    planted = yaml.safe_load((DEFINITIONS.parent / "populations" / "firm_panel.yaml").read_text("utf-8"))[
        "customers"
    ]
    found = customer_data_quality(customers, read_quality_rules(), by="firm")
    value = found.dimensions["value"]
    assert value["accuracy"] == pytest.approx(1 - planted["wrong"], abs=0.03)
    assert value["completeness"] == pytest.approx(1 - planted["empty"], abs=0.03)
    assert value["timeliness"] == pytest.approx(1 - planted["stale"], abs=0.04)
    broken = (1 - found.rules["kept"]).sum()
    assert broken == pytest.approx(planted["contradictory"], abs=0.02)
    assert len(found.groups) == customers["firm"].nunique()
    assert found.first_dimension == "accuracy"


def test_a_rules_file_with_unknown_keys_is_refused(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("fields:\n  a: {}\nfelds: {}\n", encoding="utf-8")
    with pytest.raises(CodebookError, match="line 3: unknown key 'felds'"):
        read_quality_rules(file)


def test_known_damage_lowers_the_index_step_by_step():
    customers = pd.read_csv(DEFINITIONS.parent / "firm_customers.csv", dtype={"postcode": str}, nrows=1200)
    rules = read_quality_rules()
    before = customers.copy()
    found = damage_ladder(customers, rules, shares=(0.2, 0.4))
    pd.testing.assert_frame_equal(customers, before)
    assert found.noticed["noticed"].all()
    assert found.noticed.loc["stale", "margin"] == pytest.approx(0.1)  # without its weight it goes unseen
    whole = customer_data_quality(customers, rules).cdq
    np.testing.assert_allclose(found.rungs["cdq"].xs(0.0, level="share"), whole)
    assert found.noticed["rival"].to_dict() == {
        "wrong": True,
        "empty": True,
        "contradictory": False,
        "stale": False,
    }
    emptied = found.rungs["completeness"].loc["empty"]
    assert emptied[0.4] == pytest.approx(0.6 * emptied[0.0], abs=0.02)
    np.testing.assert_allclose(
        found.steps["change"].groupby("damage").sum(),
        found.rungs["cdq"].unstack("damage").diff().sum(),
    )


def test_the_worst_change_is_the_worst_of_all_weights_around():
    table = pd.concat([TABLE] * 10, ignore_index=True)
    found = damage_ladder(table, RULES, as_of="2026-01-01", shares=(0.5,))
    w, rng = found.weights.to_numpy(), np.random.default_rng(3)
    around = w + rng.uniform(-0.05, 0.05, (4000, 4))
    around += (1 - around.sum(axis=1, keepdims=True)) / 4
    around = around[(np.abs(around - w) <= 0.05).all(axis=1)]
    for kind in found.noticed.index:
        values = found.rungs.loc[kind].drop(columns=["cdq", "accurate_share"]).to_numpy()
        drawn = (around @ (values[1] - values[0])).max()
        worst = found.steps.loc[(kind, 0.5), "worst"]
        assert drawn <= worst + 1e-12
        assert drawn == pytest.approx(worst, abs=0.02)


def test_wrong_values_go_unseen_without_a_reference():
    rules = QualityRules(fields={"status": {"allowed": ["active", "lost"]}})
    table = pd.DataFrame({"status": ["active", "lost"] * 20, "status_true": ["active", "lost"] * 20})
    unseen = damage_ladder(table, rules).noticed
    assert not unseen.loc["wrong", "noticed"]
    assert unseen.loc["wrong", "margin"] == 0
    seen = damage_ladder(table, QualityRules(fields={"status": {"verified": "status_true"}})).noticed
    assert seen.loc["wrong", "noticed"]
    with pytest.raises(SpecificationError, match="smallest weight"):
        damage_ladder(table, rules, within=0.2)
