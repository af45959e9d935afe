"""The change between two tables by determinants, in truth: 32 mixtures of intensity, technology, trade, level, composition."""
import itertools
import math

import numpy as np

from .truth import ONE, ZERO, arb, arr, inverse, mat, zeros

FIVE, THREE = ("intensity", "technology", "trade", "level", "composition"), ("intensity", "inputs", "final-demand")


def mixed_inputs(years, technology, trade):
    """`a' h / h'`: technology of one year, trade shares of the other; where that has none, those of the own year."""
    own, other = years[technology].a, years[trade].a
    if technology == trade:
        return own
    n, per, count = years[0].n, years[0].per, years[0].count
    needed = own.reshape(count, per, n).sum(0)
    shared = other.reshape(count, per, n).sum(0)
    out = zeros(n, n)
    for p, j in itertools.product(range(per), range(n)):
        rows = range(p, n, per)
        none = all(other[i, j] == 0 for i in rows)
        for i in rows:
            out[i, j] = own[i, j] if none else other[i, j] * (needed[p, j] / shared[p, j])
    return out


def mixed_demand(years, level, composition):
    """Level of a destination: sum of its entries; of sizes for stock, error, and what adds up to nothing in either year."""
    y = zeros(years[0].n)
    for name in years[0].names:
        columns = [t.column(name) for t in years]
        signed, sizes = [c.sum() for c in columns], [abs(c).sum() for c in columns]
        by_size = name in ("stock", "error") or any(not v > 0 and w > 0 for v, w in zip(signed, sizes))
        levels = sizes if by_size else signed
        if levels[composition] == 0:
            y = y + columns[level]
        else:
            y = y + columns[composition] * (ONE if level == composition else levels[level] / levels[composition])
    return y


def values(years):
    """Value added by region, then in all, of every mixture (bit k set: determinant k of the second year)."""
    out = {}
    demand = {(l, c): mixed_demand(years, l, c) for l in (0, 1) for c in (0, 1)}
    for technology, trade in itertools.product((0, 1), (0, 1)):
        b = inverse(mixed_inputs(years, technology, trade))
        for (l, c), y in demand.items():
            x = arr(b * mat(y[:, None]))[:, 0]
            for f in (0, 1):
                regions = years[0].by_region(years[f].v * x)
                out[f | technology << 1 | trade << 2 | l << 3 | c << 4] = np.append(regions, regions.sum())
    return out


def structural(years, o, regions):
    v = values(years)
    refine = lambda s: sum(bits for k, bits in enumerate((1, 6, 24)) if s >> k & 1)
    sets = {"five": (FIVE, lambda s: v[s]), "three": (THREE, lambda s: v[refine(s)])}
    found = {}
    for s in range(years[0].count + 1):
        found[s, "total", "", "before"], found[s, "total", "", "after"] = v[0][s], v[31][s]
        for split, (names, value) in sets.items():
            count = len(names)
            for k, name in enumerate(names):
                effects = [(bin(m).count("1"), value(m | 1 << k)[s] - value(m)[s]) for m in range(1 << count) if not m >> k & 1]
                weight = lambda size: math.factorial(size) * math.factorial(count - 1 - size)
                found[s, split, name, "mean"] = sum((weight(size) * e for size, e in effects), ZERO) / math.factorial(count)
                least = largest = effects[0][1]
                for _, e in effects:
                    least, largest = least.min(e), largest.max(e)
                found[s, split, name, "least"], found[s, split, name, "largest"] = least, largest
                if split == "three":
                    ends = [(1 << k) - 1, 7 & ~((2 << k) - 1)]
                    found[s, split, name, "polar"] = sum((value(m | 1 << k)[s] - value(m)[s] for m in ends), ZERO) / arb(2)
    place = {name: k for k, name in enumerate(regions)}
    truths = [found[place.get(r["region"], len(regions)), r["split"], r["determinant"] or "", r["measure"]] for r in o["records"]]
    yield "records", [r["value"] for r in o["records"]], [r["bound"] for r in o["records"]], truths
