import { assertEquals } from "@std/assert";
import { listFindingCodes } from "../../lib/model/codes.ts";
import { countSeverities, createFinding, drawVerdict } from "../../lib/model/finding.ts";
import { PlaceTally } from "../../lib/model/place_tally.ts";

Deno.test("createFinding() takes code, severity, effect and repair from the table", () => {
  const finding = createFinding("slot-neighbour-range", { message: "x", path: "a/b", offset: 4 });
  assertEquals([finding.code, finding.severity, finding.count], ["VF2205", "fatal", 1]);
  assertEquals([finding.path, finding.offset, finding.collection], ["a/b", 4, null]);
});

Deno.test("drawVerdict() is as bad as the worst finding", () => {
  const counts = (...names: Parameters<typeof createFinding>[0][]) =>
    countSeverities(names.map((name) => createFinding(name, { message: "x" })));
  assertEquals(drawVerdict(counts()), "clean");
  assertEquals(drawVerdict(counts("foreign-entry")), "clean");
  assertEquals(drawVerdict(counts("foreign-entry", "sqlite-stray-wal")), "warnings");
  assertEquals(drawVerdict(counts("sqlite-stray-wal", "tenant-missing")), "damaged");
  assertEquals(drawVerdict(counts("tenant-missing", "header-truncated")), "unsafe");
});

Deno.test("listFindingCodes() gives every code once, in order, with all its texts", () => {
  const codes = listFindingCodes();
  assertEquals(codes.map(({ code }) => code), [...new Set(codes.map(({ code }) => code))].sort());
  for (const { name, title, cause, effect, repair } of codes) {
    assertEquals(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name), true, name);
    assertEquals(title.endsWith("."), false, `${name}: ${title}`);
    assertEquals(/^\S.*[^.]$/.test(cause), true, `${name}: ${cause}`);
    assertEquals(effect.endsWith(".") && repair.endsWith("."), true, name);
  }
});

Deno.test("PlaceTally joins ranges that touch, counts all, and keeps the first 64", () => {
  const tally = new PlaceTally();
  tally.add(3, 30, 10);
  tally.add(4, 40, 10);
  for (let index = 10; index < 200; index += 2) tally.add(index, index * 10, 10);
  const { places } = tally;
  assertEquals([places.count, places.firstIndex, places.firstOffset], [97, 3, 30]);
  assertEquals(places.ranges.length, 64);
  assertEquals(places.ranges[0], [30, 50]);
});
