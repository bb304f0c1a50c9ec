"""The path diagram: nothing overlaps, nothing crosses without need, names are text, and it repeats."""

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import SpecificationError
from workbench.show.path_diagram import (
    PAGE,
    diagram,
    measurement,
    measurement_diagram,
    overlaps,
    path_diagram,
)
from workbench.show.path_order import crossings, in_columns, layers
from workbench.show.path_parts import wrapped

DIMENSIONS = ("tan", "rel", "res", "ass", "emp")


def measured(constructs, items=4):
    return "\n".join(f"{name} =~ " + " + ".join(f"{name}{i}" for i in range(items)) for name in constructs)


def scores(generator, parents, effects, n=600):
    part = sum(effect * parent for parent, effect in zip(parents, effects, strict=True))
    part = np.zeros(n) + part
    return part + generator.standard_normal(n) * np.sqrt(max(0.2, 1 - np.var(part)))


def answers(latent, items=4, n=600, seed=3):
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            f"{name}{i}": 0.75 * score + 0.66 * generator.standard_normal(n)
            for name, score in latent.items()
            for i in range(items)
        }
    )


@pytest.fixture(scope="module")
def data():
    generator = np.random.default_rng(1)
    n = 600
    latent = {"crm": generator.standard_normal(n), "halo": generator.standard_normal(n)}
    for name, effect in zip(DIMENSIONS, (0.2, 0.25, 0.5, 0.5, 0.3), strict=True):
        latent[name] = scores(generator, (latent["crm"], latent["halo"]), (effect, 0.5))
    latent["sat"] = scores(generator, [latent[name] for name in DIMENSIONS], (0.15, 0.15, 0.3, 0.25, 0.1))
    latent["loy"] = scores(generator, (latent["sat"], latent["crm"]), (0.4, 0.2))
    latent["tru"] = scores(generator, (latent["ass"],), (0.4,))
    del latent["halo"]
    return answers(latent)


STRUCTURE = (
    "\n".join(f"{name} ~ crm" for name in DIMENSIONS)
    + f"\nsat ~ crm + {' + '.join(DIMENSIONS)}\nloy ~ sat + crm\n"
)
MODELS = {
    "central": measured(("crm", *DIMENSIONS, "sat", "loy")) + "\n" + STRUCTURE,
    "five correlated factors": measured(DIMENSIONS),
    "second order": measured(DIMENSIONS) + f"\nq =~ {' + '.join(DIMENSIONS)}",
    "exogenous factors": measured(("res", "ass", "sat", "loy")) + "\nsat ~ res + ass\nloy ~ sat + res",
    "paths of observed variables": "sat0 ~ crm0 + res0 + ass0\nloy0 ~ sat0 + crm0\ntru0 ~ loy0 + sat0",
    "residual covariances": measured(("crm", "loy"))
    + "\nloy ~ crm\nloy0 ~~ loy1\nloy0 ~~ loy3\ncrm0 ~~ crm2",
    "an item of two factors": measured(("res", "ass")) + "\nres =~ ass0",
    "nine constructs": measured(("crm", *DIMENSIONS, "sat", "loy", "tru"))
    + "\n"
    + STRUCTURE
    + "tru ~ ass + crm\nloy ~ tru",
}


@pytest.mark.parametrize("name", [name for name in MODELS if "observed" not in name])
def test_every_item_stands_beside_its_construct_and_a_page_is_wide_enough(data, name):
    fit = sem.fit(MODELS[name], data)
    made = measurement(fit)
    assert overlaps(made.arrows, made.layout, made.nodes) == []
    items = {item for node in made.nodes.values() for item, _ in node.items}
    assert set(made.layout.items) == items
    assert len(made.arrows) == len(items) > 3
    drawn = ET.fromstring(measurement_diagram(fit))
    assert float(drawn.get("width")) <= PAGE


def test_a_model_without_constructs_has_no_measurement_part(data):
    with pytest.raises(SpecificationError, match="no construct with items"):
        measurement_diagram(sem.fit(MODELS["paths of observed variables"], data))


@pytest.mark.parametrize("name", MODELS)
def test_no_label_lies_on_anything_else(data, name):
    made = diagram(sem.fit(MODELS[name], data))
    assert overlaps(made.arrows, made.layout, made.nodes) == []
    assert made.crowded == made.layout.conflicts == 0


@pytest.mark.parametrize("name", MODELS)
def test_every_part_of_the_model_is_drawn_or_counted(data, name):
    fit = sem.fit(MODELS[name], data)
    made = diagram(fit)
    rows = fit.estimates
    lines = rows[(rows["op"] != "~~") | (rows["lhs"] != rows["rhs"])]
    assert len(made.arrows) + made.left_out == len(lines)
    at = np.array([*made.layout.nodes.values(), *((box.x, box.y) for box in made.layout.items.values())])
    assert len(np.unique(at.round(3), axis=0)) == len(at)


def test_causes_stand_left_of_effects(data):
    made = diagram(sem.fit(MODELS["central"], data))
    x = {name: at[0] for name, at in made.layout.nodes.items()}
    assert x["crm"] < min(x[name] for name in DIMENSIONS)
    assert max(x[name] for name in DIMENSIONS) < x["sat"] < x["loy"]
    items = made.layout.items
    assert all(items[f"crm{i}"].side == "left" and items[f"loy{i}"].side == "right" for i in range(4))


@pytest.mark.parametrize(
    "edges",
    [
        [("a", "x"), ("b", "y"), ("c", "z"), ("a", "y")],
        [("a", "z"), ("b", "y"), ("c", "x")],
        [("a", "p"), ("a", "q"), ("p", "y"), ("q", "y"), ("a", "y"), ("y", "z"), ("a", "z")],
        [("a", "w"), ("b", "v"), ("c", "u"), ("u", "k"), ("v", "l"), ("w", "m"), ("a", "m")],
    ],
)
def test_no_crossing_where_none_is_needed(edges):
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    columns = in_columns(names, edges)
    assert crossings(columns.order, columns.steps) == 0


def test_feedback_is_laid_out_too():
    edges = [("a", "b"), ("b", "c"), ("c", "b"), ("a", "c")]
    assert layers(["a", "b", "c"], edges) == {"a": 0, "b": 1, "c": 2}


def test_dash_and_width_follow_the_interval_and_the_size(data):
    fit = sem.fit(MODELS["central"], data)
    made = {arrow.key: arrow for arrow in diagram(fit).arrows}
    solution = fit.standardized_solution().set_index(["lhs", "op", "rhs"])
    for key, arrow in made.items():
        row = solution.loc[key]
        assert arrow.value.clear == (not row["ci_lower"] <= 0 <= row["ci_upper"])
    strong, weak = made["res", "~", "crm"], made["emp", "~", "crm"]
    assert abs(strong.value.estimate) > abs(weak.value.estimate)
    assert strong.stroke > weak.stroke


def test_given_intervals_replace_the_fits_own(data):
    fit = sem.fit(MODELS["exogenous factors"], data)
    given = pd.DataFrame({"lhs": ["sat"], "op": ["~"], "rhs": ["res"], "ci_lower": [-0.1], "ci_upper": [0.9]})
    text = path_diagram(fit, intervals=given)
    assert text.count("stroke-dasharray") == path_diagram(fit).count("stroke-dasharray") + 1
    assert "[−0.10,\N{NO-BREAK SPACE}0.90]" in text


def test_hostile_names_stay_text(data):
    labels = {"sat": "<script>alert(1)</script>", "sat0": '"><image href="x"/>', "loy": "&amp; \0\x1b[31m"}
    text = path_diagram(sem.fit(MODELS["exogenous factors"], data), labels)
    root = ET.fromstring(text)
    assert {element.tag.split("}")[1] for element in root.iter()} == {
        "svg",
        "rect",
        "g",
        "title",
        "path",
        "circle",
        "text",
    }
    assert "alert(1)" in "".join(root.itertext())


def test_the_same_from_run_to_run_and_on_a_light_card(data):
    fit = sem.fit(MODELS["central"], data)
    text = path_diagram(fit)
    assert text == path_diagram(sem.fit(MODELS["central"], data))
    assert text.splitlines()[1].startswith("<rect")
    assert 'fill="#ffffff"' in text.splitlines()[1]
    assert len(text) < 60_000


def test_r2_stands_in_the_circles(data):
    fit = sem.fit(MODELS["exogenous factors"], data)
    text = "".join(ET.fromstring(path_diagram(fit)).itertext())
    share = fit.r2["sat"]
    assert f"R² = {share:.2f}".replace("0.", ".") in text


def test_long_and_chinese_labels_are_cut_to_fit():
    for label in ("服务质量的响应性以及保证性与移情性的总体评价结果", "Incomprehensibilities", "a b " * 40):
        lines, _ = wrapped(label, 74)
        assert len(lines) <= 3
        assert all(lines)
    assert wrapped("satisfaction", 74)[0] == ["satisfaction"]


def test_what_cannot_be_drawn_is_said(data):
    fit = sem.fit(MODELS["five correlated factors"], data)
    with pytest.raises(SpecificationError, match="groups 1 to 1"):
        path_diagram(fit, group=2)
