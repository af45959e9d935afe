#!/usr/bin/env python3
"""Writes a table in the layouts of pymrio, MARIO, numpy and Matrix Market, reads it with these programs, and compares.

Needs pymrio 0.7.0, mariopy 1.3.2, numpy and scipy.

    scripts/peers/tables.py target/release/isard [TABLE]
"""
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import scipy.io

warnings.filterwarnings("ignore")
LIMIT = 1e-12
MINIATURE = Path(__file__).resolve().parents[2] / "fixtures/layouts/gen_mrio_toolbox_save/demo_2020.nc"


def gap(found, expected):
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))


def main():
    isard = os.path.abspath(sys.argv[1])
    table = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else str(MINIATURE)
    import mario
    import pymrio

    gaps = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for form, name in (("npz", "t.npz"), ("pymrio", "p"), ("mario", "m"), ("xlsx", "t.xlsx"), ("matrices", "x")):
            subprocess.run([isard, "import", table, "--output", name, "--to", form, "--quiet"], check=True)
        a = np.load("t.npz")
        regions, sectors = a["regions"], a["sectors"]
        labels = list(zip(regions, sectors)) if len(regions) == len(a["Z"]) else [(r, s) for r in regions for s in sectors]
        io = pymrio.load_all("p")
        gaps["pymrio Z"], gaps["pymrio Y"], gaps["pymrio x"] = gap(io.Z, a["Z"]), gap(io.Y, a["Y"]), gap(io.x.values.ravel(), a["x"])
        if "emissions" in a:
            gaps["pymrio F"] = gap(io.emissions.F, a["emissions"])
        if "value_added" in a:
            gaps["pymrio V"] = gap(io.factor_inputs.F, a["value_added"])
        io.calc_all()
        for name, world in (
            ("mario", mario.parse_from_txt(path="m", table="IOT", mode="flows", sep=",")),
            ("mario xlsx", mario.parse_from_excel(path="t.xlsx", table="IOT", mode="flows")),
        ):
            # MARIO sorts its labels
            order = [(r, "Sector", s) for r, s in labels]
            gaps[f"{name} Z"] = gap(world.Z.loc[order, order], a["Z"])
            gaps[f"{name} x"] = gap(world.X.loc[order].values.ravel(), a["x"])
            if "emissions" in a:
                gaps[f"{name} E"] = gap(world.E.loc[list(a["stressors"]), order], a["emissions"])
        gaps["scipy Z"], gaps["scipy Y"] = gap(scipy.io.mmread("x/Z.mtx").toarray(), a["Z"]), gap(scipy.io.mmread("x/Y.mtx"), a["Y"])
        os.chdir("/")
    for name, value in gaps.items():
        print(f"{name:14} {value:.1e}")
    sys.exit(0 if all(value <= LIMIT for value in gaps.values()) else 1)


if __name__ == "__main__":
    main()
