import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { createFinding } from "../../lib/model/finding.ts";
import { type CheckState, encodeState, parseState } from "../../lib/seal/state_format.ts";

const STAMP = { sizeBytes: 4096, modifiedMs: 1_795_244_400_000, changedMs: null, inode: null };

const FINDING = createFinding("slot-label-invalid", {
  path: "a/data_level0.bin",
  segment: "a",
  offset: 12,
  count: 3,
  message: "Three labels — that no “engine” gives",
  detail: { slots: [1, 2, 3], nested: { value: null } },
});

const FOUND = {
  findings: [FINDING],
  checkedBytes: { "a/data_level0.bin": 4096 },
  skipped: [{ reason: "slots that are not in use", sizeBytes: 10 }],
};

const STATE: CheckState = {
  isSound: false,
  tasks: [
    {
      key: "one",
      whole: {
        verifiedMs: 1_795_244_500_000,
        inputs: [
          { path: "chroma.sqlite3", stamp: { path: "chroma.sqlite3", ...STAMP, inode: 3 } },
          { path: "chroma.sqlite3-wal", stamp: null },
        ],
        result: { ...FOUND, facts: { records: 3 } },
      },
      part: {
        key: "part of one",
        verifiedMs: 1_795_244_500_001,
        inputs: [{
          path: "a/data_level0.bin",
          stamp: { path: "a/data_level0.bin", ...STAMP },
        }],
        kept: { ...FOUND, data: { slots: 3 } },
      },
      unfinishedMs: 0,
      triedMs: 0,
    },
    { key: "two", whole: null, part: null, unfinishedMs: 600_000, triedMs: 1_795_244_400_000 },
  ],
};

function withText(change: (text: string) => string): Uint8Array {
  const text = change(new TextDecoder().decode(encodeState(STATE)).split("\n")[1] ?? "");
  const digest = createHash("sha256").update(text).digest("hex");
  return new TextEncoder().encode(`vecfsck-checked 1 ${digest}\n${text}\n`);
}

Deno.test("parseState() gives what encodeState() was given", () => {
  assertEquals(parseState(encodeState(STATE)), STATE);
});

Deno.test("parseState() knows nothing of what another version has written", () => {
  assertEquals(
    parseState(withText((text) => text.replace(/"version":"[^"]*"/, '"version":"0"'))),
    null,
  );
});

Deno.test("parseState() refuses a state that is damaged at any byte or cut off", () => {
  const bytes = encodeState(STATE);
  for (let offset = 0; offset < bytes.length - 1; offset++) {
    const damaged = bytes.slice();
    damaged[offset] = (damaged[offset] ?? 0) ^ 1;
    assertEquals(typeof parseState(damaged), "string", `byte ${offset}`);
    assertEquals(typeof parseState(bytes.subarray(0, offset)), "string", `${offset} bytes`);
  }
});

Deno.test("parseState() refuses what a hostile state with a right digest claims", () => {
  const hostile: [string, (text: string) => string][] = [
    ["is no path", (text) => text.replaceAll("a/data_level0.bin", "../secret")],
    ["is no whole number", (text) => text.replaceAll('"sizeBytes":4096', '"sizeBytes":-1')],
    ["is no number", (text) => text.replace("600000", '"long"')],
    ["is no time", (text) => text.replace("1795244500000", "1e300")],
    ["is none of", (text) => text.replaceAll("slot-label-invalid", "no-such-finding")],
    ["is no list", (text) => text.replace('"inputs":[', '"inputs":0,"x":[')],
    ["is no text", (text) => text.replace('"key":"one"', '"key":1')],
    ["is no JSON", (text) => text.slice(1)],
    ["no object", () => "7"],
  ];
  for (const [says, change] of hostile) {
    const answer = parseState(withText(change));
    assert(typeof answer === "string", says);
    assertStringIncludes(answer, says);
  }
});

Deno.test("encodeState() leaves out a result that is very long", () => {
  const [task] = STATE.tasks;
  assert(task !== undefined && task.whole !== null);
  const facts = { text: "x".repeat(2 << 20) };
  const whole = { ...task.whole, result: { ...task.whole.result, facts } };
  const state = parseState(encodeState({ ...STATE, tasks: [{ ...task, whole }] }));
  assert(state !== null && typeof state !== "string");
  assertEquals(state.tasks.map(({ whole, part }) => [whole, part === null]), [[null, false]]);
});
