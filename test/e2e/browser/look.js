"use strict";
// Looks at the dashboard with Chromium, as people do: on a telephone, a laptop and a wide screen, dark and light, with and
// without script, with the keyboard alone. Prints what is wrong as a JSON list of texts, and exits with 0 if it could look.
//
//   node look.js BASE-URL ID         ID: of a refused message, to be found by the search
//   node look.js BASE-URL ID FOLDER  and leaves pictures in FOLDER

const fs = require("fs");
const { chromium } = require("playwright-core");

const [base, id, folder] = process.argv.slice(2);
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const wrong = [];

const story = `/search?q=${id}`;
const all = ["/", "/?hours=1", "/refusals", story, "/search", "/search?q=nobody@nowhere.example", "/limits", "/suspects", "/suspects?user=ann@example.com", "/lists",
  "/lookup?address=192.0.2.7", "/report", "/status"];
const views = [
  { name: "phone", width: 390, height: 844, colorScheme: "dark", paths: all },
  { name: "laptop", width: 1280, height: 800, colorScheme: "light", paths: folder ? all : ["/", story, "/lists"] },
  { name: "wide", width: 2560, height: 1300, colorScheme: "dark", paths: ["/"] },
];

function watch(page, name) {
  page.on("console", (m) => wrong.push(`${name}: console: ${m.text()}`));
  page.on("pageerror", (e) => wrong.push(`${name}: error: ${e}`));
  page.on("request", (r) => {
    if (!r.url().startsWith(base) && !r.url().startsWith("data:")) wrong.push(`${name}: asked elsewhere: ${r.url()}`);
  });
  page.on("response", (r) => {
    if (r.status() >= 400) wrong.push(`${name}: ${r.status()} ${r.url()}`);
  });
}

async function findBarriers(page, name) {
  // Chromium's own tools bring it in: the page's policy would not let it.
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run()).violations.map(
    (v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} [${n.any.map((a) => a.message).join("; ")}]`).join(" | ")}`));
  wrong.push(...found.map((f) => `${name}: axe: ${f}`));
}

async function lookAt(browser, view) {
  const context = await browser.newContext({ viewport: { width: view.width, height: view.height }, colorScheme: view.colorScheme });
  const page = await context.newPage();
  let name = "";
  watch(page, view.name);
  for (const path of view.paths) {
    name = `${view.name} ${path}`;
    await page.goto(base + path);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 0) wrong.push(`${name}: ${overflow} px wider than the screen`);
    await findBarriers(page, name);
    const file = path.replace(/[^a-z]+/g, "-").replace(/^-|-$/g, "") || "overview";
    if (folder) await page.screenshot({ path: `${folder}/${view.name}-${file}.png`, fullPage: true });
  }
  await context.close();
}

// The keyboard alone: over the skip link, through the navigation to the search, which finds the message.
async function useKeyboard(browser) {
  const page = await browser.newPage();
  watch(page, "keyboard");
  await page.goto(base + "/");
  const seen = [];
  for (let i = 0; i < 14; i++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const e = document.activeElement;
      return { what: e.id || e.textContent.trim(), outline: getComputedStyle(e).outlineStyle };
    });
    seen.push(focused.what);
    if (focused.outline === "none") wrong.push(`keyboard: no outline on ${focused.what}`);
    if (focused.what === "q") break;
  }
  if (seen[0] !== "Skip to the content") wrong.push(`keyboard: the first stop is ${seen[0]}`);
  if (seen.at(-1) !== "q") wrong.push(`keyboard: the search is not among ${seen}`);
  await page.keyboard.type(id);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/search?q=*");
  const title = await page.textContent("h1");
  if (title !== `Message ${id}`) wrong.push(`keyboard: the search found ${title}`);
  await page.close();
}

async function useNoScript(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(base + "/");
  if (!(await page.textContent(".card.all dd"))) wrong.push("no script: the page is not whole");
  if ((await page.locator("table.lines tbody tr").count()) === 0) wrong.push("no script: no refusals");
  await context.close();
}

// The part that changes is swapped in place: what was opened stays open.
async function stayAlive(browser) {
  const page = await browser.newPage();
  watch(page, "live");
  await page.goto(base + "/");
  await page.click("summary");
  await page.evaluate(() => { document.querySelector(".card.all dd").textContent = "stale"; });
  for (let waited = 0; (await page.textContent(".card.all dd")) === "stale"; waited += 200) {
    if (waited > 60000) throw new Error("the page is never fetched anew");
    await page.waitForTimeout(200);
  }
  if (!(await page.evaluate(() => document.querySelector("details").open))) wrong.push("live: what was opened is shut");
  await page.close();
}

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    for (const view of views) await lookAt(browser, view);
    await useKeyboard(browser);
    await useNoScript(browser);
    await stayAlive(browser);
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(wrong));
})().catch((e) => { console.error(e); process.exit(1); });
