import { assertEquals } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { FleetTally } from "../../lib/fleet/fleet_sum.ts";
import {
  renderFleetHeading,
  renderFleetSum,
  renderInShort,
  renderTally,
} from "../../lib/output/fleet_text.ts";
import { plainPainter } from "../../lib/output/paint.ts";
import { finding, summary } from "./events.ts";

const PLAIN = { width: 80, paint: plainPainter };

Deno.test("renderTally() counts the stores and leaves out what did not occur", () => {
  const tally = { clean: 2000, warnings: 0, damaged: 1, unsafe: 0, incomplete: 0, notChecked: 1 };
  assertEquals(renderTally(tally), ["", "2,002 stores: 1 damaged, 2,000 clean, 1 not checked"]);
});

Deno.test("renderFleetHeading() says what is looked for, how, and by how many", () => {
  const start = { level: "full", jobs: 8, recursive: true } as const;
  assertEquals(renderFleetHeading({ ...start, operands: ["/srv\x1b[2J"] }, PLAIN), [
    "Checking every store in /srv\\u{1b}[2J and below (full check, 8 at once)",
  ]);
  assertEquals(renderFleetHeading({ ...start, operands: ["/a", "/b"] }, PLAIN), [
    "Checking every store in 2 directories and below (full check, 8 at once)",
  ]);
  assertEquals(renderFleetHeading({ ...start, recursive: false, operands: ["/a", "/b"] }, PLAIN), [
    "Checking 2 stores (full check, 8 at once)",
  ]);
});

Deno.test("renderInShort() shows the worst findings, and where the rest is to be seen", () => {
  const counts = { fatal: 1, error: 3, warning: 0, info: 1 };
  const lines = renderInShort(summary({ store: "/srv/a", verdict: "unsafe", counts }), [
    finding("foreign-entry"),
    ...Array.from({ length: 3 }, () => finding("sqlite-malformed")),
    finding("dimension-mismatch"),
  ], PLAIN);
  assertEquals(lines[0]?.startsWith("UNSAFE  /srv/a: "), true);
  assertEquals(lines.slice(1).map((line) => line.slice(0, 17)), [
    "  FATAL    VF1213",
    "  ERROR    VF1105",
    "  ERROR    VF1105",
    "  … and 1 more: v",
  ]);
  assertEquals(lines.at(-1), "  … and 1 more: vecfsck check /srv/a");
});

Deno.test("renderFleetSum() names the worst of many stores, and no more than there is room for", () => {
  const tally = new FleetTally();
  const counts = { fatal: 0, error: 2, warning: 1, info: 0 };
  for (let number = 0; number < 30; number++) {
    tally.add(summary({ store: `/srv/${number}`, verdict: "damaged", counts }));
  }
  tally.addFailure("/srv/x\n", new OperationError("busy", "The store is in use"));
  const lines = renderFleetSum(tally.sum, PLAIN);
  assertEquals(lines.slice(0, 3), [
    "",
    "The worst first",
    "  DAMAGED      /srv/0: 2 errors, 1 warning",
  ]);
  assertEquals(lines.slice(-3), [
    "  … and 11 more; the whole list: --json",
    "",
    "31 stores: 30 damaged, 1 not checked",
  ]);
});

Deno.test("renderFleetSum() gives few stores one line, for the worst are to be seen above", () => {
  const tally = new FleetTally();
  tally.addFailure("/srv/x", new OperationError("busy", "The store is in use"));
  assertEquals(renderFleetSum(tally.sum, PLAIN), ["", "1 store: 1 not checked"]);
  for (let number = 0; number < 10; number++) tally.add(summary());
  assertEquals(renderFleetSum(tally.sum, PLAIN).slice(2, 3), [
    "  NOT CHECKED  /srv/x: The store is in use",
  ]);
});
