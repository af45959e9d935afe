// Opens each page that is named and lists what is wrong with it.
"use strict";
const path = require("path"), fs = require("fs");
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const settings = [];
for (const width of [1280, 390]) for (const theme of ["light", "dark"]) for (const language of ["en", "zh"]) for (const script of [true, false]) settings.push({width, theme, language, script});

async function look(browser, file, setting) {
  const page = await browser.newPage(), wrong = [];
  await page.setViewport({width: setting.width, height: 900});
  await page.setJavaScriptEnabled(setting.script);
  page.on("console", m => wrong.push(`console: ${m.text()}`));
  page.on("pageerror", e => wrong.push(`script: ${e.message}`));
  page.on("request", r => { if (!r.url().startsWith("data:") && (!r.url().startsWith("file://") || !r.isNavigationRequest())) wrong.push(`request: ${r.url()}`); });
  await page.goto("file://" + path.resolve(file));
  await page.click(`label:has(#theme-${setting.theme})`);
  await page.click(`label:has(#lang-${setting.language})`);
  const clipped = () => {
    const found = [], width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${width}`);
    for (const e of document.querySelectorAll("h1,h2,h3,p,li>span,li>b,label,button,summary,th,td,.kpi")) {
      const box = e.getBoundingClientRect();
      if (box.width && box.right > width + 1 && !e.closest(".scroll,nav,pre")) found.push(`beyond the edge: ${e.textContent.trim().slice(0, 40)}`);
      if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow === "hidden") found.push(`clipped: ${e.textContent.trim().slice(0, 40)}`);
    }
    return found;
  };
  wrong.push(...await page.evaluate(clipped));
  if (setting.script) {
    await page.evaluate(axe);
    const result = await page.evaluate(() => axe.run(document, {resultTypes: ["violations"]}));
    for (const v of result.violations) wrong.push(`axe ${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 120)} ${v.nodes[0].failureSummary.split("\n")[1] || ""}`);
    const tile = await page.$(".layer-net .tile");
    if (tile) {
      await tile.evaluate(e => e.focus());
      await page.keyboard.press("Enter");
      if (!await page.$("li.hit")) wrong.push("Enter on a tile marks nothing");
      await page.keyboard.press("Escape");
      if (await page.$(".hit")) wrong.push("Escape leaves marks");
    }
    if (await page.$("#order")) {
      const rows = () => page.evaluate(() => Array.from(document.querySelectorAll("g.rl-g")).map(g => g.getAttribute("transform")).join());
      const before = await rows();
      await page.select("#order", "net");
      if (before === await rows()) wrong.push("order by net outflow moves nothing");
    }
    const heading = await page.$("table.sort thead button");
    if (heading) {
      await heading.evaluate(b => { b.closest("details")?.setAttribute("open", ""); b.click(); });
      if (!await page.$("th[aria-sort]")) wrong.push("a heading does not sort");
    }
  } else if (await page.$("svg.map") && !await page.evaluate(() => 1).catch(() => 1)) wrong.push("no figures without a script");
  await page.close();
  return wrong;
}

(async () => {
  const browser = await puppeteer.launch({executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"]});
  let bad = 0;
  for (const file of process.argv.slice(2)) {
    let own = 0;
    for (const setting of settings) {
      const wrong = await look(browser, file, setting);
      own += wrong.length;
      const seen = [...new Set(wrong)].slice(0, 12);
      for (const line of seen) console.log(`${path.basename(file)} ${setting.width} ${setting.theme} ${setting.language}${setting.script ? "" : " no script"}: ${line}`);
    }
    console.log(`${path.basename(file)}: ${settings.length} settings, ${own} wrong, ${fs.statSync(file).size} bytes`);
    bad += own;
  }
  await browser.close();
  process.exit(bad ? 1 : 0);
})();
