"""Choices beside the default: sharing rules, and compensation through every setting, unbalanced, and on a market."""
import numpy as np

from .accounts import settle
from .truth import ZERO, arb


def kept(t, level="region", basis="own", without_exports=False, export_home=False):
    """What the origin keeps of each flow (R x R + 1, abroad last)."""
    count = t.count
    own = np.array([t.worth[s, i] for i, s in enumerate(t.region)], object) if basis == "own" else t.local_transposed(t.v)
    flow = np.concatenate([t.flow[:, :count], t.flow[:, [t.at["exports"]]]], 1)
    e = t.outflow[:, :count].sum(1) + (0 if without_exports else t.outflow[:, count])
    theta = t.by_region(own * e) / t.by_region(e)
    if level == "sector":
        emitted = np.concatenate([t.outputs[:, :count], t.outputs[:, [t.at["exports"]]]], 1) * t.f[:, None]
        out = t.by_region(own[:, None] * emitted)
    else:
        out = theta[:, None] * flow
    if level == "bilateral":
        sums = t.by_region(t.outflow[:, :count])
        pair = t.by_region(own[:, None] * t.outflow[:, :count])
        for s in range(count):
            for r in range(count):
                out[s, r] = flow[s, r] * (pair[s, r] / sums[s, r] if not sums[s, r].contains(0) else 1)
    for s in range(count):
        out[s, s] = flow[s, s]
    if export_home:
        out[:, count] = flow[:, count]
    return out, theta


def shared(t, **rule):
    """The shared account (R + 3), what is charged (R x R), and theta, of a rule."""
    count = t.count
    keep, theta = kept(t, **rule)
    flow = np.concatenate([t.flow[:, :count], t.flow[:, [t.at["exports"]]]], 1)
    passed = flow - keep
    rest = [t.flow[:, t.at[k]].sum() if k in t.at else ZERO for k in ("stock", "error")]
    account = np.concatenate([keep.sum(1) + passed[:, :count].sum(0), [passed[:, count].sum()], rest])
    return account, passed[:, :count], theta


RULES = {"sector": dict(level="sector"), "bilateral": dict(level="bilateral"), "domestic": dict(basis="domestic"),
         "without-exports": dict(without_exports=True), "export-home": dict(export_home=True)}


def rule_arguments(name):
    return {"sector": ["--share-level", "sector"], "bilateral": ["--share-level", "bilateral"], "domestic": ["--share-basis", "domestic"],
            "without-exports": ["--share-without-exports"], "export-home": ["--export-home"]}[name]


def rules(t, o, name):
    account, _, theta = shared(t, **RULES[name])
    count = t.count
    truth = {"abroad": account[count], "stock": account[count + 1], "error": account[count + 2], "total_without_households": account.sum()}
    yield "responsibility.shared", o["responsibility"]["shared"], o["responsibility_bound"]["shared"], account[:count]
    yield "theta", o["theta"], o["theta_bound"], theta
    for k, v in o["outside"]["shared"].items():
        yield f"outside.shared.{k}", v, o["outside_bound"]["shared"][k], truth[k]


def sensitivity(t, o, cost, accounts):
    cost = np.array([arb(c) for c in cost], object)
    s = o["sensitivity"]
    divisions = {name: (a, None) for name, a in accounts.items()}
    divisions["shared"] = shared(t)[:2]
    divisions.update({f"shared/{name}": shared(t, **rule)[:2] for name, rule in RULES.items()})
    divisions["none"] = (accounts["production"], None)
    found = []
    for c in s["settings"]:
        account, charged = divisions[c["division"]]
        _, pay = settle(t, c["duty"], c["price"], cost, charged, account[:t.count] - t.direct)
        net = pay.sum(0) - pay.sum(1)
        found.append((c, net))
        what = f"sensitivity.{c['division']}.{c['duty']}.{c['price']}"
        yield what, [*c["net"], c["total"]], [*c["net_bound"], c["total_bound"]], [*net, pay.sum()]
    place = [o["regions"].index(r) for r in s["follow"]]
    for e in s["effects"]:
        if e["axis"] == "cost":
            continue
        having = [net for c, net in found if c[e["axis"]] == e["choice"]]
        for k, r in enumerate(place):
            order = sorted((net[r] for net in having), key=lambda v: float(v.mid()))
            n = len(order)
            middle = order[n // 2] if n % 2 else (order[n // 2 - 1] + order[n // 2]) / 2
            yield f"sensitivity.effects.{e['axis']}.{e['choice']}", e["median_net"][k], e["median_net_bound"][k], middle


def unbalanced(t, o, cost, accounts):
    u = o["unbalanced"]
    gap = accounts[u["principle"]][:t.count] - t.direct
    net = -gap * np.array([arb(c) for c in cost], object) / 100
    for key, truth in (("gap", gap), ("net", net), ("residual", net.sum()), ("gap_residual", gap.sum())):
        yield f"unbalanced.{key}", u[key], u[f"{key}_bound"], truth


def market(t, o, cost, accounts):
    """Straight lines from 0 through the unit cost at the reduction that all regions together owe; a region that emits nothing
    has nothing to abate, and a marginal cost of 0. Regions at their cap are found one by one."""
    m = o["market"]
    cost = np.array([arb(c) for c in cost], object)
    account, charged, _ = shared(t)
    duties, _ = settle(t, "shared", "receiver", cost, charged, account[:t.count] - t.direct)
    duty, base = duties.sum(1) * 1000000, t.direct * 1000000
    able = [not b.contains(0) for b in base]
    rate, capped = duty.sum() / base.sum(), set()
    while True:
        inside = [s for s in range(t.count) if able[s] and s not in capped]
        left = duty.sum() - sum((base[s] for s in capped), ZERO)
        price = left / (rate * sum(base[s] / cost[s] for s in inside))
        over = {s for s in inside if price * rate / cost[s] > 1}
        if not over:
            break
        capped |= over
    abated = np.array([base[s] if s in capped else base[s] * price * rate / cost[s] for s in range(t.count)], object)
    of = lambda a: np.array([c / rate * v * v / b / 2 / arb(1e8) if on else ZERO for c, v, b, on in zip(cost, a, base, able)], object)
    home = of(duty)
    marginal = [cost[s] / rate if s in capped else price if able[s] else ZERO for s in range(t.count)]
    truth = {"price": price, "duty": duty, "abated": abated, "marginal": marginal, "cost": of(abated),
             "net": price * (abated - duty) / arb(1e8), "saving": home.sum() - of(abated).sum()}
    for key, v in truth.items():
        if m.get(key) is not None:
            yield f"market.{key}", m[key], m[f"{key}_bound"], v
    own = [(h, v) for h, v in zip(m["cost_at_home"], home) if h is not None]
    yield "market.cost_at_home", [h["value"] for h, _ in own], [h["bound"] for h, _ in own], [v for _, v in own]
