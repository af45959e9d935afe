"use strict";
(() => {
const root = document.documentElement;
root.classList.add("js");
const $ = (s, at) => (at || document).querySelector(s), all = (s, at) => Array.from((at || document).querySelectorAll(s));
const data = JSON.parse($("#data").textContent);
const page = data.page || {names: [], shown: []};
const zh = () => { const r = $("#lang-zh"); return r && r.checked; };
const name = k => (page.names[k] || ["", ""])[zh() ? 1 : 0];
const place = new Map(page.shown.map((k, at) => [k, at]));
const row = (key, k) => (data[key] || [])[place.has(k) ? place.get(k) : k] || [];
const show = v => {
  if (v === null || v === undefined || !isFinite(v)) return "–";
  const size = Math.abs(v), digits = size >= 100 || size === 0 ? 1 : size >= 1 ? 2 : 4;
  return v.toLocaleString("en", {maximumFractionDigits: digits}).replace("-", "−");
};
const unit = data.unit || "";

// language of what only attributes hold
const words = () => {
  all("option[data-en]").forEach(o => { o.textContent = zh() ? o.dataset.zh : o.dataset.en; });
  all("[data-zh-label]").forEach(e => { e.dataset.enLabel ||= e.getAttribute("aria-label"); e.setAttribute("aria-label", zh() ? e.dataset.zhLabel : e.dataset.enLabel); });
};
all("input[name=lang]").forEach(i => i.addEventListener("change", () => { words(); root.lang = zh() ? "zh" : "en"; partners(); }));
words();

// the cells of the field: the row knows its region, a cell its place in the row
const cells = f => all(".heat .hr").forEach(g => Array.from(g.children).forEach((e, at) => f(e, +g.dataset.i, page.shown[at])));

// focus on one region, everywhere
let focus = null;
const mark = k => {
  focus = k;
  all(".hit").forEach(e => e.classList.remove("hit"));
  all(".heat rect.dim").forEach(e => e.classList.remove("dim"));
  all(".heat,.sankey").forEach(e => e.classList.toggle("f", k !== null));
  if (k === null) return;
  all(`[data-r="${k}"],[data-q="${k}"]`).forEach(e => e.classList.add("hit"));
  cells((e, i, j) => { if (i !== k && j !== k) e.classList.add("dim"); });
  const select = $("#region");
  if (select && place.has(k)) { select.value = k; water(k); }
};
document.addEventListener("click", e => {
  const at = e.target.closest("li[data-r],.tile[data-r],tr[data-r] th,.heat text[data-r]");
  if (at) { const k = +(at.closest("[data-r]").dataset.r); mark(focus === k ? null : k); }
});
document.addEventListener("keydown", e => {
  if (e.key === "Escape") mark(null);
  const tile = e.target.closest && e.target.closest(".tile");
  if (tile && (e.key === "Enter" || e.key === " ")) { e.preventDefault(); mark(+tile.dataset.r); }
});
const clear = $("#clear");
if (clear) clear.addEventListener("click", () => mark(null));

// from production to consumption
const water = k => {
  const list = $("#water");
  if (!list || !data.flow) return;
  const n = page.names.length, flows = row("flow", k), sum = v => v.reduce((a, b) => a + b, 0);
  const made = sum(flows), others = sum(flows.slice(0, n).filter((_, l) => l !== k)), outside = sum(flows.slice(n));
  const caused = sum(page.shown.filter(s => s !== k).map(s => row("flow", s)[k] || 0));
  const used = flows[k] + caused, most = Math.max(made, used, 1e-300);
  const bars = [[0, made, made], [made, made - others, -others], [made - others, made - others - outside, -outside], [flows[k], used, caused], [0, used, used]];
  all("li", list).forEach((li, at) => {
    const [from, to, v] = bars[at], bar = $("i", li), b = $("b", li);
    bar.style.left = 100 * Math.max(0, Math.min(from, to)) / most + "%";
    bar.style.width = 100 * Math.abs(to - from) / most + "%";
    b.dataset.v = v;
    b.textContent = (v > 0 && at > 0 && at < 4 ? "+" : "") + show(v);
  });
  const heading = $("#h-wa .focus");
  if (heading) {
    const names = page.names[k] || ["", ""];
    heading.innerHTML = "";
    [["en", 0], ["zh", 1]].forEach(([c, at]) => { const s = document.createElement("span"); s.className = c; s.lang = c; s.textContent = names[at]; heading.append(s); });
  }
  partners();
};
const partners = () => {
  const list = $("#partners"), select = $("#region");
  if (!list || !select || !data.flow) return;
  const k = +select.value, flows = row("flow", k);
  const pairs = page.shown.filter(l => l !== k).map(l => [l, flows[l] || 0, row("flow", l)[k] || 0]);
  pairs.sort((a, b) => b[1] + b[2] - a[1] - a[2]);
  const most = Math.max(...pairs.map(p => Math.max(p[1], p[2])), 1e-300);
  list.innerHTML = "";
  pairs.slice(0, 8).forEach(([l, out, into]) => {
    const li = document.createElement("li"), nm = document.createElement("span"), ax = document.createElement("span"), b = document.createElement("b");
    li.dataset.r = l; nm.className = "nm"; nm.textContent = name(l); ax.className = "ax";
    [["neg", 50 - 50 * out / most, 50 * out / most], ["pos", 50, 50 * into / most]].forEach(([c, left, width]) => {
      const i = document.createElement("i"); i.className = c; i.style.left = left + "%"; i.style.width = width + "%"; ax.append(i);
    });
    b.textContent = show(out) + " / " + show(into);
    li.append(nm, ax, b); list.append(li);
  });
};
const region = $("#region");
if (region) { region.addEventListener("change", () => mark(+region.value)); partners(); }

// order of the field
const order = $("#order"), heat = $(".heat");
if (order && heat) order.addEventListener("change", () => {
  const n = page.names.length;
  const out = k => row("flow", k).slice(0, n).reduce((a, v, l) => l === k ? a : a + v, 0);
  const into = k => page.shown.reduce((a, s) => s === k ? a : a + (row("flow", s)[k] || 0), 0);
  const list = page.shown.slice();
  if (order.value === "net") list.sort((a, b) => out(b) - into(b) - out(a) + into(a));
  if (order.value === "size") list.sort((a, b) => data.direct[b] - data.direct[a]);
  const at = new Map(list.map((k, i) => [k, i])), left = +heat.dataset.left, top = +heat.dataset.top, cell = +heat.dataset.cell;
  cells((r, i, j) => r.setAttribute("x", left + at.get(j) * cell));
  all(".hr", heat).forEach(g => g.setAttribute("transform", `translate(0 ${top + at.get(+g.dataset.i) * cell})`));
  page.shown.forEach((k, was) => {
    const g = $(`g.rl-g[data-r="${k}"]`, heat), c = $(`g[data-c="${k}"]`, heat);
    g.setAttribute("transform", `translate(0 ${(at.get(k) - was) * cell})`);
    c.setAttribute("transform", `translate(${left + at.get(k) * cell + 13} ${top - 6}) rotate(-60)`);
  });
});

// sorting
all("table.sort").forEach(table => all("thead th", table).forEach((th, c) => {
  const button = $("button", th);
  if (!button) return;
  button.addEventListener("click", () => {
    const down = th.getAttribute("aria-sort") !== "descending", body = $("tbody", table);
    all("thead th", table).forEach(h => h.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = tr => { const cell = tr.children[c]; return cell.dataset.v !== undefined ? +cell.dataset.v : cell.textContent; };
    const rows = all("tr", body).map((tr, at) => [key(tr), at, tr]);
    rows.sort((a, b) => { const d = typeof a[0] === "number" && typeof b[0] === "number" ? a[0] - b[0] : String(a[0]).localeCompare(String(b[0])); return (down ? -d : d) || a[1] - b[1]; });
    rows.forEach(r => body.append(r[2]));
  });
}));

// what a cell of the field holds
const tip = $("#tip");
if (heat) {
  heat.addEventListener("mousemove", e => {
    const r = e.target.closest(".hr rect");
    if (!r) { tip.style.display = "none"; return; }
    const g = r.parentNode, i = +g.dataset.i, j = page.shown[Array.from(g.children).indexOf(r)], bound = row("bound", i)[j];
    tip.textContent = `${name(i)} → ${name(j)}: ${show(row("flow", i)[j])} ${unit}` + (bound === undefined || bound === null ? "" : ` ± ${bound.toExponential(1)}`);
    tip.style.display = "block";
    tip.style.left = Math.min(e.clientX + 14, innerWidth - 280) + "px";
    tip.style.top = Math.min(e.clientY + 14, innerHeight - 60) + "px";
  });
  heat.addEventListener("mouseleave", () => { tip.style.display = "none"; });
}
})();
