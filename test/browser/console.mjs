// Drives the console as its users do: without JavaScript, with it, by the keyboard, on a phone, in the dark; and lets axe-core look at every page.
// It is given JSON: {base, links: {role: url...}, response, chromium, shots}. It prints what is not as it should be, and ends with 1 then.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { readFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const given = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const faults = [];
const fault = (text) => { faults.push(text); console.log("fault: " + text); };
const check = (what, ok, more = "") => { if (!ok) fault(what + (more ? ": " + more : "")); };

const browser = await chromium.launch({
  executablePath: given.chromium,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// enter opens a browser of one's own and signs in by the link.
const enter = async (role, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.on("pageerror", (e) => fault(`${page.url()}: ${e}`));
  page.on("console", (m) => { if (/Content Security Policy|Refused to/.test(m.text())) fault(`${page.url()}: ${m.text()}`); });
  page.on("request", (r) => { if (!r.url().startsWith(given.base) && !r.url().startsWith("data:")) fault(`${page.url()} asks another server: ${r.url()}`); });
  await page.goto(given.links[role]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/inbox");
  return page;
};

const shot = async (page, name) => {
  if (!given.shots) return;
  mkdirSync(given.shots, { recursive: true });
  await page.screenshot({ path: join(given.shots, name + ".png") });
};

// look lets axe look at the page.
const look = async (page, name, rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]) => {
  await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), rules);
  for (const v of found.violations) fault(`${name}: ${v.id} (${v.impact}): ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
};

const at = (path) => given.base + path;
const pages = {
  inbox: "/inbox", responses: "/responses", narrowed: "/responses?state=done", nothing: "/responses?q=there-is-none", response: `/responses/${given.response}`, done: `/responses/${given.done}`, undo: `/responses/${given.done}/undo`,
  overview: "/overview", rules: "/rules", rule: "/rules/guardduty-access-key-abused", playbooks: "/playbooks", playbook: "/playbooks/ec2-quarantine", try: "/try?case=demo/1", safety: "/safety", missing: "/nope",
};

// Every page, for somebody who sees well, in the dark, and on a phone.
for (const [kind, options] of Object.entries({ light: { colorScheme: "light" }, dark: { colorScheme: "dark" }, phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true } })) {
  const page = await enter("admin-" + kind, options);
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(at(path));
    if (kind === "light") await look(page, `${name}, ${kind}`);
    if (kind === "dark") await look(page, `${name}, ${kind}`, ["color-contrast"]); // all else is the same
    if (kind === "phone") await look(page, `${name}, ${kind}`, ["target-size"]);
    const [wide, room] = await page.evaluate(() => [document.scrollingElement.scrollWidth, window.innerWidth]);
    check(`${name} on a ${kind} screen is wider than it`, wide <= room, `${wide} of ${room}`);
    const h1 = await page.locator("h1").count();
    check(`${name} has one heading`, h1 === 1, `${h1}`);
    if (["inbox", "response", "overview"].includes(name)) await shot(page, `${name}-${kind}`);
  }
  await page.context().close();
}

// A try, which plans on the twin.
const tried = await enter("viewer");
await tried.goto(at("/try?case=demo/3"));
await tried.getByRole("button", { name: "Plan", exact: true }).click();
await tried.getByRole("heading", { name: "What Parry would do" }).waitFor();
await look(tried, "a try");
await shot(tried, "try-light");
await tried.goto(at(`/responses/${given.response}`));
check("a viewer sees no button to say yes with", await tried.getByRole("button", { name: /Approve/ }).count() === 0);
check("a viewer is told why", await tried.getByText("You cannot answer").count() === 1);

// Live: one watches while another writes, and what one is writing is not taken away.
const watcher = await enter("watcher");
await watcher.goto(at(`/responses/${given.response}`));
await watcher.getByText("Live.").waitFor();
const writer = await enter("writer", { javaScriptEnabled: false });
await writer.goto(at(`/responses/${given.response}`));
await writer.fill("#comment", "seen by the one who watches");
await writer.getByRole("button", { name: "Comment only" }).click();
await watcher.getByText("seen by the one who watches").first().waitFor();
await watcher.fill("#comment", "half a sent");
await writer.goto(at(`/responses/${given.response}`));
await writer.fill("#comment", "another one");
await writer.getByRole("button", { name: "Comment only" }).click();
await watcher.getByText("Something has changed.").waitFor();
check("what is being written stays", await watcher.inputValue("#comment") === "half a sent");

// Without JavaScript: a no needs a reason, and then it stands.
await writer.goto(at(`/responses/${given.other}`));
await writer.getByRole("button", { name: "Reject" }).click();
await writer.getByText("a no needs a reason").waitFor();
check("the page with an error still has the form", await writer.getByRole("button", { name: /Approve/ }).count() === 1);
await writer.fill("#comment", "it is a test");
await writer.getByRole("button", { name: "Reject" }).click();
await writer.getByText("Your no is kept.").waitFor();
check("it is rejected", await writer.locator(".state").first().innerText() === "rejected");

// By the keyboard alone: past the menu, to the decision, and yes.
const keys = await enter("keys");
await keys.goto(at(`/responses/${given.response}`));
await keys.keyboard.press("Tab");
check("the first stop leads past the menu", await keys.evaluate(() => document.activeElement.className) === "skip");
await keys.keyboard.press("Enter");
let name = "";
for (let i = 0; i < 25 && !/^Approve/.test(name); i++) {
  await keys.keyboard.press("Tab");
  name = await keys.evaluate(() => document.activeElement.innerText || "");
  const outlined = await keys.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none");
  check(`where the keyboard is can be seen: ${name || "a field"}`, outlined);
}
check("the keyboard comes to the button", /^Approve/.test(name), name);
await keys.keyboard.press("Enter");
await keys.getByText("Your yes is kept.").waitFor();
await keys.locator(".state", { hasText: /^done$/ }).waitFor(); // it renews itself
await look(keys, "an approved response");
await shot(keys, "approved-light");
await keys.getByRole("link", { name: "Undo…" }).click();
await keys.getByRole("button", { name: /^Undo 1/ }).click();
await keys.getByText("It is being taken back.").waitFor();
await keys.locator(".state", { hasText: /^undone$/ }).waitFor();

// Signed out is out, in every window.
const second = await keys.context().newPage();
await second.goto(at("/inbox"));
await keys.getByRole("button", { name: "Sign out" }).click();
await second.goto(at("/inbox"));
check("signed out is out", /\/signin/.test(second.url()), second.url());
await look(second, "the sign-in page");

// By a provider: away to it and back, with cookies as a browser keeps them, to the page that was asked for.
const away = await (await browser.newContext()).newPage();
away.setDefaultTimeout(20000);
await away.goto(at("/safety"));
check("who is not signed in is asked to", /\/signin\?to=/.test(away.url()), away.url());
await look(away, "the page of the ways in");
await away.getByRole("link", { name: "Sign in" }).click();
await away.fill("input[name=login]", "alice");
await away.fill("input[name=password]", "any");
await away.locator("button[type=submit]").click();
for (let i = 0; i < 3 && !away.url().startsWith(given.base); i++) {
  await away.locator("button[type=submit]").click(); // she agrees that the console hears of her
  await away.waitForLoadState();
}
check("she is where she wanted to be", away.url() === at("/safety"), away.url());
check("she is known by her name", await away.locator(".me").innerText().then((t) => /Alice/.test(t) && /admin/.test(t)));

await browser.close();
if (faults.length > 0) process.exit(1);
console.log("all pages are as they should be");
