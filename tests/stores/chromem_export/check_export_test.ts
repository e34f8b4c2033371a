import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { gzipSync } from "node:zlib";
import { OperationError } from "../../../lib/base/errors.ts";
import { printable } from "../../../lib/base/printable.ts";
import { checkStore } from "../../../lib/engine/check.ts";
import type { RunCheckOptions } from "../../../lib/engine/run_check.ts";
import { findChromemJudge, judgeChromemExport } from "../../support/chromem_judge.ts";
import { chromemExport, chromemFacts } from "../../support/chromem_stores.ts";
import { brief, type CheckedStore, checkWhole } from "../../support/findings.ts";
import { scratchDirectory } from "../../support/fixtures.ts";
import { runCli } from "../../support/run_cli.ts";
import { snapshotTree } from "../../support/snapshot.ts";
import { Tmpfs } from "../../support/tmpfs.ts";
import { encryptExport, findText, flip, listDocuments, patch } from "./export_bytes.ts";

const EXPORTS = ["export.gob", "export.gob.gz", "export.gob.enc", "export.gob.gz.enc"] as const;
const FACTS = await chromemFacts();
const KEY = new TextEncoder().encode(FACTS.key);
const PLAIN = await Deno.readFile(await chromemExport("export.gob"));

/** A check, and what of it is damage. */
interface Checked extends CheckedStore {
  readonly damage: readonly string[];
}

/** Checks an export of these bytes. */
async function check(
  bytes: Uint8Array,
  name = "export.gob",
  options: RunCheckOptions = {},
): Promise<Checked> {
  const path = join(await scratchDirectory(), name);
  await Deno.writeFile(path, bytes);
  return await checkFile(path, options);
}

async function checkFile(path: string, options: RunCheckOptions = {}): Promise<Checked> {
  const checked = await checkWhole(path, options);
  const { summary, findings } = checked;
  assertEquals(summary.bytesChecked + summary.bytesSkipped, (await Deno.stat(path)).size);
  const damage = findings.filter(({ severity }) => severity === "error" || severity === "fatal");
  return { ...checked, damage: damage.map(brief) };
}

Deno.test("check counts in every golden export what the library has written", async () => {
  const documents = FACTS.collections.reduce((sum, { documents }) => sum + documents.length, 0);
  for (const name of EXPORTS) {
    const path = await chromemExport(name);
    const before = await snapshotTree(dirname(path));
    const { damage, summary } = await checkFile(path, name.endsWith(".enc") ? { key: KEY } : {});
    assertEquals(
      [damage, summary.format, summary.engine, summary.collections, summary.records],
      [[], "chromem-export", "chromem-go", FACTS.collections.length, documents],
    );
    assertEquals(summary.bytesSkipped, 0);
    assertEquals(await snapshotTree(dirname(path)), before, "something was written");
  }
});

Deno.test("check needs no extension to know an export", async () => {
  for (const bytes of [PLAIN, new Uint8Array(gzipSync(PLAIN))]) {
    assertEquals((await check(bytes, "backup-of-monday")).damage, []);
  }
  const encrypted = encryptExport(PLAIN, KEY);
  assertEquals((await check(encrypted, "secret", { key: KEY })).damage, []);
  // A key does no harm where nothing is encrypted.
  assertEquals((await check(PLAIN, "plain", { key: KEY })).damage, []);
});

Deno.test("check knows a compressed export that is damaged soon, whatever it is called", async () => {
  const gzip = new Uint8Array(gzipSync(PLAIN));
  const broken = patch(gzip, 1500, new Uint8Array(64).fill(0xff));
  const { damage } = await check(broken, "monday");
  assertEquals(damage.length > 0, true);
});

Deno.test("check of the quick level looks at no document of an export, and says so", async () => {
  const path = await chromemExport("export.gob.gz");
  const { summary, findings } = await checkFile(path, { level: "quick" });
  assertEquals([findings, summary.records, summary.bytesChecked], [[], null, 0]);
  assertEquals(summary.skipped.map(({ reason }) => reason), ["not read at this level"]);
});

Deno.test("check finds an export that is cut, and where", async () => {
  for (const length of [0, 1, 2, 20, 31, 200, 345, 5000, PLAIN.byteLength - 1]) {
    const { damage, findings } = await check(PLAIN.subarray(0, length));
    const name = length === 0 ? "gob-empty" : "gob-truncated";
    const [found] = findings.filter(({ severity }) => severity === "error");
    assertEquals([damage.length, found?.name, found?.path], [1, name, null], `${length} bytes`);
    // What is cut in the middle is named by where it begins.
    const offset = found?.offset ?? Infinity;
    assert(offset <= length && offset > length - 10_000, `${offset} of ${length}`);
    assertStringIncludes(found?.repair ?? "", "Use another export");
  }
});

Deno.test("check says how many documents stand before the damage, and which is the last", async () => {
  const documents = listDocuments(PLAIN);
  const [last, cut] = documents.slice(19, 21);
  const { findings, summary } = await check(PLAIN.subarray(0, (cut?.offset ?? 0) + 40));
  const found = findings.find(({ name }) => name === "gob-truncated");
  assertEquals(summary.records, 20);
  const words = `20 documents before that, the last is "${printable(last?.id ?? "")}"`;
  assertStringIncludes(found?.message ?? "", words);
});

Deno.test("check finds a compressed export that is cut, and one with a wrong checksum", async () => {
  const gzip = new Uint8Array(gzipSync(PLAIN));
  const size = gzip.byteLength;
  const gzipFindings = async (bytes: Uint8Array): Promise<string[]> =>
    (await check(bytes, "export.gob.gz")).findings
      .filter(({ code }) => code.startsWith("VF31")).map(brief);
  for (const length of [2, 9, 300, size - 500]) {
    const expected = [`error gzip-malformed - @${length}`];
    assertEquals(await gzipFindings(gzip.subarray(0, length)), expected);
  }
  assertEquals(await gzipFindings(gzip.subarray(0, size - 3)), [
    `warning gzip-checksum-missing - @${size - 3}`,
  ]);
  assertEquals(await gzipFindings(flip(gzip, size - 6)), [`error gzip-checksum - @${size - 8}`]);
});

Deno.test("check tells an encrypted export with another key, or with a bit changed", async () => {
  const encrypted = await Deno.readFile(await chromemExport("export.gob.gz.enc"));
  for (
    const [bytes, key] of [
      [encrypted, KEY.toReversed()],
      [flip(encrypted, 5), KEY],
      [flip(encrypted, 900, 7), KEY],
      [flip(encrypted, encrypted.byteLength - 1), KEY],
      [encrypted.subarray(0, -1), KEY],
      [encrypted.subarray(0, 28), KEY],
    ] as const
  ) {
    const { damage, summary } = await check(bytes, "export.gob.gz.enc", { key });
    assertEquals([damage, summary.bytesSkipped], [["error export-undecryptable -"], 0]);
  }
  const { damage } = await check(encrypted.subarray(0, 27), "x.enc", { key: KEY });
  assertEquals(damage, ["error export-too-short -"]);
});

Deno.test("check looks behind the encryption for what is wrong there", async () => {
  const cut = encryptExport(PLAIN.subarray(0, 5000), KEY);
  assertEquals((await check(cut, "a", { key: KEY })).damage, ["error gob-truncated -"]);
  const empty = encryptExport(new Uint8Array(), KEY);
  assertEquals((await check(empty, "a", { key: KEY })).damage, ["error gob-empty -"]);
});

Deno.test("check without a key says that a file may be encrypted", async () => {
  const path = await chromemExport("export.gob.enc");
  const error = await assertRejects(() => checkWhole(path), OperationError);
  assertEquals(error.code, "not-a-store");
  assertStringIncludes(error.hint ?? "", "--key-file");
});

Deno.test("check refuses a key of another length", async () => {
  const path = await chromemExport("export.gob.enc");
  const key = KEY.subarray(1);
  const error = await assertRejects(() => checkWhole(path, { key }), OperationError);
  assertEquals([error.code, error.message], ["usage", "A key has 32 bytes, not 31"]);
});

Deno.test("check refuses files that are no exports, those of a database among them", async () => {
  const directory = await scratchDirectory();
  const contents = {
    "0a1b2c3d.gob": PLAIN.subarray(findText(PLAIN, "Document\u0001") - 6),
    "tree.tar.gz": new Uint8Array(gzipSync(new Uint8Array(2048))),
    "picture": Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
    "empty": new Uint8Array(),
  };
  for (const [name, bytes] of Object.entries(contents)) {
    const path = join(directory, name);
    await Deno.writeFile(path, bytes);
    const error = await assertRejects(() => checkWhole(path), OperationError);
    assertEquals(error.code, "not-a-store", name);
  }
});

Deno.test("check finds names that differ from the keys, of collections and documents", async () => {
  // In an export each name stands twice: as the key of a map, and in what it is the key of.
  const key = findText(PLAIN, "sessions/8");
  const document = patch(PLAIN, findText(PLAIN, "sessions/8", key + 1), "sessions/X");
  const [found] = (await check(document)).findings.filter(({ code }) => code === "VF3303");
  assertEquals([found?.collection, found?.count], ["sessions", 1]);
  assertStringIncludes(found?.message ?? "", '"sessions/X" is filed as "sessions/8"');

  const name = findText(PLAIN, "knowledge-base");
  // The texts of the documents have the name too; a length of 14 stands before the one meant.
  const own = findText(PLAIN, "\u0001\u000eknowledge-base", name + 1) + 2;
  const collection = patch(PLAIN, own, "knowledge-BASE");
  const [renamed] = (await check(collection)).findings.filter(({ code }) => code === "VF3303");
  assertEquals(renamed?.detail, { key: "knowledge-base", name: "knowledge-BASE" });
});

Deno.test("check names a count for which an import would take all memory", async () => {
  const [first] = listDocuments(PLAIN);
  // The count of the collections stands before the length of the first key.
  const count = findText(PLAIN, first?.collection ?? "") - 2;
  const length = PLAIN.lastIndexOf(0xfe, count) + 1;
  const view = new DataView(PLAIN.slice(length, length + 2).buffer);
  view.setUint16(0, view.getUint16(0) + 4);
  const { findings } = await check(Uint8Array.from([
    ...PLAIN.subarray(0, length),
    ...new Uint8Array(view.buffer),
    ...PLAIN.subarray(length + 2, count),
    ...[0xfc, 0x40, 0, 0, 0],
    ...PLAIN.subarray(count + 1),
  ]));
  assertEquals(findings.map(brief), [`fatal gob-claims-memory - @${count}`]);
  assertStringIncludes(findings[0]?.effect ?? "", "Importing it");
});

Deno.test("check names bytes behind the value of an export", async () => {
  const { findings } = await check(Uint8Array.from([...PLAIN, 1, 2, 3]));
  const [trailing] = findings.filter(({ name }) => name === "gob-trailing-bytes").map(brief);
  assertEquals(trailing, `info gob-trailing-bytes - @${PLAIN.byteLength}`);
});

Deno.test("check does not fill a disk with what a few bytes become", async () => {
  const zeros = new Uint8Array(gzipSync(new Uint8Array(300 << 20)));
  const { damage } = await check(zeros, "export.gob.gz");
  assertEquals(damage.map((text) => text.split(" @")[0]), ["error gob-too-large -"]);
});

Deno.test("check of an export leaves no temporary file when it is cancelled", async () => {
  const temporary = dirname(await Deno.makeTempDir());
  const list = (): string[] => Array.from(Deno.readDirSync(temporary), ({ name }) => name);
  const before = new Set(list());
  const controller = new AbortController();
  const path = await chromemExport("export.gob.gz.enc");
  const events = checkStore(path, {
    key: KEY,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  setTimeout(() => controller.abort(), 0);
  const error = await assertRejects(() => Array.fromAsync(events), OperationError);
  assertEquals(error.code, "cancelled");
  const isOurs = (name: string): boolean => /^vecfsck-[^t]/.test(name) && !before.has(name);
  assertEquals(list().filter(isOurs), []);
});

Deno.test("check of an export says that there is no room for what is in it", async () => {
  using disk = await Tmpfs.mount(16 << 10);
  if (disk === null) return;
  const path = await chromemExport("export.gob.gz");
  const { code, stderr } = await runCli(["check", path], { env: { TMPDIR: disk.path } });
  assertEquals(code, 8);
  assertStringIncludes(stderr, "No space left");
  assertStringIncludes(stderr, "TMPDIR");
  assertEquals(Array.from(Deno.readDirSync(disk.path)), []);
});

Deno.test({
  name: "check calls an export damaged wherever the library refuses it",
  ignore: findChromemJudge() === null,
  fn: async () => {
    const directory = await scratchDirectory();
    const missed: string[] = [];
    const hold = async (name: string, what: string, bytes: Uint8Array): Promise<void> => {
      const path = join(directory, name);
      await Deno.writeFile(path, bytes);
      const isEncrypted = name.endsWith(".enc");
      const verdict = await judgeChromemExport(path, isEncrypted ? FACTS.key : undefined);
      if (verdict.opens) return;
      const found = await checkFile(path, isEncrypted ? { key: KEY } : {})
        .then(({ damage }) => damage.length > 0, (error) => error instanceof OperationError);
      if (!found) missed.push(`${name} ${what}`);
    };
    for (const name of ["export.gob", "export.gob.gz", "export.gob.gz.enc"] as const) {
      const bytes = await Deno.readFile(await chromemExport(name));
      for (let step = 0; step < 24; step++) {
        const at = Math.floor((bytes.byteLength * step) / 24) + step;
        await hold(name, `cut at ${at}`, bytes.subarray(0, at));
        await hold(name, `flipped at ${at}`, flip(bytes, at, step % 8));
      }
    }
    assertEquals(missed, []);
  },
});
