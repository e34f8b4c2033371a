import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { sourceOf } from "../../../lib/output/page_style.ts";
import { renderReport } from "../../../lib/output/report_page/report_page.ts";
import { createReport } from "../../../lib/report/create_report.ts";
import { applyDamage } from "../../support/damages/mod.ts";
import { goldenStore, scratchDirectory } from "../../support/fixtures.ts";
import { HOSTILE_REPORT } from "./report_examples.ts";

/** A browser, which is not there on every machine. */
const BROWSER = Deno.env.get("VECFSCK_CHROMIUM");

/** A browser that asks nobody anything, and whose clock runs ahead. */
const FLAGS = [
  "--headless=new",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--virtual-time-budget=5000",
  "--window-size=1100,1400",
];

interface Visit {
  /** What the browser prints. */
  readonly stdout: string;
  /** What the page has said on its console, errors of the policy too. */
  readonly said: readonly string[];
}

async function visit(page: string, ...more: readonly string[]): Promise<Visit> {
  const directory = await scratchDirectory();
  const file = join(directory, "page.html");
  await Deno.writeTextFile(file, page);
  const sandbox = Deno.uid() === 0 ? ["--no-sandbox"] : [];
  const place = [`--user-data-dir=${join(directory, "user")}`, "--enable-logging=stderr"];
  const { stdout, stderr } = await new Deno.Command(BROWSER ?? "", {
    args: [...FLAGS, ...sandbox, ...place, ...more, toFileUrl(file).href],
  }).output();
  const lines = new TextDecoder().decode(stderr).split("\n");
  return {
    stdout: new TextDecoder().decode(stdout),
    said: lines.filter((line) => line.includes("CONSOLE")),
  };
}

/** What is asked of the page within the browser; it runs before the page's own script. */
const WATCHER = `
const seen = { refused: [], failed: [] };
addEventListener("securitypolicyviolation", (event) => seen.refused.push(event.blockedURI));
addEventListener("error", (event) => seen.failed.push(event.message));
addEventListener("load", () => setTimeout(() => {
  const tip = document.getElementById("tip");
  const marks = [...document.querySelectorAll(".range")];
  const bar = document.querySelector(".bar[role=group]");
  const inBar = [...bar.querySelectorAll(".range")];
  seen.loaded = performance.getEntriesByType("resource").length;
  seen.hostile = document.documentElement.dataset.hostile ?? null;
  seen.scripts = document.scripts.length;
  const show = (mark, type) => {
    mark.dispatchEvent(new PointerEvent(type));
    return tip.hidden ? null : tip.textContent;
  };
  seen.labels = marks.map((mark) => mark.getAttribute("aria-label"));
  seen.hovered = marks.map((mark) => [show(mark, "pointerenter"), show(mark, "pointerleave")]);
  seen.stops = inBar.map((mark) => mark.getAttribute("tabindex"));
  inBar[0].focus();
  seen.focused = tip.hidden ? null : tip.textContent;
  const press = (key) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  seen.keys = ["ArrowRight", "End", "Home", "ArrowLeft"].map((key) => {
    press(key);
    return inBar.indexOf(document.activeElement);
  });
  press("Escape");
  seen.hidden = tip.hidden;
  bar.scrollIntoView();
  // A pixel to either side of where it begins a pointer is on a range, however short that is.
  seen.near = inBar.flatMap((mark) => [-1, 1].map((side) => {
    const { left, top, height } = mark.querySelector("line").getBoundingClientRect();
    return document.elementFromPoint(left + side, top + height / 2)?.closest(".range") !== null;
  }));
  const plane = document.querySelector(".plane");
  if (plane !== null) {
    plane.scrollIntoView();
    const [[x, y]] = JSON.parse(document.getElementById("points").textContent)[plane.id].points;
    const box = plane.getBoundingClientRect();
    plane.dispatchEvent(new PointerEvent("pointermove", {
      clientX: box.left + x * box.width / 1000, clientY: box.top + y * box.width / 1000 }));
    seen.point = tip.hidden ? null : tip.textContent;
  }
  seen.buttons = document.querySelectorAll(".command button").length;
  seen.commands = document.querySelectorAll(".command code").length;
  const inside = document.querySelector("details:not([open]) > ul > li[id]");
  const folded = inside?.closest("details");
  if (inside !== null) location.hash = inside.id;
  setTimeout(() => {
    seen.unfolded = inside === null ? null : folded.open;
    seen.overflow = document.documentElement.scrollWidth > innerWidth;
    const result = document.createElement("pre");
    result.id = "seen";
    result.textContent = JSON.stringify(seen);
    document.body.replaceChildren(result);
  }, 100);
}, 100));
`;

/** The page as it is, with one more script that its policy names. */
async function ask(page: string, ...more: readonly string[]): Promise<Record<string, unknown>> {
  const asked = page.replace("script-src ", `script-src ${sourceOf(WATCHER)} `)
    .replace("<body>", () => `<body><script>${WATCHER}</script>`);
  const { stdout } = await visit(asked, "--dump-dom", ...more);
  const [, text = ""] = /<pre id="seen">([^]*?)<\/pre>/.exec(stdout) ?? [];
  const plain = text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return JSON.parse(plain);
}

async function damagedPage(): Promise<string> {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("vectors_nan", { store, collection: "notes" }, 1);
  return renderReport(await createReport([store]));
}

Deno.test({
  name: "a report in a browser shows by pointer and by keyboard what is damaged, and loads nothing",
  ignore: BROWSER === undefined,
  async fn() {
    const seen = await ask(await damagedPage());
    assertEquals([seen.refused, seen.failed, seen.loaded], [[], [], 0]);
    const labels = seen.labels as string[];
    assert(labels.length > 10);
    assertEquals(seen.hovered, labels.map((label) => [label, null]));
    assertStringIncludes(labels[0] ?? "", "VF2210 error: bytes ");
    assertStringIncludes(labels[0] ?? "", "record notes-");
    assertEquals(seen.focused, labels[0]);
    assertEquals(seen.stops, labels.map((_, index) => index === 0 ? "0" : "-1"));
    assertEquals(seen.keys, [1, labels.length - 1, 0, 0]);
    assertEquals(seen.hidden, true);
    assertEquals(new Set(seen.near as boolean[]), new Set([true]), "each range is wide enough");
    assertStringIncludes(String(seen.point), "notes-");
    assertEquals(seen.buttons, seen.commands);
    assertEquals([seen.unfolded, seen.overflow], [true, false]);
  },
});

Deno.test({
  name: "a report in a browser takes nothing of a hostile store for more than text",
  ignore: BROWSER === undefined,
  async fn() {
    const page = renderReport(HOSTILE_REPORT);
    const seen = await ask(page, "--window-size=500,900");
    assertEquals([seen.refused, seen.failed, seen.loaded, seen.hostile], [[], [], 0, null]);
    assertEquals(seen.scripts, 3);
    assertEquals(seen.overflow, false, "no text is wider than a narrow window");
    const { said, stdout } = await visit(page, "--dump-dom");
    assertEquals(said, []);
    assertEquals(/<html[^>]*data-hostile/.test(stdout), false);
  },
});

Deno.test({
  name: "a report in a browser is drawn by night, and printed with all that matters unfolded",
  ignore: BROWSER === undefined,
  async fn() {
    const directory = await scratchDirectory();
    const page = await damagedPage();
    const [day, night, paper] = ["day.png", "night.png", "paper.pdf"]
      .map((name) => join(directory, name));
    await visit(page, `--screenshot=${day}`);
    await visit(page, `--screenshot=${night}`, "--blink-settings=preferredColorScheme=0");
    const { said } = await visit(page, `--print-to-pdf=${paper}`, "--no-pdf-header-footer");
    assertEquals(said, []);
    const [byDay, byNight, printed] = await Promise.all(
      [day, night, paper].map((path) => Deno.readFile(path ?? "")),
    );
    assert((byDay?.byteLength ?? 0) > 20_000 && (byNight?.byteLength ?? 0) > 20_000);
    assertEquals(byDay?.every((byte, index) => byte === byNight?.[index]), false);
    assertStringIncludes(new TextDecoder("latin1").decode(printed?.subarray(0, 8)), "%PDF-");
    const pages = new TextDecoder("latin1").decode(printed).match(/\/Type\s*\/Page\b/g) ?? [];
    assert(pages.length >= 3, `${pages.length} pages`);
  },
});
