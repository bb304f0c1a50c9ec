"""What tests of several rooms share."""

import contextlib

import pytest


@pytest.fixture(scope="session")
def warm_forge():
    """One forge for all runs of the tests, with no more in it than small studies need."""
    from workbench.reports import kernels

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "PRELOADED", ("ipykernel.kernelapp", "ipykernel.ipkernel", "pandas"))
        with kernels.forge() as address:
            yield address


@pytest.fixture
def quick_kernels(warm_forge, monkeypatch):
    """Runs take their kernels from the tests' forge: a start costs a tenth of a cold one."""
    from workbench.reports import kernels

    monkeypatch.setattr(kernels, "forge", lambda *_: contextlib.nullcontext(warm_forge))
