"""One peer on one table, in a process of its own: `peers.py` starts this and checks the answer.

Each peer is `prepare(table, b, rtol) -> (setup, solve)`: what prepare does (reading the file, building A or I - A in
the peer's own form) is not on the clock, `setup()` (factorisation, inverse) and `solve(state)` are. `solve` returns the
solution (n x K) and the iterations of each column, where there are any.
"""

import argparse
import glob
import json
import re
import resource
import sys
import time

sys.dont_write_bytecode = True

import numpy as np

import isard_file

RESTART = 60  # more than any of these systems takes: GMRES never restarts
MOST = 10_000


def nothing():
    return None


# numpy


def numpy_solve(table, b, rtol):
    m = table.leontief_dense()
    return nothing, lambda _: (np.linalg.solve(m, b), None)


def numpy_inv(table, b, rtol):
    m = table.leontief_dense()
    return lambda: np.linalg.inv(m), lambda inverse: (inverse @ b, None)


# pymrio


def frame_of_a(table):
    import pandas as pd

    sectors = table.sector_names()
    regions = [name for r, name in enumerate(table.regions) for _ in range(table.offsets[r], table.offsets[r + 1])]
    index = pd.MultiIndex.from_arrays([regions, sectors], names=["region", "sector"])
    if not index.is_unique:
        raise ValueError("two rows have the same region and sector: pymrio needs unique labels")
    return pd.DataFrame(table.coefficients_dense(), index=index, columns=index, copy=False)


def pymrio_l(table, b, rtol):
    """calc_L, then calc_x_from_L for each column."""
    import pandas as pd
    import pymrio

    a = frame_of_a(table)
    columns = [pd.Series(column, index=a.index) for column in b.T]
    solve = lambda inverse: np.hstack([pymrio.calc_x_from_L(inverse, y).to_numpy() for y in columns])
    return lambda: pymrio.calc_L(a), lambda inverse: (solve(inverse), None)


def pymrio_accounts(table, b, rtol):
    """calc_L, then calc_accounts (D_cba, D_pba, D_imp, D_exp) of the first stressor for all regions, whatever K is."""
    import pandas as pd
    import pymrio

    sizes = {table.offsets[r + 1] - table.offsets[r] for r in range(len(table.regions))}
    if len(sizes) > 1:
        raise ValueError("regions with different sectors")
    if not table.stressors:
        raise ValueError("the table has no stressor")
    a = frame_of_a(table)
    intensities = np.array(table.array("stressor.0.direct")) / table.divisors()
    s = pd.DataFrame(intensities.reshape(1, -1), index=[table.stressors[0][0]], columns=a.columns)
    y = pd.DataFrame(table.demand_by_region(len(table.regions)), index=a.index, columns=pd.Index(table.regions, name="region"))

    def solve(inverse):
        pymrio.calc_accounts(s, inverse, y)
        # The accounts keep no production, so the check is of the inverse they were made with.
        return lambda: inverse.to_numpy() @ b, None

    return lambda: pymrio.calc_L(a), solve


# scipy


def scipy_splu(table, b, rtol):
    from scipy.sparse.linalg import splu

    m = table.leontief_csr().tocsc()
    return lambda: splu(m), lambda lu: (lu.solve(b), None)


def scipy_krylov(name, **options):
    def prepare(table, b, rtol):
        import scipy.sparse.linalg as linalg

        m, method = table.leontief_csr(), getattr(linalg, name)

        def column(y):
            count = [0]

            def one_more(_):
                count[0] += 1

            x, info = method(m, y, rtol=rtol, atol=0.0, maxiter=MOST, callback=one_more, **options)
            return x, count[0] if info == 0 else -count[0]

        def solve(_):
            answers = [column(np.ascontiguousarray(y)) for y in b.T]
            return np.stack([x for x, _ in answers], axis=1), [count for _, count in answers]

        return nothing, solve

    return prepare


# PARDISO of MKL


def pypardiso_lu(table, b, rtol):
    import pypardiso

    m = table.leontief_csr()
    solver = pypardiso.PyPardisoSolver()

    def factorise():
        solver.factorize(m)

    return factorise, lambda _: (solver.solve(m, np.asfortranarray(b)), None)


# PETSc, from Debian's packages; run by Debian's own Python, on as many ranks as mpirun gives it


def petsc():
    sys.path[:0] = sorted(glob.glob("/usr/lib/petscdir/*/*-real/lib/python3/dist-packages"))
    import petsc4py

    petsc4py.init([sys.argv[0]])
    from petsc4py import PETSc

    return PETSc


def petsc_krylov(method, preconditioner):
    def prepare(table, b, rtol):
        PETSc = petsc()
        world = PETSc.COMM_WORLD
        first, last = (table.n * k // world.size for k in (world.rank, world.rank + 1))
        indptr, indices, data = table.leontief_rows(first, last)
        sizes = (last - first, table.n)
        m = PETSc.Mat().createAIJWithArrays((sizes, sizes), (indptr, indices, data), comm=world)
        right, left = m.createVecs()

        def setup():
            ksp = PETSc.KSP().create(world)
            ksp.setOperators(m)
            ksp.setType(method)
            ksp.getPC().setType(preconditioner)
            if method == "gmres":
                ksp.setGMRESRestart(RESTART)
            ksp.setTolerances(rtol=rtol, atol=0.0, max_it=MOST)
            ksp.setUp()
            ksp.setUpOnBlocks()  # otherwise the blocks would be factorised in the first solve
            return ksp

        def solve(ksp):
            answer, counts = np.empty((last - first, b.shape[1])), []
            for k in range(b.shape[1]):
                left.array[:] = b[first:last, k]
                ksp.solve(left, right)
                answer[:, k] = right.array
                counts.append(ksp.getIterationNumber() if ksp.getConvergedReason() > 0 else -ksp.getIterationNumber())

            def whole():  # on rank 0; after the clock has stopped
                columns = []
                for k in range(b.shape[1]):
                    right.array[:] = answer[:, k]
                    scatter, full = PETSc.Scatter.toZero(right)
                    scatter.scatter(right, full)
                    columns.append(full.array.copy())
                return np.stack(columns, axis=1)

            return whole, counts

        solve.keep = (indptr, indices, data)  # PETSc uses these arrays in place
        return setup, solve

    return prepare


PEERS = {
    "numpy-solve": numpy_solve,
    "numpy-inv": numpy_inv,
    "pymrio-L": pymrio_l,
    "pymrio-accounts": pymrio_accounts,
    "scipy-splu": scipy_splu,
    "scipy-gmres": scipy_krylov("gmres", restart=RESTART, callback_type="pr_norm"),
    "scipy-bicgstab": scipy_krylov("bicgstab"),
    "pypardiso": pypardiso_lu,
    "petsc-gmres-none": petsc_krylov("gmres", "none"),
    "petsc-gmres-sor": petsc_krylov("gmres", "sor"),
    "petsc-bcgs-sor": petsc_krylov("bcgs", "sor"),
    # On several ranks PETSc's SOR sweeps within each rank only, and its block Jacobi factorises each rank's part by ILU(0).
    "petsc-gmres-sor-2": petsc_krylov("gmres", "sor"),
    "petsc-gmres-bjacobi-2": petsc_krylov("gmres", "bjacobi"),
}


def versions(name):
    """The peer's version and the BLAS under it."""
    version = f"numpy {np.__version__}"
    if name.startswith("petsc"):
        version = "PETSc {}.{}.{}".format(*petsc().Sys.getVersion())
    elif name != "numpy-solve" and name != "numpy-inv":
        module = __import__(name.split("-")[0])
        version = f"{module.__name__} {module.__version__}"
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return version, "unknown"
    pools = [p for p in threadpool_info() if p["user_api"] == "blas"]
    if name == "pypardiso":
        pools = [p for p in pools if p["internal_api"] == "mkl"]
    named = {f"{p['internal_api']} {'.'.join((p['version'] or '?').split('.')[:3])} {kernels(p)}" for p in pools}
    return version, " + ".join(sorted(named)) or "none"


def kernels(pool):
    """Which processor the BLAS takes this one for. MKL tells only by what it has loaded; on AMD that is `def`."""
    if "architecture" in pool:
        return pool["architecture"]
    with open("/proc/self/maps") as maps:
        return "+".join(sorted(set(re.findall(r"libmkl_(def|mc3|avx\w*)\.", maps.read())))) or "?"


def memory(key):
    """VmHWM (peak) or VmRSS (now) of this process in MB. The peak is what ru_maxrss tells, except that ru_maxrss also
    knows the process that started this one."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(key))


def forget_peak():
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass  # then the peak of the solve includes the peak of the reading


def over_ranks(ranks, value, combine):
    """Sum or maximum of a number over the ranks, by a vector of PETSc: no other package is needed."""
    if ranks == 1:
        return value
    PETSc = petsc()
    vector = PETSc.Vec().createMPI((1, PETSc.DECIDE), comm=PETSc.COMM_WORLD)
    vector.array[:] = value
    return vector.sum() if combine == "sum" else vector.max()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("solution", help="npy file to write (n x K)")
    parser.add_argument("--columns", type=int, default=1)
    parser.add_argument("--rtol", type=float, default=1e-10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--short", type=float, default=5.0, help="repeat runs of fewer seconds than this")
    parser.add_argument("--memory-mb", type=float, help="fail with MemoryError past this much data")
    args = parser.parse_args()
    if args.memory_mb:
        limit = int(args.memory_mb * 2**20)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    ranks, rank = 1, 0
    if args.peer.startswith("petsc"):
        world = petsc().COMM_WORLD
        ranks, rank = world.size, world.rank

    begun = time.perf_counter()
    table = isard_file.Snapshot(args.table)
    b = table.right_hand_sides(args.columns)
    setup, solve = PEERS[args.peer](table, b, args.rtol)
    prepared = time.perf_counter() - begun
    before, peak = memory("VmRSS"), memory("VmHWM")
    forget_peak()

    runs = []
    while len(runs) < args.repeats and (not runs or over_ranks(ranks, sum(runs[0][:2]), "max") < args.short):
        answer = state = None  # the memory of the run before must not count for this one
        over_ranks(ranks, 0.0, "max")  # all ranks begin together
        cpu, start = time.process_time(), time.perf_counter()
        state = setup()
        factorised = time.perf_counter()
        answer, counts = solve(state)
        over_ranks(ranks, 0.0, "max")
        end = time.perf_counter()
        runs.append((factorised - start, end - factorised, over_ranks(ranks, time.process_time() - cpu, "sum")))
    of_solve = memory("VmHWM")
    if callable(answer):
        answer = answer()
    best = min(runs, key=lambda run: run[0] + run[1])
    version, blas = versions(args.peer)
    result = {
        "version": version,
        "blas": blas,
        "ranks": ranks,
        "read_and_build_s": prepared,
        "setup_s": best[0],
        "solve_s": best[1],
        "total_s": best[0] + best[1],
        "cores_used": best[2] / max(best[0] + best[1], 1e-9),
        "runs_s": [run[0] + run[1] for run in runs],
        "iterations": counts and [abs(count) for count in counts],
        "not_converged": sum(count < 0 for count in counts or []),
        "memory_before_mb": over_ranks(ranks, before, "sum"),
        "memory_solve_mb": over_ranks(ranks, of_solve, "sum"),
        "memory_mb": over_ranks(ranks, max(peak, of_solve), "sum"),
    }
    if rank == 0:
        np.save(args.solution, np.ascontiguousarray(answer).reshape(b.shape))
        print(json.dumps(result))


if __name__ == "__main__":
    main()
