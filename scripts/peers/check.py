"""The true residual of a solution of x = A x + y, from the table alone: `||y - x + A x||_1 / ||y||_1` by column.

    check.py TABLE.isard SOLUTION.npy [--columns K]     prints the residuals as JSON
    check.py TABLE.isard --write RHS.npy [--columns K]  writes the right-hand sides

A x is Z (x / output) on the mapped flows: no peer builds its matrix this way, so no peer's mistake is repeated.
Products are in 64 bits, the sums of the norms in extended precision.
"""

import argparse
import json
import sys

sys.dont_write_bytecode = True

import numpy as np

import isard_file


def residuals(table, b, x):
    """Relative 1-norm residual of each column; NaN where the solution is not finite or has the wrong shape."""
    if x.ndim == 1:
        x = x.reshape(-1, 1)
    if x.shape != b.shape:
        return [float("nan")] * b.shape[1]
    z, per_output, found = table.z(), 1.0 / table.divisors(), []
    for k in range(b.shape[1]):  # one column at a time: a few vectors of memory
        r = b[:, k] - x[:, k] + z @ (x[:, k] * per_output)
        size = np.abs(b[:, k]).sum(dtype=np.longdouble)
        rest = np.abs(r).sum(dtype=np.longdouble)
        found.append(float(rest / size) if size > 0 else float(rest))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("solution", nargs="?")
    parser.add_argument("--columns", type=int, default=1)
    parser.add_argument("--write")
    args = parser.parse_args()
    table = isard_file.Snapshot(args.table)
    b = table.right_hand_sides(args.columns)
    if args.write:
        np.save(args.write, b)
    if args.solution:
        print(json.dumps(residuals(table, b, np.load(args.solution, mmap_mode="r"))))


if __name__ == "__main__":
    main()
