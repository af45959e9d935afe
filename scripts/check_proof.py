#!/usr/bin/env python3
"""Proves the flows that `isard flows TABLE --proof DIR` wrote, from the published table alone.

usage: check_proof.py DIR TABLE [--emissions FILE] [--sheet NAME]      exit 0: every flow is proven, 1: some are not

Let A = Z diag(1/x), N = |A|, f = q / x, all from TABLE. DIR gives X, w, z and the claims Flow +- bound. If
  (i)   w - N'w > 0, w > 0                 then I - N has an inverse >= 0;
  (ii)  z_s - N'z_s >= |E_s f|, z_s >= 0   then |f_s'(X_r - F(y_r))| <= z_s'|y_r - X_r + A X_r| for any X;
  (iii) |Flow[s,r] - f_s'X_r| + z_s'|y_r - X_r + A X_r| <= bound[s,r]
proves |Flow - truth| <= bound. Every sum of m terms carries its rounding, m e / (1 - m e) times the sum of sizes, e the
unit of the long doubles it is made in. No code of isard is used. Needs numpy, and xlrd for .xls."""
import argparse, csv, hashlib, json, math, os, re, sys
import numpy as np

L = np.longdouble
E = L(np.finfo(L).eps)


def g(m):
    return m * E / (1 - m * E)


def in_runs(a, v, run=64):
    """A v, each sum made of runs of columns; and the most roundings behind an entry."""
    n = a.shape[1]
    return sum(a[:, k:k + run] @ v[k:k + run] for k in range(0, n, run)), min(n, run) + -(-n // run)


def refuse(why):
    print(f"NOT PROVEN: {why}")
    sys.exit(1)


def npz(path):
    a = np.load(path, allow_pickle=False)
    def first(*names, size=None):
        return next((np.asarray(a[k], float) for k in names if k in a and (size is None or a[k].size == size)), None)
    Z, Y, X = first("Z"), first("Y"), first("x", "X")
    n = len(Z)
    regions = len(next(a[k] for k in ("regions", "prov", "countries") if k in a))
    one = lambda *names: None if first(*names, size=n) is None else first(*names, size=n).ravel()
    q = one("emissions", "CO2", "q")
    return Z, Y, X.ravel(), one("exports", "EX", "ex"), one("stock", "STK"), q, [n // regions] * regions


def xls(path, sheet):
    import xlrd
    book = xlrd.open_workbook(path).sheet_by_name(sheet)
    cell = lambda i, j: str(book.cell_value(i, j)).strip()
    sector, demand = re.compile(r"[A-H](?!900)\d{3}$"), re.compile(r"F[A-H](?!900)\d{3}$")
    head = next(i for i in range(book.nrows) if any(cell(i, j) == "XX" for j in range(book.ncols)))
    side = max(range(8), key=lambda j: sum(bool(sector.match(cell(i, j))) for i in range(book.nrows)))
    rows = [i for i in range(head + 1, book.nrows) if sector.match(cell(i, side))]
    at = lambda test: [j for j in range(side + 1, book.ncols) if test(cell(head, j))]
    def block(columns):
        return np.array([[float(book.cell_value(i, j) or 0) for j in columns] for i in rows])
    column = lambda code: block(at(lambda t: t == code))[:, 0] if at(lambda t: t == code) else None
    letters = [cell(i, side)[0] for i in rows]
    return (block(at(sector.match)), block(at(demand.match)), column("XX"), column("EX"), column("STK"), None,
            [letters.count(r) for r in sorted(set(letters), key=letters.index)])


def emissions(path, n):
    with open(path, newline="", encoding="utf-8-sig") as f:
        q = np.array([[float(v) for v in row[1:]] for row in list(csv.reader(f))[1:]])
    return q.ravel() if q.size == n else refuse(f"{path}: {q.size} emissions, {n} rows")


def demand(table, kinds):
    """The right-hand sides (n x K) and what they may be off by."""
    Z, Y, X, ex, stk, _, sizes = table
    n, R, zero = len(Z), len(sizes), np.zeros(len(Z), L)
    ex, stk = zero if ex is None else ex.astype(L), zero if stk is None else stk.astype(L)
    per = Y.shape[1] // R
    b, db = [], []
    for kind in kinds:
        if kind.startswith("region "):
            r = int(kind[7:])
            terms = Y[:, r * per:(r + 1) * per].astype(L)
        elif kind == "error":  # the published column and what the row leaves over: a difference, summed in one rounding
            rows = np.column_stack([X, -Z, -Y, -ex.astype(float), -stk.astype(float)])
            terms = np.array([math.fsum(row) for row in rows.tolist()], L)[:, None]
            b.append(terms[:, 0]), db.append(abs(terms[:, 0]) * L(2) ** -53 + L(2) ** -1074)
            continue
        else:
            terms = {"exports": ex, "stock": stk}[kind][:, None]
        b.append(terms.sum(1))
        db.append(g(terms.shape[1] + 2) * abs(terms).sum(1))
    return np.column_stack(b), np.column_stack(db)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("proof"), p.add_argument("table"), p.add_argument("--emissions"), p.add_argument("--sheet", default="2007-17")
    a = p.parse_args()
    with open(os.path.join(a.proof, "proof.json"), encoding="utf-8") as f:
        about = json.load(f)
    known = {i["sha256"] for i in about["inputs"] + about["table"]}  # the files read, and those behind a snapshot
    for path in filter(None, (a.table, a.emissions)):
        with open(path, "rb") as f:
            if hashlib.sha256(f.read()).hexdigest() not in known:
                refuse(f"{path} is not a file that the proof is about")
    table = list(xls(a.table, a.sheet) if a.table.endswith(".xls") else npz(a.table))
    Z, X, sizes = table[0].astype(L), table[2].astype(L), table[6]
    n, R = len(Z), len(sizes)
    q = (emissions(a.emissions, n) if a.emissions else table[5]).astype(L)
    x, w, z, flow, bound = (np.load(os.path.join(a.proof, f"{k}.npy"), allow_pickle=False) for k in ("x", "w", "z", "flow", "bound"))
    K = len(about["destinations"])
    for name, v, shape in (("x", x, (n, K)), ("w", w, (n, 1)), ("z", z, (n, R)), ("flow", flow, (R, K)), ("bound", bound, (R, K))):
        if v.shape != shape or v.dtype != np.float64 or not np.isfinite(v).all():
            refuse(f"{name}.npy is not {shape[0]} x {shape[1]} finite doubles")
    if len(set(about["destinations"])) != K or sum(sizes) != n:
        refuse("the destinations or regions are not those of the table")
    x, w, z, flow, bound = (v.astype(L) for v in (x, w, z, flow, bound))
    size, live, N = abs(X), X != 0, abs(Z) * (X != 0)

    def left(v):  # lower bound of |x| (v - N'v), row by row; rows without output buy nothing
        used = N.T @ v
        return size[:, None] * v - used - g(n + 6) * (size[:, None] * v + used)
    if not (w > 0).all() or not (left(w)[live] > 0).all():
        refuse("(i) w proves nothing: no inverse >= 0")
    wanted = np.zeros((n, R), L)
    ends = np.cumsum([0] + sizes)
    for s in range(R):
        wanted[ends[s]:ends[s + 1], s] = abs(q[ends[s]:ends[s + 1]])
    if not (z >= 0).all() or not (left(z) >= wanted)[live].all():
        refuse(f"(ii) z does not cover the intensities of region {np.argmin((left(z) - wanted)[live].min(0))}")
    v = np.where(live[:, None], x / np.where(live, X, 1)[:, None], 0)
    b, db = demand(table, about["destinations"])
    (bought, m), (most, _) = in_runs(Z, v), in_runs(abs(Z), abs(v))
    r = b - x + bought
    rounding = g(m + 8) * (abs(b) + abs(x) + most)
    error = (z.T @ (abs(r) + rounding + db)) * (1 + g(n + 8))
    found, terms = np.zeros((R, K), L), np.zeros((R, K), L)
    for s in range(R):
        part = slice(ends[s], ends[s + 1])
        found[s], terms[s] = q[part] @ v[part], abs(q[part]) @ abs(v[part])
    gap = abs(flow - found) + g(n + 8) * (terms + abs(flow)) + error
    bad = np.argwhere(~(gap <= bound))
    for s, k in bad[:5]:
        print(f"  {about['regions'][s]} for {about['destinations'][k]}: {flow[s, k]} +- {bound[s, k]:.3e}, off by up to {gap[s, k]:.3e}")
    if len(bad):
        refuse(f"(iii) {len(bad)} of {R * K} flows leave their bound")
    print(f"PROVEN: {R * K} flows of {n} rows; at most {float((gap / np.where(bound > 0, bound, 1)).max()):.3f} of each bound is used")


if __name__ == "__main__":
    main()
