"""Runs peers of isard on one table, each in a process of its own, and checks all answers the same way.

    target/peers/venv/bin/python scripts/peers/peers.py --table T.isard                 # every peer, one column
    ... --columns 31 --peer numpy-inv,pymrio-L,scipy-gmres --json out.json              # some, 31 regions
    ... --isard 'target/release/isard ... {table} ... {out}'                             # isard beside them

Prints a Markdown table. Exits 1 when an answer that was given is above the tolerance, 2 on bad usage.
"""

import argparse
import json
import os
import platform
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, "../../target/peers/venv/bin/python")
DEBIAN = "/usr/bin/python3"  # PETSc's bindings are Debian's and belong to Debian's Python

# Dense n x n arrays alive at the peak, measured: what a peer needs is known before it starts. Sparse factors are not; there the
# limit on the process's data decides.
DENSE = {"numpy-solve": 2.2, "numpy-inv": 4.3, "pymrio-L": 6.9, "pymrio-accounts": 6.9}
ITERATIVE = {"scipy-gmres", "scipy-bicgstab"}
PEERS = [*DENSE, "scipy-splu", "scipy-gmres", "scipy-bicgstab", "pypardiso"]
PETSC = ["petsc-gmres-none", "petsc-gmres-sor", "petsc-bcgs-sor", "petsc-gmres-sor-2", "petsc-gmres-bjacobi-2"]
TRIES = 5


def run(command, environment, timeout):
    """Runs a command in a process group of its own: (stdout, wall seconds, peak MB, why it failed or None)."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment, start_new_session=True
        )
        asked = []

        def stop(how):
            asked.append(how)
            os.killpg(process.pid, how)

        # First politely, so that mpirun can stop its ranks. Timers, because polling would round short runs up.
        timers = [threading.Timer(timeout, stop, [signal.SIGTERM]), threading.Timer(timeout + 5, stop, [signal.SIGKILL])]
        for timer in timers:
            timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        for timer in timers:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        text, complaint = out.read(), err.read()
    if asked:
        failure = f"stopped after {timeout:g} s"
    elif process.returncode == -signal.SIGKILL or re.search("MemoryError|[Oo]ut of memory|PETSC_ERR_MEM", complaint):
        failure = "out of memory"
    elif process.returncode:
        lines = [line for line in complaint.strip().splitlines() if line.strip("-* ")]
        failure = f"exit code {process.returncode}: " + (lines[-1][:200] if lines else "nothing on stderr")
    else:
        failure = None
    return text, wall, usage.ru_maxrss / 1024, failure


def threads(count):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(count))}


def available_mb():
    with open("/proc/meminfo") as info:
        return next(int(line.split()[1]) / 1024 for line in info if line.startswith("MemAvailable"))


def is_petsc_there():
    probe = "import sys, glob; sys.path[:0] = glob.glob('/usr/lib/petscdir/*/*-real/lib/python3/dist-packages'); import petsc4py"
    try:
        return subprocess.run([DEBIAN, "-c", probe], capture_output=True).returncode == 0
    except OSError:
        return False


def is_there(program):
    return any(os.access(os.path.join(folder, program), os.X_OK) for folder in os.environ["PATH"].split(os.pathsep))


def peer_once(name, args, n, solution, rtol):
    """One run of one peer, as a row of the table without its residuals."""
    ranks = 2 if name.endswith("-2") else 1
    count = 1 if name.startswith("petsc") else args.threads
    row = {"peer": name, "ranks": ranks, "threads": count, "rtol": rtol}
    need = DENSE.get(name, 0) * n * n * 8 / 2**20
    if need > args.memory_mb:
        return {**row, "failure": f"would need about {need / 1024:.1f} GB, there are {args.memory_mb / 1024:.1f}"}
    if name.startswith("petsc") and not args.petsc:
        return {**row, "failure": "not installed: Debian's python3-petsc4py"}
    command = [DEBIAN if name.startswith("petsc") else VENV, os.path.join(HERE, "solvers.py"), args.table, name, solution]
    command += ["--columns", str(args.columns), "--rtol", repr(rtol), "--repeats", str(args.repeats)]
    command += ["--memory-mb", str(args.memory_mb / ranks)]
    environment = threads(count)
    if ranks > 1:
        if not is_there("mpirun"):
            return {**row, "failure": "not installed: mpirun"}
        command = ["mpirun", "-n", str(ranks), *command]
        if os.geteuid() == 0:
            environment |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    text, wall, _, failure = run(command, environment, args.timeout)
    if failure:
        return {**row, "failure": failure, "process_s": wall}
    found = json.loads(text.strip().splitlines()[-1])
    # As if it had solved once: starting, reading, building, and the fastest of its repetitions.
    return {**row, **found, "process_s": wall - sum(found["runs_s"]) + found["total_s"]}


def isard_once(command, args, solution, rtol):
    """One command line of isard, timed as a whole process, and by its own word where it prints JSON with seconds."""
    name, rest = re.fullmatch(r"(?:([\w.+-]+)=)?(.*)", command, re.DOTALL).groups()
    row = {"peer": name or "isard", "ranks": 1, "threads": args.threads, "rtol": rtol, "blas": "none"}
    words = {"table": args.table, "columns": args.columns, "threads": args.threads, "tolerance": repr(rtol)}
    words |= {"out": solution, "rhs": solution + ".rhs.npy"}
    if "{rhs}" in rest:
        check(args, None, ["--write", words["rhs"]])
    line = [re.sub(r"\{(\w+)\}", lambda m: str(words.get(m[1], m[0])), word) for word in shlex.split(rest)]
    version, _, _, _ = run([line[0], "--version"], threads(args.threads), 10)
    runs = []
    while len(runs) < args.repeats and (not runs or runs[0]["process_s"] < 5):
        text, wall, peak, failure = run(line, threads(args.threads), args.timeout)
        if failure:
            return {**row, "version": version.strip(), "failure": failure, "process_s": wall}
        runs.append({"process_s": wall, "memory_mb": peak, **said(text)})
    best = min(runs, key=lambda r: r.get("total_s", r["process_s"]))
    return {**row, "version": version.strip(), **best, "runs_s": [r["process_s"] for r in runs], "command": rest}


def said(text):
    """Seconds and iterations from JSON on standard output (all of it, or its last line); nothing where there is none."""
    for part in (text, (text.strip().splitlines() or [""])[-1]):
        try:
            found = json.loads(part)
        except ValueError:
            continue
        if isinstance(found, dict):
            out = {key: found[key] for key in ("setup_s", "solve_s", "total_s", "iterations") if key in found}
            if "solve_s" in out:
                out.setdefault("total_s", out.get("setup_s", 0.0) + out["solve_s"])
            return out
    return {}


def check(args, solution, more=()):
    command = [VENV, os.path.join(HERE, "check.py"), args.table, *([solution] if solution else [])]
    text, _, _, failure = run([*command, "--columns", str(args.columns), *more], threads(args.threads), 3600)
    if failure:
        sys.exit(f"check.py: {failure}")
    return json.loads(text) if solution else None


def row_of(once, may_tighten, args, folder):
    """Runs one peer until its true residual is within the tolerance, asking for more each time where that can help."""
    rtol, notes = args.tolerance, []
    for left in range(TRIES, 0, -1):
        solution = os.path.join(folder, "x.npy")
        if os.path.exists(solution):
            os.remove(solution)
        row = once(solution, rtol)
        if "failure" in row:
            break
        if not os.path.exists(solution):
            notes.append("no solution written: residual unknown")
            break
        row["residuals"] = check(args, solution)
        row["residual"] = worst = max(row["residuals"], key=lambda r: float("inf") if r != r else r)
        if worst <= args.tolerance or not may_tighten or worst != worst or left == 1:
            break
        rtol *= min(0.2, 0.5 * args.tolerance / worst)
        rtol = float(f"{rtol:.0e}")
    row["within"] = "residual" in row and row["residual"] <= args.tolerance
    if row["rtol"] != args.tolerance and may_tighten:
        notes.append(f"needed rtol {row['rtol']:.0e}")
    if row.get("not_converged"):
        notes.append(f"{row['not_converged']} columns did not converge by the peer's own word")
    if "residual" in row and not row["within"]:
        notes.append("ABOVE THE TOLERANCE")
    if "failure" in row:
        notes.append(row["failure"])
    row["notes"] = notes
    return row


COLUMNS = [
    ("peer", lambda r: r["peer"]),
    ("version", lambda r: r.get("version", "")),
    ("BLAS", lambda r: r.get("blas", "")),
    ("ranks x threads", lambda r: f"{r['ranks']} x {r['threads']}"),
    ("cores used", lambda r: number(r.get("cores_used"), ".1f")),
    ("setup s", lambda r: seconds(r.get("setup_s"))),
    ("solve s", lambda r: seconds(r.get("solve_s"))),
    ("both s", lambda r: seconds(r.get("total_s"))),
    ("whole process s", lambda r: number(r.get("process_s"), ".2f")),
    ("peak MB", lambda r: number(r.get("memory_mb"), ".0f")),
    ("iterations", lambda r: iterations(r.get("iterations"))),
    ("true residual", lambda r: number(r.get("residual"), ".1e")),
    ("notes", lambda r: "; ".join(r["notes"])),
]


def number(value, form):
    return "" if value is None else format(value, form)


def seconds(value):
    return "0" if value is not None and value < 1e-5 else number(value, ".3g")


def iterations(found):
    if not isinstance(found, list):
        return "" if found is None else str(found)
    low, high = min(found), max(found)
    return str(low) if low == high else f"{low}-{high}"


def markdown(rows):
    cells = [[title for title, _ in COLUMNS]] + [[cell(row).replace("|", "/") for _, cell in COLUMNS] for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(COLUMNS))]
    lines = ["| " + " | ".join(word.ljust(w) for word, w in zip(line, widths)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB"


def shape_of(args):
    """n, entries, regions: asked of another process, because a parent's own memory shows up in its children's ru_maxrss."""
    code = f"import sys; sys.path.insert(0, {HERE!r}); sys.dont_write_bytecode = True; import isard_file; "
    code += "t = isard_file.Snapshot(sys.argv[1]); print(t.n, t.nnz, len(t.regions))"
    found = subprocess.run([VENV, "-c", code, args.table], capture_output=True, text=True)
    if found.returncode:
        sys.exit((found.stderr.strip().splitlines() or ["cannot read the table"])[-1])
    return map(int, found.stdout.split())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True, metavar="FILE.isard")
    parser.add_argument("--columns", default="1", help="1: total final demand and exports; K: the first K regions; all: every region")
    parser.add_argument("--peer", default="all", help="names with commas between, all, or none; --list names them")
    parser.add_argument("--isard", action="append", default=[], metavar="[NAME=]COMMAND",
                        help="command with {table} {columns} {threads} {tolerance} {rhs} {out}, the last an npy file it writes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tolerance", type=float, default=1e-10, help="of the true relative residual in the 1-norm")
    parser.add_argument("--repeats", type=int, default=3, help="minimum of this many where a run takes less than 5 s")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one process, reading included")
    parser.add_argument("--memory-mb", type=float, help="default: 90 %% of what is free")
    parser.add_argument("--json", metavar="OUT")
    parser.add_argument("--list", action="version", version="\n".join(PEERS + PETSC))
    return parser, parser.parse_args()


def main():
    parser, args = arguments()
    if not os.path.exists(VENV):
        sys.exit("no environment: run scripts/peers/install first")
    n, nnz, regions = shape_of(args)
    args.columns = regions if args.columns == "all" else int(args.columns)
    if not 1 <= args.columns <= regions:
        parser.error(f"--columns {args.columns}: the table has {regions} regions")
    args.memory_mb = args.memory_mb or 0.9 * available_mb()
    args.petsc, args.load = is_petsc_there(), os.getloadavg()[0]
    names = {"all": PEERS + PETSC, "none": []}.get(args.peer) or [name for name in args.peer.split(",") if name != "none"]
    unknown = [name for name in names if name not in PEERS + PETSC]
    if unknown:
        parser.error(f"no peer is called {unknown[0]}; --list names them")

    rows = []
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        for name in names:
            print(f"{name} ...", file=sys.stderr, flush=True)
            once = lambda solution, rtol: peer_once(name, args, n, solution, rtol)
            rows.append(row_of(once, name in ITERATIVE or name.startswith("petsc"), args, folder))
        for command in args.isard:
            print("isard ...", file=sys.stderr, flush=True)
            once = lambda solution, rtol: isard_once(command, args, solution, rtol)
            rows.append(row_of(once, "{tolerance}" in command, args, folder))

    about = {
        "table": os.path.basename(args.table), "rows": n, "entries": nnz, "density": nnz / n / n, "regions": regions,
        "columns": args.columns, "threads": args.threads, "tolerance": args.tolerance, "machine": machine(),
        "load_before_and_after": [round(v, 2) for v in (args.load, os.getloadavg()[0])],
        "command": shlex.join(sys.argv),
    }
    print(f"{about['table']}: {n} rows in {regions} regions, {nnz} entries ({100 * nnz / n / n:.3g} %), {args.columns} column(s), "
          f"tolerance {args.tolerance:g}, {args.threads} threads; {about['machine']}; load {about['load_before_and_after'][0]} before\n")
    print(markdown(rows))
    if args.json:
        with open(args.json + ".part", "w") as file:
            json.dump({**about, "results": rows}, file, indent=1)
        os.replace(args.json + ".part", args.json)
    sys.exit(1 if any("residual" in row and not row["within"] for row in rows) else 0)


if __name__ == "__main__":
    main()
