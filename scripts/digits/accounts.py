"""Flows, views, routes, responsibility, compensation, linkages, accounts and solves: what each printed key is in truth."""
import itertools

import numpy as np

from .truth import ONE, ZERO, arb, arr, identity, mat, solve, times, zeros


def flows(t, o):
    """(key, value, bound, truth) of the numbers that every command prints about flows."""
    flow, count = t.flow, t.count
    names = {"export": "exports"}
    order = list(range(count)) + [t.at[names.get(d, d)] for d in o["destinations"][count:]]
    yield "flow", o["flow"], o["bound"], flow[:, order]
    yield "direct", o["direct"], o["direct_bound"], t.direct


def shares(t, o):
    flow, count = t.flow, t.count
    own = sum(flow[s, s] for s in range(count))
    parts = {"own": own, "other": flow[:, :count].sum() - own}
    parts.update({short: flow[:, t.at[k]].sum() for short, k in (("export", "exports"), ("stock", "stock"), ("error", "error")) if k in t.at})
    for key, whole in (("shares", parts["own"] + parts["other"] + parts["export"]), ("shares_of_total", t.direct.sum())):
        for name, v in o[key].items():
            yield f"{key}.{name}", v, o[f"{key}_bound"][name], parts.get(name, ZERO) / whole


def route_columns(t):
    """Right-hand sides of the nine routes behind `f # Fd(c)` (n x 9)."""
    x, count = t.outputs, t.count
    traded = t.trade(x)
    own = np.array([t.demand[i, r] for i, r in enumerate(t.region)], object)
    simple = t.trade(t.local(own[:, None]))[:, 0]
    back = np.array([traded[i, r] for i, r in enumerate(t.region)], object)
    col = lambda k: traded[:, t.at[k]] if k in t.at else zeros(t.n)
    return np.stack([own, back, t.demand[:, :count].sum(1) - own, simple, traded[:, :count].sum(1) - back - simple, t.column("exports"),
                     col("exports"), t.column("error") + col("error"), t.column("stock") + col("stock")], 1)


def views(t, o):
    """Routes by region, and the views."""
    count, v = t.count, o["views"]
    yield "routes", o["routes"]["by_region"], o["routes"]["bound"], t.by_region(t.f[:, None] * t.local(route_columns(t)))
    order = [t.at[{"export": "exports"}.get(d, d)] if k >= count else k for k, d in enumerate(v["destinations"])]
    yield "views.flow", v["flow"], v["bound"], t.flow[:, order]
    for r in v["top"]:
        s, d = (v["groups"].index(r["origin"]), v["destinations"].index(r["destination"]))
        yield "views.top", r["value"], r["bound"], t.flow[s, order[d]]
    net = t.flow[:, :count] - t.flow[:, :count].T
    mu = t.carbon.sum(0)
    demand = t.demand[:, order]
    outside = [k for k in ("exports", "stock", "error") if k in t.at]
    by_category = times(t.carbon, np.concatenate([t.y, t.demand[:, [t.at[k] for k in outside]]], 1))
    origin = (t.carbon[:, :, None] * demand[None, :, :])
    for key, truth in (("origin_sector", t.f[:, None] * t.outputs[:, order]), ("product", mu[:, None] * demand), ("product_origin", origin),
                       ("category", by_category), ("net", net)):
        yield f"views.{key}", v[key]["value"], v[key]["bound"], truth


def supply_chain(t, form):
    """Members (R x (R + 3)) of a supply-chain principle by emitter; `alpha` is one less value added over net output."""
    n, count = t.n, t.count
    alpha = zeros(n)
    for i in range(n):
        alpha[i] = ONE
        if t.live[i]:
            net = t.x[i] - t.z[i, i]
            kept = t.v_total[i] / net if net > 0 else ZERO
            alpha[i] = 1 - (ZERO if kept < 0 else ONE if kept > 1 else kept)
    share = np.repeat(alpha[:, None], n, 1)
    to = np.repeat(alpha[:, None], len(t.names), 1)
    if form == "net":
        share[np.arange(n), np.arange(n)] = ONE
    if form == "border":
        for s in range(count):
            share[t.rows(s), t.rows(s)] = ONE
            to[t.rows(s), s] = ONE
        for k in ("stock", "error"):
            if k in t.at:
                to[:, t.at[k]] = ONE
    weight = zeros(n, count + 3)
    kept = ((1 - share) * t.z).sum(1) + ((1 - to) * t.demand).sum(1)
    place = {"exports": count, "stock": count + 1, "error": count + 2}
    for k, name in enumerate(t.names):
        weight[:, place.get(name, name)] += to[:, k] * t.demand[:, k]
    for i in range(n):
        weight[i, t.region[i]] += kept[i]
        if not t.live[i]:
            weight[i] = ZERO
    carried = solve(identity(n) - mat((share * t.a).T), mat(t.of_region(t.f).T))
    return arr(carried.transpose() * mat(weight))


def members(t):
    """Who answers for what each region emits, by principle (R x (R + 3): regions, abroad, stock, error)."""
    count, flow = t.count, t.flow
    empty = zeros(count)
    outside = [flow[:, t.at[k]] if k in t.at else empty for k in ("exports", "stock", "error")]
    consumption = np.concatenate([flow[:, :count], np.stack(outside, 1)], 1)
    shared = consumption.copy()
    for s in range(count):
        for k in [*(r for r in range(count) if r != s), count]:
            kept = t.theta[s] * consumption[s, k]
            shared[s, k] -= kept
            shared[s, s] += kept
    def with_rest(own, rest):
        return np.concatenate([own, rest[:, :1], empty[:, None], rest[:, 1:]], 1)
    q = t.of_region(t.q)
    income = with_rest(times(q, t.worth.T), times(q, t.rest.T))
    weighted = t.carbon * t.demand.sum(1)[None, :]
    capture = with_rest(times(weighted, t.worth.T), times(weighted, t.rest.T))
    out = {"consumption": consumption, "shared": shared, "income": income, "value-capture": capture}
    for name, form in (("supply-chain", "gross"), ("supply-chain-net", "net"), ("supply-chain-border", "border")):
        out[name] = supply_chain(t, form)
    return out


def accounts_of(t, by_emitter):
    """Accounts (R + 3) of every principle, from the members where there are any."""
    count = t.count
    out = {k: m.sum(0) for k, m in by_emitter.items()}
    out["production"] = np.concatenate([t.direct, zeros(3)])
    out["production-consumption"] = (out["production"] + out["consumption"]) / 2
    out["consumption-income"] = (out["consumption"] + out["income"]) / 2
    absorbed = np.array([sum(t.outputs[i, k] for k, name in enumerate(t.names) if name == "exports" or isinstance(name, int) and name != s)
                         for i, s in enumerate(t.region)], object)
    corrected = out["consumption"].copy()
    for p in range(t.per):
        rows = range(p, t.n, t.per)
        sold = sum(absorbed[i] for i in rows)
        mean = sum(t.f[i] * absorbed[i] for i in rows) / sold if not sold.contains(0) else ZERO
        for i in rows:
            corrected[t.region[i]] += (t.f[i] - mean) * absorbed[i]
    out["technology-adjusted"] = corrected
    assert all(len(v) == count + 3 for v in out.values())
    return out


def responsibility(t, o, by_emitter, accounts):
    count = t.count
    for name, part in o.get("by_emitter", {}).items():
        if isinstance(part, dict):
            yield f"by_emitter.{name}", part["value"], part["bound"], by_emitter[name]
    for key in ("responsibility", "responsibility_without_households"):
        for name, v in o[key].items():
            yield f"{key}.{name}", v, o[f"{key}_bound"][name], accounts[name][:count]
    for name, part in o["outside"].items():
        a = accounts[name]
        truth = {"abroad": a[count], "stock": a[count + 1], "error": a[count + 2], "total_without_households": a.sum()}
        for k, v in part.items():
            yield f"outside.{name}.{k}", v, o["outside_bound"][name][k], truth[k]


def theta(t, o):
    yield "theta", o["theta"], o["theta_bound"], t.theta


def positive(v):
    return v if v > 0 else ZERO if v <= 0 else v.max(ZERO)


def settle(t, duty, rule, cost, charged, gap):
    """Duties and payments (payer x receiver, Mt and 10^8 yuan)."""
    count = t.count
    duties = zeros(count, count)
    for r, s in itertools.permutations(range(count), 2):
        if duty == "net-flow":
            duties[r, s] = positive(t.flow[s, r] - t.flow[r, s])
        elif duty == "shared":
            duties[r, s] = positive(charged[s, r] - charged[r, s])
        else:
            receives = [positive(-g) for g in gap]
            duties[r, s] = positive(gap[r]) * receives[s] / sum(receives) if sum(receives) > 0 else ZERO
    national = sum(q * c for q, c in zip(t.direct, cost)) / t.direct.sum()
    price = {"payer": lambda r, s: cost[r], "receiver": lambda r, s: cost[s], "mean": lambda r, s: (cost[r] + cost[s]) / 2,
             "min": lambda r, s: cost[r].min(cost[s]), "max": lambda r, s: cost[r].max(cost[s]), "national": lambda r, s: national,
             "nash": lambda r, s: (cost[r] + cost[s]) / 2 if cost[r] > cost[s] else cost[s]}
    payments = zeros(count, count)
    if duty == "gap-fund":
        paid = duties.sum(1) * cost / 100
        claim = duties.sum(0) * cost
        # without a claim nobody is paid
        share = claim / claim.sum() if claim.sum() > 0 else zeros(count)
        for r, s in itertools.permutations(range(count), 2):
            payments[r, s] = paid[r] * share[s]
    else:
        for r, s in itertools.permutations(range(count), 2):
            payments[r, s] = duties[r, s] * price[rule](r, s) / 100
    return duties, payments


def compensation(t, o, cost, accounts):
    """Settings of the command: duty shared, price receiver, bargaining 1/2, gaps of the income account."""
    cost = np.array([arb(c) for c in cost], object)
    gap = accounts["income"][:t.count] - t.direct
    charged = (1 - t.theta)[:, None] * t.flow[:, :t.count]
    duties, payments = settle(t, "shared", "receiver", cost, charged, gap)
    net = payments.sum(0) - payments.sum(1)
    yield "payments", o["payments"], o["payments_bound"], payments
    yield "duties", o["duties"], o["duties_bound"], duties
    yield "net", o["net"], o["net_bound"], net
    yield "balance", o["balance"], o["balance_bound"], ZERO
    gdp = t.by_region(t.v_total) * arb(t.table.money)
    yield "gdp", o["gdp"], o["gdp_bound"], gdp
    yield "net_per_gdp", [v["value"] for v in o["net_per_gdp"]], [v["bound"] for v in o["net_per_gdp"]], net * arb(1e8) / gdp
    for c in o["comparison"]:
        _, payments = settle(t, c["duty"], c["price"], cost, charged, gap)
        what = f"comparison.{c['duty']}.{c['price']}"
        yield what, c["net"], c["net_bound"], payments.sum(0) - payments.sum(1)
        yield f"{what}.total", c["total"], c["total_bound"], payments.sum()
        yield f"{what}.balance", c["balance"], c["balance_bound"], ZERO


def linkages(t, o):
    live = [i for i in range(t.n) if t.live[i]]
    back = t.transposed(np.stack([np.full(t.n, ONE, object), t.f]))
    ahead = t.forward(np.stack([t.x, t.q], 1))
    forward = [np.array([ahead[i, k] / t.x[i] if t.live[i] else arb(1 - k) for i in range(t.n)], object) for k in range(2)]
    norm = lambda v: v * (len(live) / sum(v[i] for i in live))
    truth = {"backward": back[0], "forward": forward[0], "weighted_backward": back[1], "weighted_forward": forward[1]}
    truth.update({f"{k}_normalised": norm(v) for k, v in list(truth.items())})
    truth.update(upstreamness=forward[0], downstreamness=back[0])
    for k, v in truth.items():
        yield k, [r[k] for r in o["records"]], [r[f"{k}_bound"] for r in o["records"]], v


def sector_accounts(t, o):
    """pymrio's accounts; products are the sectors of each region, which all regions share here."""
    count, per, x = t.count, t.per, t.outputs
    cba, imports = zeros(count * per), zeros(count * per)
    mu = t.carbon.sum(0)
    for r in range(count):
        for i in range(t.n):
            cba[r * per + i % per] += mu[i] * t.demand[i, r]
            imports[r * per + i % per] += (mu[i] - t.carbon[r, i]) * t.demand[i, r]
    others = np.array([x[i, :count].sum() - x[i, s] for i, s in enumerate(t.region)], object)
    flow = t.flow[:, :count]
    own = np.array([flow[s, s] for s in range(count)], object)
    truth = {"D_pba": t.q, "D_exp": t.f * others, "D_cba": cba, "D_imp": imports, "D_pba_reg": t.direct, "D_cba_reg": flow.sum(0),
             "D_imp_reg": flow.sum(0) - own, "D_exp_reg": flow.sum(1) - own}
    for k, v in truth.items():
        yield k, o[k][0], o[f"{k}_bound"][0], v
