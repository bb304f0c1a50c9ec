"""Every public function says what it takes and shows a short example that runs."""

import inspect
import re
from importlib import import_module

import pytest

# Doors without __all__ are modules: what they define without a leading underscore is public.
ROOMS = (
    "datasets",
    "evaluation.before_after",
    "evaluation.gain_relation",
    "evidence.claims",
    "evidence.ledger",
    "evidence.printed_tables",
    "evidence.rates",
    "indicators",
    "measurement",
    "parallel",
    "regression",
    "sem",
    "show",
    "studies",
    "survey",
)
# Their methods are public as well.
CLASSES = ("sem.Fit", "survey.Survey", "survey.Codebook", "sem.resampling.Bootstrap")


def public(room):
    home = import_module(f"workbench.{room}")
    names = getattr(home, "__all__", None) or [
        name
        for name, value in vars(home).items()
        if getattr(value, "__module__", "") == home.__name__ and not name.startswith("_")
    ]
    for name in names:
        value = inspect.unwrap(getattr(home, name))  # of functools.cache and the like
        if inspect.isfunction(value):
            yield f"{room}.{name}", value


def methods(path):
    module, _, name = path.rpartition(".")
    for own, value in vars(getattr(import_module(f"workbench.{module}"), name)).items():
        if inspect.isfunction(value) and not own.startswith("_"):
            yield f"{path}.{own}", value


# There is no example where one cannot run by itself.
WITHOUT = {"parallel.everywhere": "needs a running cluster"}
FUNCTIONS = {name: value for room in ROOMS for name, value in public(room)}
FUNCTIONS |= {name: value for path in CLASSES for name, value in methods(path)}


def sections(function):
    """Headings of a numpydoc docstring with the text below each."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.getdoc(function) or "", flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def undocumented(function):
    """Arguments that no line of Parameters names."""
    lines = re.findall(r"^([\w*, ]+?) ?:", sections(function).get("Parameters", ""), flags=re.MULTILINE)
    said = {name.strip().lstrip("*") for line in lines for name in line.split(",")}
    return [name for name in inspect.signature(function).parameters if name != "self" and name not in said]


def test_the_doors_are_not_empty():
    assert len(FUNCTIONS) > 150


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_documented(name):
    assert not undocumented(FUNCTIONS[name])


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - set(WITHOUT)))
def test_there_is_an_example_that_runs(name):
    assert ">>> " in sections(FUNCTIONS[name]).get("Examples", "")
