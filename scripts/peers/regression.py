#!/usr/bin/env python3
"""Compares convex regressions of isard with pystoned (CQRDDF, HiGHS) on a drawn cross-section: objectives and time.

Needs pystoned 0.7.5 and highspy. Slopes are not compared: they are not unique; residuals of
a quantile need not be, and are printed only. Expectiles: pystoned's HiGHS interface takes no squares.

    scripts/peers/regression.py target/release/isard [REGIONS [SEED [TAU ...]]]
"""
import contextlib
import csv
import io
import json
import math
import random
import subprocess
import sys
import tempfile
import time

import numpy as np
from pystoned.constant import OPT_LOCAL
from pystoned.CQERDDF import CQRDDF

# allowed difference of the objectives, in means of the cross-section
OBJECTIVE = 1e-8


def drawn(count, seed):
    """Inputs, GDP and CO2 of `count` regions with noise."""
    random.seed(seed)
    rows = []
    for _ in range(count):
        size = random.gauss(0, 0.8)
        k, l, e = (math.exp(size + random.gauss(0, 0.35)) for _ in range(3))
        c = random.gauss(0, 0.3)
        y = k**0.3 * l**0.35 * e**0.35 * math.exp(0.2 * c - abs(random.gauss(0, 0.2)))
        rows.append([k, l, e, y, 2.5 * e * math.exp(c + random.gauss(0, 0.05))])
    return np.array(rows)


def isard(command, data, tau):
    """The distances that isard prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        out = csv.writer(file)
        out.writerow(["region", "year", "capital", "labour", "energy", "gdp_100M_yuan", "co2_Mt"])
        for i, row in enumerate(data):
            out.writerow([f"r{i}", 2017, *row])
        file.flush()
        options = ["--estimator", "convex", "--returns", "variable", "--direction", "both", "--window", "1"]
        options += ["--norm", "quantile", "--tau", str(tau), "--prices", "current", "--json", "--accept", "capital-base"]
        found = subprocess.run([command, "cost", file.name, *options], capture_output=True, text=True)
        if found.returncode == 2:
            sys.exit(found.stderr)
    return np.array([c["distance"] for c in json.loads(found.stdout)["costs"]])


def quantile(z, tau):
    """Residuals by pystoned."""
    inputs = z.shape[1] - 2
    y, x, b = z[:, inputs : inputs + 1], z[:, :inputs], z[:, inputs + 1 :]
    model = CQRDDF(y=y, x=x, b=b, gy=[1], gx=[0] * inputs, gb=[1], tau=tau)
    with contextlib.redirect_stdout(io.StringIO()):
        model.optimize(OPT_LOCAL, "appsi_highs")
    return np.array(model.get_residual())


def main():
    command, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 7
    taus = [float(tau) for tau in sys.argv[4:]] or [0.1, 0.5, 0.9]
    data = drawn(count, seed)
    z = data / data.mean(axis=0)
    fails = False
    for tau in taus:
        begin = time.perf_counter()
        ours = -isard(command, data, tau)
        middle = time.perf_counter()
        theirs = quantile(z, tau)
        end = time.perf_counter()

        def loss(r):
            return float((tau * np.maximum(r, 0) + (1 - tau) * np.maximum(-r, 0)).sum())

        objective, residual = abs(loss(ours) - loss(theirs)), float(abs(ours - theirs).max())
        holds = objective < OBJECTIVE
        fails |= not holds
        print(f"quantile {tau}: objective {loss(ours):.10f}, apart {objective:.1e}; residuals apart {residual:.1e};"
              f" isard {middle - begin:.2f} s, pystoned {end - middle:.2f} s", "" if holds else "FAILS", flush=True)
    sys.exit(int(fails))


if __name__ == "__main__":
    main()
