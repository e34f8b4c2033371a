/**
 * Exports held against what real engines answer, bit for bit.
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { exportStore } from "../../lib/export/export_store.ts";
import { type GoldenStore, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";

const COMPARE = fromFileUrl(new URL("./compare_export.py", import.meta.url));
const WRITE_VALUES = fromFileUrl(new URL("./write_values.py", import.meta.url));

/** Which store is asked of which engine. */
const STORES: readonly (readonly [GoldenStore, string])[] = [
  ["chroma-0.4.24", "0.4.24"],
  ["chroma-0.5.23", "0.5.23"],
  ["chroma-0.5.23", "0.6.3"],
  ["chroma-1.0.21-configuration", "1.0.21"],
  ["chroma-0.5.23-then-1.5.9", "1.5.9"],
  ["chroma-1.5.9", "1.5.9"],
];

/** What the engine has, held against an export of the same. */
interface Comparison {
  readonly compared: number;
  readonly differences: readonly string[];
}

async function runPython(version: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(findEngine(version) ?? "", {
    args: [...args],
    env: { ANONYMIZED_TELEMETRY: "False" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Exports a store, has the engine answer for every record, and holds both against each other. */
async function compare(store: string, version: string): Promise<number> {
  const path = join(await scratchDirectory(), "export.jsonl");
  const { state, collections } = await exportStore(store, { format: "jsonl", target: path });
  assertEquals(state, "exported");
  const answer: Record<string, Comparison> = JSON.parse(
    await runPython(version, [COMPARE, store, path]),
  );
  const exported = collections.map(({ facts }) => facts.name ?? "");
  assertEquals(Object.keys(answer).sort(), exported.sort());
  for (const [name, { differences }] of Object.entries(answer)) {
    assertEquals(differences, [], name);
  }
  return Object.values(answer).reduce((sum, { compared }) => sum + compared, 0);
}

for (const [name, version] of STORES) {
  Deno.test({
    name: `exportStore() writes of ${name} what Chroma ${version} answers, bit for bit`,
    ignore: findEngine(version) === null,
    fn: async () => {
      const compared = await compare(await goldenStore(name), version);
      assertEquals(compared > 600, true, `${compared}`);
    },
  });
}

for (const version of ["0.5.23", "1.5.9"]) {
  Deno.test({
    name: `exportStore() writes every kind of value as Chroma ${version} answers it`,
    ignore: findEngine(version) === null,
    fn: async () => {
      const store = join(await scratchDirectory(), "store");
      await runPython(version, [WRITE_VALUES, store]);
      assertEquals(await compare(store, version) > 12, true);
    },
  });
}
