"""A small questionnaire, written in every format that the workbench reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

CODEBOOK = """\
title: Small survey
kind: user
id: respondent
scales:
  agree5:
    min: 1
    max: 5
    labels: {1: {en: strongly disagree, zh: 非常不同意}, 5: {en: strongly agree, zh: 非常同意}}
    missing: [-99, 9]
constructs:
  satisfaction:
    label: {en: Customer satisfaction, zh: 顾客满意度}
    scale: agree5
    role: outcome
    items:
      sat1: {en: Overall I am satisfied, zh: 总体上我感到满意}
      sat2: {en: It fell short of what I expected, zh: 低于我的期望, reverse: true}
  service:
    label: {en: Service, zh: 服务}
    scale: agree5
    role: perception
    items:
      ser1: {en: They answer at once}
groups:
  industry: {label: {en: Industry, zh: 行业}}
  size: {label: {en: Firm size}, labels: {1: {en: small, zh: 小}, 2: {en: large, zh: 大}}, missing: [8]}
variables:
  response_hours: {label: {en: Time to first answer}, unit: hours, min: 0, missing: [-1]}
  remark: {label: {en: Remark}}
"""


@pytest.fixture
def codebook(tmp_path: Path) -> Path:
    path = tmp_path / "codebook.yaml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return path


@pytest.fixture
def answers() -> pd.DataFrame:
    """Raw answers with missing codes (-99, 9), empty cells, Chinese texts and fractions."""
    return pd.DataFrame(
        {
            "industry": ["制造业", "物流", "制造业", None, "金融服务", "物流"],
            "respondent": [11, 12, 13, 14, 15, 16],
            "sat1": [1.0, 5.0, -99.0, 9.0, np.nan, 3.0],
            "sat2": [5.0, 1.0, 2.0, -99.0, 4.0, 3.0],
            "ser1": [2.0, 2.0, 9.0, 4.0, 5.0, 1.0],
            "size": [1.0, 2.0, 2.0, 8.0, np.nan, 1.0],
            "response_hours": [0.5, 3.3, -1.0, 12.0, np.nan, 1e-3],
            "remark": ["好, 很好", 'said "fine"', "two\nlines", None, "<b>x</b>", "=1+1"],
        }
    )
