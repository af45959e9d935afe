"""Comparison of printed numbers with balls, and the rows of the report."""
import math

import numpy as np

SKIP = {"verdicts", "floors", "checks", "solves", "audit"}  # limits and diagnostics, not results


def flat(v):
    if isinstance(v, dict):
        return [w for x in v.values() for w in flat(x)]
    if isinstance(v, (list, tuple)):
        return [w for x in v for w in flat(x)]
    if isinstance(v, np.ndarray):
        return v.ravel().tolist()
    return [v]


def bounded(o, key=""):
    """How many numbers with a bound an answer holds: leaves under `bound` and `..._bound` that are numbers."""
    if isinstance(o, dict):
        return sum(bounded(v, k if not key else key if is_bound(key) else k) for k, v in o.items() if k not in SKIP)
    if isinstance(o, list):
        return sum(bounded(v, key) for v in o)
    return int(is_bound(key) and isinstance(o, (int, float)) and not isinstance(o, bool))


def is_bound(key):
    return key == "bound" or key.endswith("_bound") and key != "relative_bound"


class Section:
    def __init__(self, table, name, target):
        self.table, self.name, self.target = table, name, target
        self.numbers = self.exact = self.zero = self.printed = 0
        self.outside, self.ratios, self.worst = [], [], (0.0, "")

    def compare(self, what, value, bound, truth):
        value, bound, truth = flat(value), flat(bound), flat(truth)
        if not len(value) == len(bound) == len(truth):
            raise SystemExit(f"{self.name}: {what}: {len(value)} values, {len(bound)} bounds, {len(truth)} truths")
        for k, (v, b, t) in enumerate(zip(value, bound, truth)):
            if v is None:
                continue
            self.numbers += 1
            error = abs(t - v)
            # a ball around the printed number that holds nothing else of size is that number
            same = error.contains(0) and float(error.upper()) <= 1e-40 * max(abs(v), 1.0)
            if b == 0.0:
                if same:
                    self.exact += 1
                else:
                    self.outside.append((f"{what}[{k}]", v, b, t))
                continue
            if b == math.inf:
                self.ratios.append(math.inf)
                continue
            if not (error <= b or same):
                self.outside.append((f"{what}[{k}]", v, b, t))
            if v == 0.0:
                self.zero += 1
                continue
            ratio = b / max(float(error.mid()), math.ulp(v))
            self.ratios.append(ratio)
            if ratio > self.worst[0]:
                self.worst = (ratio, f"{what}[{k}] = {v!r} +- {b!r}, off by {float(error.mid()):.1e}")

    def row(self):
        missing = max(self.printed - self.numbers, 0)
        if not self.numbers:
            return f"| {self.table} | {self.name} | not compared: {missing} | | | | | |"
        mid, most = ("", "")
        if self.ratios:
            middle, most = np.median(self.ratios), f"{max(self.ratios):.1e}"
            mid = f"{middle:.2g}" if middle < 10 else f"{middle:,.0f}"
            mid = f"**{mid}**" if middle > self.target else mid
        return (f"| {self.table} | {self.name} | {self.numbers:,} | {missing:,} | {len(self.outside)} | {self.exact:,} + {self.zero:,} "
                f"| {mid} | {most} |")


HEAD = ("| table | section | numbers | not compared | outside | exact + zero | median | maximum |\n"
        "|---|---|---|---|---|---|---|---|")
