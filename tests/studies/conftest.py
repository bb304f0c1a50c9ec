"""Small surveys of other people: other names, other scales, constructs of one item, a forgotten reversal."""

import numpy as np
import pandas as pd
import pytest

from workbench.survey.codebook import read_codebook
from workbench.survey.opening import survey_from_frame


def answers_of(sizes, *, n=260, loading=0.75, shared=0.4, categories=5, seed=1):
    """Answers to constructs of so many items that have ``shared`` of their variance in common."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    cuts = np.linspace(-1.6, 1.4, categories - 1)
    columns = {}
    for name, size in sizes.items():
        factor = np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.normal(size=n)
        for item in range(1, size + 1):
            answer = loading * factor + np.sqrt(1 - loading**2) * rng.normal(size=n)
            columns[f"{name}_{item}"] = (np.digitize(answer, cuts) + 1).astype(float)
    return pd.DataFrame(columns)


@pytest.fixture
def foreign(tmp_path):
    """A maker of surveys: ``foreign({"price": 3, "staff": 4}, roles={"price": "outcome"}, groups=frame)``."""

    def make(sizes, *, roles=None, stands_for=None, groups=None, categories=5, turned=(), **options):
        frame = answers_of(sizes, categories=categories, **options)
        for item in turned:
            frame[item] = categories + 1 - frame[item]
        book = ["title: Someone else's", "scales:", f"  s: {{min: 1, max: {categories}}}", "constructs:"]
        for name, size in sizes.items():
            book += [f"  {name}:", "    scale: s", f"    label: {name.capitalize()} of theirs"]
            if role := (roles or {}).get(name):
                book.append(f"    role: {role}")
            if other := (stands_for or {}).get(name):
                book.append(f"    stands_for: {other}")
            book.append("    items: {" + ", ".join(f"{name}_{i}: {{}}" for i in range(1, size + 1)) + "}")
        if groups is not None:
            book += ["groups:", *(f"  {name}: {{label: {name.capitalize()}}}" for name in groups)]
            frame = pd.concat([frame, groups.iloc[: len(frame)].reset_index(drop=True)], axis=1)
        path = tmp_path / "codebook.yaml"
        path.write_text("\n".join(book), encoding="utf-8")
        return survey_from_frame(frame, read_codebook(path), "answers.csv")

    return make
