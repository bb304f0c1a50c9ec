"""Rotation of factor loadings by gradient projection, from many starts at once.

statsmodels carries the same algorithm, but without geomin, without random starts (a rotation has local
minima) and with a promax that does not follow Hendrickson & White; its stack also takes seconds to import.
So the published algorithm is written out here: Jennrich (2001, 2002), Bernaards & Jennrich (2005), all
starts as one batch.

Shapes: ``A`` (items x factors) unrotated; ``T`` and ``L`` carry the starts in front: (starts x ...).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.errors import SpecificationError

GEOMIN_EPSILON = 0.01
PROMAX_POWER = 4
_FINISHED = 4


@dataclass(frozen=True)
class Rotation:
    """Rotated loadings, factor correlations, the criterion at the finished starts (the usual one first).

    ``reached``: how many of all starts came to the lowest criterion.
    """

    loadings: np.ndarray
    phi: np.ndarray
    criterion: np.ndarray
    warnings: tuple[str, ...]
    reached: int = 1


def orthomax(L: np.ndarray, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    """Minus a quarter of the (co)variance of squared loadings: gamma 1 varimax, 0 quartimax."""
    squares = L**2
    centred = squares - gamma * squares.mean(axis=-2, keepdims=True)
    return -np.sum(squares * centred, axis=(-2, -1)) / 4, -L * centred


def quartimin(L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Direct oblimin with gamma 0 (Carroll; Jennrich & Sampson 1966): cross-products of squared loadings."""
    squares = L**2
    others = squares.sum(axis=-1, keepdims=True) - squares
    return np.sum(squares * others, axis=(-2, -1)) / 4, L * others


def geomin(L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Geometric mean of an item's squared loadings, summed over items (Yates 1987), with epsilon 0.01."""
    k = L.shape[-1]
    shifted = L**2 + GEOMIN_EPSILON
    products = np.exp(np.log(shifted).sum(axis=-1, keepdims=True) / k)
    return products.sum(axis=(-2, -1)), (2 / k) * L / shifted * products


# name: (criterion, oblique, Kaiser normalisation), with psych's conventions
_CRITERIA: dict[str, tuple[Callable, bool, bool]] = {
    "varimax": (lambda L: orthomax(L, 1.0), False, True),
    "quartimax": (lambda L: orthomax(L, 0.0), False, False),
    "geomin_orthogonal": (geomin, False, False),
    "oblimin": (quartimin, True, False),
    "geomin": (geomin, True, False),
}
ROTATIONS = ("varimax", "quartimax", "geomin_orthogonal", "promax", "oblimin", "geomin")
_ALIASES = {
    "geominQ": "geomin",
    "geominT": "geomin_orthogonal",
    "quartimin": "oblimin",
    "none": None,
}


def rotation_name(rotation: str | None) -> str | None:
    """The house's name of a rotation (psych's names are understood), None for no rotation."""
    name = _ALIASES.get(rotation, rotation) if isinstance(rotation, str) else rotation
    if name is not None and (not isinstance(name, str) or name not in ROTATIONS):
        raise SpecificationError(
            f"rotation={rotation!r} is not known: use None or one of {', '.join(ROTATIONS)}"
        )
    return name


def rotate(loadings: np.ndarray, rotation: str, starts: int = 30, seed: int = 1) -> Rotation:
    """Rotate loadings (items x factors, two factors or more) to simple structure.

    The first start is the unrotated solution, as in psych and GPArotation; the others are random orthogonal
    matrices. The lowest criterion wins, the first start where it is as low.
    """
    if rotation == "promax":
        return _promax(loadings, starts, seed)
    criterion, oblique, normalise = _CRITERIA[rotation]
    weights = np.sqrt(np.sum(loadings**2, axis=1))[:, None] if normalise else np.ones((len(loadings), 1))
    scaled = loadings / np.where(weights > 0, weights, 1)
    first = _starting_matrices(loadings.shape[1], starts, seed)
    _, turns, rough, _ = _project(scaled, first, criterion, oblique, tolerance=1e-4, limit=300)
    # only the usual start and the most promising others are worth the last digits
    others = [place for place in np.argsort(rough, kind="stable")[:_FINISHED] if place != 0]
    chosen_starts = turns[[0, *others]]
    rotated, turns, values, slopes = _project(scaled, chosen_starts, criterion, oblique)
    chosen = int(np.argmin(np.round(values, 9)))
    phi = turns[chosen].T @ turns[chosen] if oblique else np.eye(loadings.shape[1])
    warnings = []
    if slopes[chosen] > 1e-5:
        warnings.append(f"the {rotation} rotation did not converge (gradient {slopes[chosen]:.1e})")
    if values[0] > values[chosen] + 1e-6 * max(1.0, abs(values[chosen])):
        warnings.append(
            f"{rotation} has a local minimum at the usual single start (criterion {values[0]:.5f}); the "
            f"lowest of {starts} starts ({values[chosen]:.5f}) was taken, so a program with one start "
            "shows other loadings"
        )
    near = 1e-5 * max(1.0, abs(values[chosen]))  # the starts that were not finished end a little above
    reached = int((rough <= values[chosen] + near).sum())
    if reached < 2 < starts:
        warnings.append(
            f"{reached} of {starts} starts reached the lowest criterion of {rotation}: give more starts"
        )
    return Rotation(rotated[chosen] * weights, phi, values, tuple(warnings), reached)


def _starting_matrices(k: int, starts: int, seed: int) -> np.ndarray:
    """The identity, then random orthogonal matrices (QR of normal draws)."""
    if starts < 1:
        raise SpecificationError(f"starts={starts}: at least one start is needed")
    draws = np.random.default_rng(seed).standard_normal((starts - 1, k, k))
    q, r = np.linalg.qr(draws)
    signs = np.sign(np.diagonal(r, axis1=-2, axis2=-1))
    return np.concatenate([np.eye(k)[None], q * signs[:, None, :]])


def _turn(A: np.ndarray, T: np.ndarray, oblique: bool) -> np.ndarray:
    """Loadings after the turn: A T, or A (T')^-1 where factors may correlate."""
    return A @ (np.linalg.inv(T).swapaxes(-1, -2) if oblique else T)


def _project(
    A: np.ndarray,
    T: np.ndarray,
    criterion: Callable,
    oblique: bool,
    tolerance: float = 1e-7,
    limit: int = 2000,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradient projection over a batch of starts; a start that has settled leaves the batch."""

    def gradient(L: np.ndarray, Gq: np.ndarray, turn: np.ndarray) -> np.ndarray:
        if oblique:
            return -(L.swapaxes(-1, -2) @ Gq @ np.linalg.inv(turn)).swapaxes(-1, -2)
        return A.T @ Gq

    def projected(turn: np.ndarray, G: np.ndarray) -> np.ndarray:
        if oblique:
            return G - turn * np.sum(turn * G, axis=-2, keepdims=True)
        M = turn.swapaxes(-1, -2) @ G
        return G - turn @ (M + M.swapaxes(-1, -2)) / 2

    def back(X: np.ndarray) -> np.ndarray:
        if oblique:
            return X / np.linalg.norm(X, axis=-2, keepdims=True)
        U, _, V = np.linalg.svd(X)
        return U @ V

    T = T.copy()
    L = _turn(A, T, oblique)
    values, Gq = criterion(L)
    slopes = np.full(len(T), np.inf)
    steps = np.ones(len(T))
    G = gradient(L, Gq, T)
    active = np.arange(len(T))
    for _ in range(limit):
        Gp = projected(T[active], G[active])
        slopes[active] = np.linalg.norm(Gp, axis=(-2, -1))
        going = slopes[active] > tolerance
        active, Gp = active[going], Gp[going]
        if not active.size:
            break
        steps[active] *= 2
        waiting = np.arange(active.size)
        for _ in range(40):
            index = active[waiting]
            trial = back(T[index] - steps[index, None, None] * Gp[waiting])
            turned = _turn(A, trial, oblique)
            value, slope = criterion(turned)
            # the slack is rounding: near the end no step can lower the criterion by more than its last digits
            enough = values[index] - 0.5 * slopes[index] ** 2 * steps[index] + 1e-14 * np.abs(values[index])
            good = value <= enough
            index = index[good]
            T[index], values[index] = trial[good], value[good]
            G[index] = gradient(turned[good], slope[good], trial[good])
            waiting = waiting[~good]
            if not waiting.size:
                break
            steps[active[waiting]] /= 2
        active = np.delete(active, waiting)  # no step helps any more: settled as far as arithmetic goes
        if not active.size:
            break
    return _turn(A, T, oblique), T, values, slopes


def _promax(loadings: np.ndarray, starts: int, seed: int) -> Rotation:
    """Promax as psych's: varimax and the target power on Kaiser-normalised loadings (Hendrickson & White
    1964).
    """
    weights = np.sqrt(np.sum(loadings**2, axis=1))[:, None]
    weights = np.where(weights > 0, weights, 1)
    base = rotate(loadings / weights, "varimax", starts, seed)
    simple = base.loadings
    target = simple * np.abs(simple) ** (PROMAX_POWER - 1)
    turn = np.linalg.lstsq(simple, target, rcond=None)[0]
    turn = turn * np.sqrt(np.diag(np.linalg.inv(turn.T @ turn)))
    inverse = np.linalg.inv(turn)
    return Rotation(simple @ turn * weights, inverse @ inverse.T, base.criterion, base.warnings, base.reached)
