#!/usr/bin/env python3
"""Draws how the time of `isard solve` grows with the rows of a table kept by its factors, and beside it the same table as flows.

    scripts/report/scaling.py ISARD FILE.svg
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

# regions and sectors; flows are written where they have at most FLOWS numbers
SIZES = [(31, 42), (60, 80), (120, 120), (200, 200), (284, 334), (800, 400), (2000, 500)]
FLOWS = 3e8
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 660, 380, 70, 30, 610, 330
X, Y = (3, 6), (-3, 2)


def seconds(isard, table):
    """Setup and solve of one column, the least of three runs."""
    found = []
    for _ in range(3):
        out = subprocess.run([isard, "solve", str(table), "--json", "--quiet"], capture_output=True, text=True)
        if out.returncode > 1:
            sys.exit(out.stderr)
        answer = json.loads(out.stdout)
        found.append(answer["setup_s"] + answer["solve_s"])
    return min(found)


def place(n, s):
    x = LEFT + (math.log10(n) - X[0]) / (X[1] - X[0]) * (RIGHT - LEFT)
    return x, BOTTOM - (math.log10(s) - Y[0]) / (Y[1] - Y[0]) * (BOTTOM - TOP)


def curve(points, colour, name):
    spots = [place(*p) for p in points]
    path = " ".join(f"{'L' if k else 'M'}{x:.1f} {y:.1f}" for k, (x, y) in enumerate(spots))
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"><title>{n:,} rows: {s:.3g} s</title></circle>'
                   for (x, y), (n, s) in zip(spots, points))
    x, y = spots[-1]
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}<text x="{x - 8:.0f}" y="{y - 10:.0f}" text-anchor="end" fill="{colour}">{name}</text>'


def main():
    isard, target = sys.argv[1], pathlib.Path(sys.argv[2])
    factors, flows = [], []
    with tempfile.TemporaryDirectory() as folder:
        for regions, sectors in SIZES:
            size = ["--regions", str(regions), "--sectors", str(sectors), "--quiet", "--force", "--output"]
            n = regions * sectors
            for more, points, fits in [(["--gravity"], factors, True), (["--trade-shares"], flows, n * n <= FLOWS)]:
                if fits:
                    table = pathlib.Path(folder) / "table.isard"
                    subprocess.run([isard, "synth", *more, *size, str(table)], check=True)
                    points.append((n, seconds(isard, table)))
                    print(f"{n:>9,} rows {more[0][2:]:14} {points[-1][1]:9.4f} s", flush=True)
    grid = ""
    for k in range(X[0], X[1] + 1):
        x, _ = place(10**k, 1)
        grid += f'<path d="M{x:.1f} {TOP}V{BOTTOM}" stroke="#ddd"/><text x="{x:.1f}" y="{BOTTOM + 18}" text-anchor="middle">{10**k:,}</text>'
    for k in range(Y[0], Y[1] + 1):
        _, y = place(1, 10.0**k)
        grid += f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="#ddd"/><text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**k:g}</text>'
    words = (f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">rows (regions x sectors)</text>'
             f'<text x="{LEFT}" y="{TOP - 12}">seconds, setup and solve, output proven to 1e-9</text>')
    body = grid + words + curve(flows, "#b3541e", "every flow stored") + curve(factors, "#1f6f8b", "kept by trade shares")
    target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
                      f'font-family="system-ui,sans-serif" font-size="13" fill="#333"><rect width="100%" height="100%" fill="#fff"/>{body}</svg>\n')


if __name__ == "__main__":
    main()
