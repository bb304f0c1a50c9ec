"""What stands before a commit runs what the project has, fetches nothing, and looks at tests that exist."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
(LOCAL,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
HOOKS = {hook["id"]: hook for hook in LOCAL["hooks"]}


def test_every_hook_is_local_and_of_the_projects_environment():
    assert LOCAL["repo"] == "local"
    assert set(HOOKS) >= {"ruff", "mypy", "notebooks"}
    assert all(hook["language"] == "system" for hook in HOOKS.values())
    assert all(hook["entry"].startswith(".venv/bin/") for hook in HOOKS.values())


@pytest.mark.parametrize("name", HOOKS)
def test_the_tests_that_a_hook_runs_exist(name):
    for word in HOOKS[name]["entry"].split():
        if word.startswith("tests/"):
            assert (ROOT / word).is_file()
