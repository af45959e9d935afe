"""Tables that several tests share."""

import numpy as np
import pandas as pd
import pytest

import isard_mrio as isard


def drawn(regions: int, sectors: int, seed: int = 1, share: float = 1.0, stressors: int = 2):
    """Z, Y and F of a productive system with labels, drawn."""
    rng = np.random.default_rng(seed)
    n = regions * sectors
    Z = rng.lognormal(0.0, 1.0, (n, n)) * (rng.random((n, n)) < share)
    Y = rng.lognormal(0.0, 1.0, (n, regions * 2))
    # as much for final demand as for other sectors
    Y *= Z.sum() / Y.sum()
    rows = pd.MultiIndex.from_product([[f"r{k}" for k in range(regions)], [f"s{k}" for k in range(sectors)]], names=["region", "sector"])
    columns = pd.MultiIndex.from_product([[f"r{k}" for k in range(regions)], ["households", "investment"]], names=["region", "category"])
    F = rng.lognormal(0.0, 1.0, (stressors, n))
    names = [f"gas{k}" for k in range(stressors)]
    return pd.DataFrame(Z, rows, rows), pd.DataFrame(Y, rows, columns), pd.DataFrame(F, names, rows)


@pytest.fixture(scope="session")
def provinces() -> isard.Table:
    return isard.read()


@pytest.fixture(scope="session")
def frames():
    return drawn(4, 6)


@pytest.fixture(scope="session")
def table(frames) -> isard.Table:
    Z, Y, F = frames
    return isard.from_frames(Z, Y, F=F, unit="million EUR", units="Mt")
