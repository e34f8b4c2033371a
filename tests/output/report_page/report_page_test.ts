import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { sourceOf } from "../../../lib/output/page_style.ts";
import { renderReport, REPORT_MARK } from "../../../lib/output/report_page/report_page.ts";
import { REPORT_STYLE } from "../../../lib/output/report_page/report_style.ts";
import type { StoreReport } from "../../../lib/report/report_model.ts";
import {
  EVERY_FINDING,
  HOSTILE_REPORT,
  HOSTILE_STORE,
  hostileFindings,
} from "./report_examples.ts";

const PAGE = renderReport(HOSTILE_REPORT);

function pageOf(...stores: readonly Partial<StoreReport>[]): string {
  return renderReport({
    ...HOSTILE_REPORT,
    stores: stores.map((store) => ({ ...HOSTILE_STORE, ...store })),
  });
}

/** All tags of a page, without what stands in its style and scripts. */
function tagsOf(page: string): string[] {
  const bare = page.replaceAll(/(<(?:script|style)[^>]*>)[^]*?(<\/(?:script|style)>)/g, "$1$2");
  return [...bare.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
}

Deno.test("renderReport() lets nothing from a store be anything but text", () => {
  const tags = tagsOf(PAGE);
  const names = new Set(tags.map((tag) => /^<[!/]?([\w-]+)/.exec(tag)?.[1] ?? tag));
  assertEquals([...names].filter((name) => ["img", "iframe", "object", "base"].includes(name)), []);
  assertEquals(tags.filter((tag) => /^<script/.test(tag)).length, 2);
  for (const tag of tags) {
    // No attribute runs anything, and every quote is closed.
    assertEquals(
      /\s(?:on\w+|style|src|srcdoc|formaction)\s*=/i.test(tag.replaceAll(/"[^"]*"/g, '""')),
      false,
      tag,
    );
    assertEquals((tag.match(/"/g) ?? []).length % 2, 0, tag);
  }
  // deno-lint-ignore no-control-regex
  const unprintable = new RegExp(
    "[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]",
  );
  assertEquals(unprintable.exec(PAGE)?.index ?? null, null);
  assertEquals(PAGE.isWellFormed(), true);
});

Deno.test("renderReport() leads nowhere but within the page, and to what is there", () => {
  const ids = [...PAGE.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id ?? "");
  assertEquals(new Set(ids).size, ids.length, "every id stands once");
  const links = [...PAGE.matchAll(/\s(?:href|aria-labelledby)="([^"]*)"/g)]
    .flatMap(([attribute, value = ""]) =>
      attribute.includes("href") ? [value.replace(/^#/, "")] : value.split(" ")
    );
  assert(links.length > 10);
  assertEquals(links.filter((id) => !ids.includes(id)), []);
  assertEquals(/(?:https?:)?\/\/[a-z]/i.exec(PAGE.replaceAll("\n", " "))?.[0] ?? null, null);
});

Deno.test("renderReport() runs and shows only what its policy names", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(PAGE)?.[1] ?? "";
  assertMatch(policy, /^default-src 'none'; /);
  const style = /<style>([^]*?)<\/style>/.exec(PAGE)?.[1] ?? "";
  const script = /<script>([^]*?)<\/script>/.exec(PAGE)?.[1] ?? "";
  assertStringIncludes(policy, `style-src ${sourceOf(style)};`);
  assertStringIncludes(policy, `script-src ${sourceOf(script)};`);
  assertEquals(/innerHTML|insertAdjacent|document\.write|eval|Function/.test(script), false);
  assert(PAGE.indexOf(REPORT_MARK) > 0 && PAGE.indexOf(REPORT_MARK) < 4096);
});

Deno.test("renderReport() gives the script its data as JSON that ends nothing", () => {
  const text = /<script id="points"[^>]*>([^]*?)<\/script>/.exec(PAGE)?.[1] ?? "";
  assertEquals(/[<>&]/.test(text), false);
  const data = JSON.parse(text);
  assertEquals(Object.keys(data), ["store-1-vectors-1", "store-2-vectors-1"]);
  assertEquals(data["store-1-vectors-1"].points.length, 5);
  assertStringIncludes(data["store-1-vectors-1"].points[0][3], '"><img src=x onerror="document');
});

Deno.test("renderReport() says of every damaged range its code, its bytes and what stands there", () => {
  const labels = [...PAGE.matchAll(/class="range \w+" href="#[^"]*"\s+aria-label="([^"]*)"/g)]
    .map(([, label]) => label ?? "");
  assertEquals(labels.length, 3);
  // What is worse lies on top, so it comes later.
  assertMatch(labels[0] ?? "", /^VF1305 warning: from byte 1,000 /);
  assertMatch(
    labels[2] ?? "",
    /^VF2101 fatal: bytes 0 \(0x0\) to 99, 100 bytes \(&quot;&gt;&lt;img/,
  );
  assertMatch(labels[1] ?? "", /^VF2203 error: from byte 400 \(0x190\)\. slot-zeroed/);
  // Readable without a pointer and without a script as well.
  assertStringIncludes(PAGE, "<td>bytes 0 (0x0) to 99, 100 bytes</td>");
});

Deno.test("renderReport() says in words what colours and shapes say", () => {
  assertStringIncludes(PAGE, '<strong class="fatal">UNSAFE</strong>');
  assertStringIncludes(PAGE, "<title>2 of 2 stores are damaged · vecfsck report</title>");
  const clean = pageOf({ findings: hostileFindings([]).report, status: null, summary: null });
  assertStringIncludes(clean, "<title>The store was not checked · vecfsck report</title>");
  assertStringIncludes(clean, '<strong class="unknown">NOT CHECKED</strong>');
  assertStringIncludes(PAGE, '<span class="badge fatal">fatal</span>');
});

Deno.test("renderReport() explains every code that there is in the page itself", () => {
  const page = pageOf({ findings: hostileFindings(EVERY_FINDING).report });
  const codes = [...page.matchAll(/<a href="#(VF\d{4})">/g)].map(([, code]) => code ?? "");
  assertEquals(new Set(codes).size, EVERY_FINDING.length);
  for (const code of codes) assertStringIncludes(page, `<div id="${code}"`);
});

Deno.test("renderReport() stays bounded, and says what there is no room for", () => {
  const many = hostileFindings(["slot-zeroed", "vector-not-finite", "queue-unpurged"], 5000).report;
  const page = pageOf({ findings: many });
  assert(page.length < 2_000_000, `${page.length} characters`);
  const [, shown = "0"] = /room for (\d+) findings? of\s+15,000/.exec(page) ?? [];
  assertEquals(shown, String([...page.matchAll(/id="store-1-finding-\d+"/g)].length));
  assertStringIncludes(
    page,
    `… and ${(15_000 - Number(shown) - 10_000).toLocaleString("en-US")} more`,
  );
  const long = pageOf({ failure: { code: "busy", message: "x".repeat(10 << 20), hint: null } });
  assert(long.length < 200_000);
});

/** The luminance of a colour, by WCAG 2.2. */
function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** The colours of the page: by day, by night, on paper. */
function palettes(): Map<string, string>[] {
  const roots = [...REPORT_STYLE.matchAll(/:root \{([^}]*#[^}]*)\}/g)];
  return roots.map(([, body = ""]) =>
    new Map([...body.matchAll(/--(\w+): (#[0-9a-f]{6})/g)].map(([, name = "", colour = ""]) => [
      name,
      colour,
    ]))
  );
}

Deno.test("the colours of the pages have the contrast that they need, by day, by night and on paper", () => {
  const all = palettes();
  assertEquals(all.length, 3);
  for (const palette of all) {
    const of = (name: string): string => {
      const colour = palette.get(name);
      assert(colour !== undefined, name);
      return colour;
    };
    const need = (front: string, back: string, least: number): void => {
      const contrast = contrastOf(of(front), of(back));
      assert(contrast >= least, `${front} on ${back}: ${contrast.toFixed(2)}`);
    };
    for (const text of ["text", "faint", "good", "warning", "error", "info"]) {
      for (const ground of ["page", "card", "inset"]) need(text, ground, 4.5);
    }
    // What is drawn: outlines on the card, marks on the bar, signs in a shape, the text of a badge.
    for (const ground of ["card", "inset"]) need("edge", ground, 3);
    for (const mark of ["error", "warning", "info"]) need(mark, "fill", 3);
    need("card", "error", 4.5);
    need("page", "text", 4.5);
  }
});
