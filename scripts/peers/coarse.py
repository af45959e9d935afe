#!/usr/bin/env python3
"""Does a coarse correction over regions pay?

Passes over A to a relative residual of 1e-10 for the final demand of the first region, by Gauss-Seidel by region (exact blocks, regions in order) alone, with a
correction over regions before each sweep, and both combined by GMRES. The correction: weights w = x / (output of the
region), coarse matrix P A diag(w) P' (R x R), d = diag(w) P' (I - coarse)^-1 P r. A sweep from a corrected start needs
the residual after the correction, so it costs a second product with A unless P A is kept (R x n numbers, no longer
sparse): both counts are printed.

    coarse.py TABLE.isard [TABLE.isard ...]
"""
import sys

import numpy as np
import scipy.linalg
import scipy.sparse as sp
import scipy.sparse.linalg as spla

import isard_file

TARGET = 1e-10


def measured(path):
    table = isard_file.Snapshot(path)
    x, offsets, n, regions = np.array(table.array("x")), table.offsets, table.n, len(table.regions)
    indptr, indices, data = table.coefficients()
    a = sp.csr_matrix((data, indices, indptr), shape=(n, n))
    b = table.demand_by_region(1)[:, 0]  # with total demand the weights themselves are the answer
    blocks = [scipy.linalg.lu_factor(np.eye(q - p) - a[p:q, p:q].toarray()) for p, q in zip(offsets, offsets[1:])]
    rows = [a[p:q] for p, q in zip(offsets, offsets[1:])]
    member = sp.csr_matrix((np.ones(n), (np.repeat(np.arange(regions), np.diff(offsets)), np.arange(n))))
    weight = x / np.maximum(member.T @ (member @ x), 1e-300)
    spread = sp.diags(weight) @ member.T
    coarse = scipy.linalg.lu_factor(np.eye(regions) - (member @ (a @ spread)).toarray())

    def sweep(r):
        d = np.zeros(n)
        for k, (p, q) in enumerate(zip(offsets, offsets[1:])):
            d[p:q] = scipy.linalg.lu_solve(blocks[k], r[p:q] + rows[k][:, :p] @ d[:p])
        return d

    def both(r):
        d = spread @ scipy.linalg.lu_solve(coarse, member @ r)
        return d + sweep(r - d + a @ d)

    def plain(step):
        solution, r, count = np.zeros(n), b.copy(), 0
        while np.abs(r).sum() > TARGET * np.abs(b).sum() and count < 500:
            solution += step(r)
            r = b - solution + a @ solution
            count += 1
        return count

    def gmres(step):
        count = [0]
        operator = spla.LinearOperator((n, n), matvec=lambda v: (lambda d: d - a @ d)(step(v)), dtype=float)
        bumped = lambda _: count.__setitem__(0, count[0] + 1)
        y, _ = spla.gmres(operator, b, rtol=TARGET, restart=60, callback=bumped, callback_type="pr_norm")
        return count[0]

    found = [plain(sweep), plain(both), gmres(sweep), gmres(both)]
    print(f"| {path.split('/')[-1]} | {n} | {regions} | {found[0]} | {found[1]} ({2 * found[1]}) | {found[2]} | {found[3]} ({2 * found[3]}) |")


print("| table | rows | regions | sweeps | with correction (products) | GMRES on sweeps | with correction (products) |")
print("|---|---|---|---|---|---|---|")
for path in sys.argv[1:]:
    measured(path)
