"""Decompositions of exports and of emissions: every term of every record in truth.

`home` is final use in the own region with stock change and the error column, as the schemes note; exports abroad are
final goods of a partner `abroad` without production. Routes alone keep stock and error apart."""
import numpy as np

from .truth import ZERO, arr, mat, solve, times, zeros


class Content:
    def __init__(self, t, factor):
        self.t, self.value = t, factor == "value-added"
        self.c = t.v if self.value else t.f
        m = self.m = t.worth if self.value else t.carbon
        n, count = t.n, t.count
        at = np.arange(n)
        self.own = m[t.region, at]
        self.local = t.local_transposed(self.c)
        self.foreign = m.sum(0) - self.own
        self.abroad = t.rest[0] if self.value else zeros(n)
        self.foreign = self.foreign + self.abroad
        self.home = t.demand[at, t.region] + t.column("stock") + t.column("error")
        self.finals = np.concatenate([t.demand[:, :count], t.column("exports")[:, None]], 1)
        self.finals[at, t.region] = ZERO
        self.e = t.outflow
        self.e_sum = self.e.sum(1)
        fd = t.local(np.stack([self.home, self.e_sum], 1))
        self.made_home, self.made_exports = fd[:, 0], fd[:, 1]

    def pairs(self):
        for s in range(self.t.count):
            for p in range(self.t.count + 1):
                if p != s:
                    yield s, p

    def block(self, s, r, columns):
        """A_sr times columns of the rows of r."""
        a = self.t.a[self.t.rows(s), self.t.rows(r)]
        return times(a, columns)


def kww(t, factor):
    k = Content(t, factor)
    simple, twice = t.trade(np.stack([k.made_home, k.made_exports], 1)).T
    out = {}
    for s in range(t.count):
        here = t.rows(s)
        there = np.array([i for i in range(t.n) if t.region[i] != s])
        dot = lambda a, b: (a[here] * b[here]).sum()
        far = lambda b: (k.m[s][there] * b[there]).sum()
        finals, back = k.finals.sum(1), k.finals[:, s]
        gap = k.own - k.local
        out[s] = [dot(k.own, finals), far(k.home), far(finals - back), far(back), dot(gap, k.home), dot(gap, k.e_sum), dot(k.foreign, finals),
                  dot(k.foreign, simple), dot(k.foreign, twice)]
    return out


def extraction(t, factor):
    k = Content(t, factor)
    return {s: [(k.c * (t.x - k.made_home))[t.rows(s)].sum(), ((k.own - k.local) * k.e_sum)[t.rows(s)].sum(),
                (k.foreign * k.e_sum)[t.rows(s)].sum()] for s in range(t.count)}


def eebt(t, factor):
    k = Content(t, factor)
    return {(s, p): (k.local * k.e[:, p])[t.rows(s)][:, None] for s, p in k.pairs()}


def wwz(t, factor):
    k = Content(t, factor)
    count, n = t.count, t.n
    b = t.b_entries
    q, fx, sx = zeros(n, count), zeros(n, count), zeros(n, count)
    w = zeros(n, count + 1)
    for s in range(count):
        here = t.rows(s)
        f = np.concatenate([k.home[here, None], k.finals[here]], 1)
        made = times(b[:, here], f)
        q[:, s] = made[:, 0]
        fx[:, s] = made[:, 1:].sum(1)
        sx += made[:, 1:count + 1]
        w[here] = made[here, 1:]
    all_q, all_fx, all_w = q.sum(1), fx.sum(1), w.sum(1)
    out = {}
    for s, r in k.pairs():
        here, there = t.rows(s), t.rows(r)
        own, local = k.own[here], k.local[here]
        theirs = k.abroad[here] if r == count else k.m[r][here]
        rest = k.foreign[here] - theirs
        goods = k.finals[here, r]
        if r == count:
            part = zeros(t.per, 11)
        else:
            cut = lambda v: v[there]
            part = k.block(s, r, np.stack([
                cut(q[:, r]), cut(all_q - q[:, r] - q[:, s]), cut(all_w - w[:, s]),
                cut(all_fx - fx[:, r]) - cut(fx[:, s]) - (cut(sx[:, s]) - cut(w[:, s])), cut(q[:, s]), cut(w[:, s]),
                cut(sx[:, s]) - cut(w[:, s]), cut(fx[:, s]), cut(t.x), cut(k.made_home), cut(k.made_exports)], 1))
        p = part.T
        out[s, r] = np.stack([own * goods, *(local * p[j] for j in range(7)), rest * goods, theirs * goods, rest * p[9], theirs * p[9],
                              local * p[7], (own - local) * p[8], rest * p[10], theirs * p[10]], 1)
    return out


def bm_source(t, factor):
    k = Content(t, factor)
    first = zeros(t.n)
    for s in range(t.count):
        here = t.rows(s)
        c = k.c.copy()
        c[here] = ZERO
        if k.value:
            c = c + t.m
        z = t.transposed(c)[here]
        own = t.b_entries[here, here]
        # the block of s with s selling no intermediates: c'B_.s B_ss^-1 L_ss
        first[here] = arr(mat(z[None, :]) * solve(mat(own), mat(t.local_inverse[s])))[0]
    out = {}
    for s, r in k.pairs():
        here = t.rows(s)
        e = k.e[here, r]
        direct = k.finals[here, r]
        if r < t.count:
            direct = direct + k.block(s, r, k.made_home[t.rows(r)][:, None])[:, 0]
        davax = k.local[here] * direct
        out[s, r] = np.stack([davax, k.local[here] * e - davax, (k.own - k.local)[here] * e, first[here] * e, (k.foreign - first)[here] * e], 1)
    return out


def indicators(t, factor, source):
    nine, out = kww(t, factor), {}
    for s in range(t.count):
        davax, gvcf, ddc, fva, fdc = sum(v[:, :5].sum(0) for (e, _), v in source.items() if e == s)
        dva, fc, back = davax + gvcf, fva + fdc, fva + fdc + ddc
        out[s] = dict(DC=dva + ddc, DVA=dva, VAX=sum(nine[s][:3]), REF=nine[s][3] + nine[s][4], FC=fc, GVC=gvcf + back, GVCF=gvcf, GVCB=back,
                      DAVAX=davax)
    return out


def bm_sink(t, factor):
    k = Content(t, factor)
    count, n = t.count, t.n
    finals_sum = k.finals.sum(1)
    out = {}
    columns = []
    for s in range(count):
        here = t.rows(s)
        outside = finals_sum - k.finals[:, s]  # final goods for members other than s, of everybody but s
        for_s = k.finals[:, s].copy()
        for i in range(n):
            if t.region[i] != s:
                outside[i] += k.home[i]
            else:
                outside[i], for_s[i] = ZERO, k.home[i]
        again = zeros(n)
        again[here] = k.e_sum[here]
        columns += [outside, for_s, again]
    b = np.stack(columns, 1)
    solved = t.forward(b)
    for s in range(count):
        here, three = t.rows(s), slice(3 * s, 3 * s + 3)
        x, own = solved[:, three], t.b_entries[here, here]
        # with s selling no intermediates its rows are L_ss b_s; the rest follows
        gap = x[here] - times(t.local_inverse[s], b[here, three])
        h = x - arr(mat(t.b_entries[:, here]) * solve(mat(own), mat(gap)))
        sent = t.local(np.concatenate([t.trade(h), (finals_sum - k.finals[:, s])[:, None], k.finals[:, s][:, None]], 1))
        for r in (r for r in range(count + 1) if r != s):
            goods = k.finals[here, r]
            if r == count:
                p = zeros(6, t.per)
            else:
                there = t.rows(r)
                p = k.block(s, r, np.concatenate([k.made_home[there][:, None], sent[there]], 1)).T
            direct, outside, on_back, passed, third, back = p
            own_c, far = k.own[here], k.foreign[here]
            out[s, r] = np.stack([*(own_c * v for v in (goods, direct, third, outside, back, on_back, passed)),
                                  *(far * v for v in (goods, direct, third + back, outside + on_back, passed))], 1)
    return out


def routes(t, factor):
    """By first partner; local demand has the own region, what goes straight abroad, to stock or to error its own partner."""
    count, per = t.count, t.per
    c = t.v if factor == "value-added" else t.f
    own = np.array([t.demand[i, r] for i, r in enumerate(t.region)], object)
    simple = t.local(own[:, None])[:, 0]
    col = lambda k: t.outputs[:, t.at[k]] if k in t.at else zeros(t.n)
    everywhere = t.outputs[:, :count].sum(1)
    out = {}
    for s in range(count):
        here = t.rows(s)
        f = c[here][:, None]
        for r in range(count):
            b = zeros(per, 9)
            if r == s:
                b[:, 0] = t.demand[here, s]
            else:
                there = t.rows(r)
                parts = np.stack([t.outputs[:, s], everywhere - t.outputs[:, s] - simple, simple, col("exports"), col("error"), col("stock")], 1)
                v = times(t.a[here, there], parts[there]).T
                b[:, 1], b[:, 2], b[:, 3], b[:, 4], b[:, 6], b[:, 7], b[:, 8] = v[0], t.demand[here, r], v[2], v[1], v[3], v[4], v[5]
            out[s, r] = f * times(t.local_inverse[s], b)
        for name, column, place in (("abroad", "exports", 5), ("error", "error", 7), ("stock", "stock", 8)):
            if column in t.at:
                b = zeros(per, 9)
                b[:, place] = t.column(column)[here]
                out[s, name] = f * times(t.local_inverse[s], b)
    return out


SCHEMES = {"kww": kww, "extraction": extraction, "eebt": eebt, "wwz": wwz, "borin-mancini-source": bm_source, "borin-mancini-sink": bm_sink,
           "routes": routes}


def decompose(t, o, regions):
    """(key, values, bounds, truths) of one answer."""
    scheme, factor = o["scheme"], "value-added" if o["factor"] == "value-added" else "emissions"
    truth = SCHEMES[scheme](t, factor)
    if "UNEXPLAINED" in o["terms"]:
        # printed where a table's value added and imports do not fill its columns: T(1 - A'1 - v - m) of every export
        for key, v in truth.items():
            s, r = key if isinstance(key, tuple) else (key, None)
            e = t.outflow[t.rows(s)].sum(1) if r is None else t.outflow[t.rows(s), r]
            left = t.rest[1][t.rows(s)] * e
            truth[key] = [*v, left.sum()] if r is None else np.concatenate([v, left[:, None]], 1)
    place = {name: k for k, name in enumerate(regions)}
    terms = {name: k for k, name in enumerate(o["terms"])}
    sector_of, last = {}, {}
    values, bounds, truths = [], [], []
    for rec in o["records"]:
        s, j = place[rec["exporter"]], terms[rec["term"]]
        if "sector" in rec:
            partner = rec["partner"]
            r = place.get(partner, partner if scheme == "routes" else t.count)
            # sectors come in the order of the table
            if rec["sector"] not in sector_of:
                sector_of[rec["sector"]] = len(sector_of)
            v = truth[s, r][sector_of[rec["sector"]] , j]
        else:
            v = truth[s][j]
        values.append(rec["value"]), bounds.append(rec["bound"]), truths.append(v)
    yield "records", values, bounds, truths
    if "indicators" in o:
        sums = indicators(t, factor, truth)
        rows = [r for r in o["indicators"] if "partner" not in r and "sector" not in r]
        yield "indicators", [r["value"] for r in rows], [r["bound"] for r in rows], [sums[place[r["exporter"]]][r["term"]] for r in rows]
        rows = [r for r in o["indicators"] if "partner" in r or "sector" in r]
        if rows:
            yield from detailed(t, rows, truth, place)


def detailed(t, rows, truth, place):
    """Indicators by sector and partner: sums of the five terms."""
    five = {"DC": (0, 1, 2), "DVA": (0, 1), "FC": (3, 4), "GVC": (1, 2, 3, 4), "GVCF": (1,), "GVCB": (2, 3, 4), "DAVAX": (0,)}
    sector_of = {}
    values, bounds, truths = [], [], []
    for r in rows:
        if "sector" in r and r["sector"] not in sector_of:
            sector_of[r["sector"]] = len(sector_of)
        v = truth[place[r["exporter"]], place.get(r["partner"], t.count)][sector_of[r["sector"]]]
        values.append(r["value"]), bounds.append(r["bound"]), truths.append(sum(v[k] for k in five[r["term"]]))
    yield "indicators by sector", values, bounds, truths

