import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import {
  type BackupManifest,
  encodeManifest,
  encodeManifestDigest,
  isBackupId,
  ManifestError,
  parseManifest,
  readManifest,
} from "../../lib/backup/manifest.ts";
import { OUTER_PATHS } from "../support/hostile_paths.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { scratchDirectory } from "../support/fixtures.ts";

const DIGEST = "0123456789abcdef".repeat(4);

const FILE: BackupManifest["files"][number] = {
  path: "segment/data_level0.bin",
  sizeBytes: 10,
  sha256: DIGEST,
  mode: 0o640,
  modifiedMs: 1_700_000_000_123,
  kind: "file",
  source: {
    sizeBytes: 10,
    modifiedMs: 1_700_000_000_123,
    changedMs: null,
    inode: 7,
    changeCounter: null,
  },
  sharedWith: null,
};

const MANIFEST: BackupManifest = {
  vecfsckBackup: 1,
  id: "20260131T040000Z",
  store: "/srv/chroma",
  storeMode: 0o750,
  scope: "all",
  format: "chroma",
  engine: "chroma 1.5",
  createdAt: "2026-01-31T04:00:00.123Z",
  vecfsckVersion: "0.1.0",
  good: true,
  check: {
    level: "full",
    verdict: "clean",
    counts: { fatal: 0, error: 0, warning: 0, info: 2 },
    findings: ["VF1004"],
    at: "2026-01-31T04:00:02.000Z",
  },
  collections: [{ id: "a", name: "b", records: 2, vectors: 1, hash: DIGEST }],
  directories: [{ path: "segment", mode: null }],
  files: [{ ...FILE, path: "chroma.sqlite3", kind: "database" }, FILE],
  leftOut: [{ path: "socket", reason: "neither a file nor a directory" }],
};

/** The manifest with a field, named by its way, set to a value. */
function withField(way: readonly (string | number)[], value: unknown): string {
  const manifest = structuredClone(MANIFEST) as unknown as Record<string, unknown>;
  let object = manifest;
  for (const key of way.slice(0, -1)) object = object[key] as Record<string, unknown>;
  const last = way.at(-1) ?? "";
  if (value === undefined) delete object[last];
  else object[last] = value;
  return JSON.stringify(manifest);
}

function refusalOf(text: string): string {
  return assertThrows(() => parseManifest(text, "/backups/x/manifest.json"), ManifestError).message;
}

Deno.test("parseManifest() reads what encodeManifest() writes", () => {
  assertEquals(parseManifest(encodeManifest(MANIFEST)), MANIFEST);
});

Deno.test("parseManifest() takes a manifest without a scope for one of all, and knows no third", () => {
  assertEquals(parseManifest(withField(["scope"], undefined)), MANIFEST);
  assertEquals(parseManifest(withField(["scope"], "metadata")).scope, "metadata");
  assertStringIncludes(refusalOf(withField(["scope"], "half")), "scope is none of all, metadata");
});

Deno.test("parseManifest() passes over fields that a later version adds", () => {
  assertEquals(parseManifest(withField(["files", 0, "colour"], "blue")), MANIFEST);
});

Deno.test("parseManifest() names every field that is missing or of another kind", () => {
  const ways: (readonly (string | number)[])[] = [
    ["vecfsckBackup"],
    ["id"],
    ["store"],
    ["format"],
    ["engine"],
    ["createdAt"],
    ["vecfsckVersion"],
    ["good"],
    ["check"],
    ["check", "level"],
    ["check", "verdict"],
    ["check", "counts"],
    ["check", "counts", "error"],
    ["check", "findings"],
    ["check", "at"],
    ["collections"],
    ["collections", 0, "records"],
    ["collections", 0, "hash"],
    ["directories"],
    ["directories", 0, "path"],
    ["directories", 0, "mode"],
    ["files"],
    ["files", 1, "path"],
    ["files", 1, "sizeBytes"],
    ["files", 1, "sha256"],
    ["files", 1, "mode"],
    ["files", 1, "modifiedMs"],
    ["files", 1, "kind"],
    ["files", 1, "source"],
    ["files", 1, "source", "inode"],
    ["files", 1, "sharedWith"],
    ["leftOut"],
    ["leftOut", 0, "reason"],
  ];
  for (const way of ways) {
    const name = String(way.at(-1));
    for (const value of [undefined, ["no"], -1.5]) {
      // A time of modification may be any number, before 1970 too.
      if (name === "modifiedMs" && value === -1.5) continue;
      if (name === "inode" && value === -1.5) continue;
      if (name === "findings" && Array.isArray(value)) continue;
      const message = refusalOf(withField(way, value));
      assertStringIncludes(message, name);
      assertStringIncludes(message, "/backups/x/manifest.json");
    }
  }
});

Deno.test("parseManifest() refuses paths that lead out of the backup", () => {
  const own = [".vecfsck", ".vecfsck/journal", ".VECFSCK/journal"];
  for (const path of [...OUTER_PATHS, ...own]) {
    assertStringIncludes(
      refusalOf(withField(["files", 1, "path"], path)),
      "leads out of the backup",
    );
    assertStringIncludes(
      refusalOf(withField(["directories", 0, "path"], path)),
      "leads out of the backup",
    );
  }
});

Deno.test("parseManifest() refuses entries that are listed twice or without their directory", () => {
  assertStringIncludes(
    refusalOf(withField(["files", 1, "path"], "chroma.sqlite3")),
    "chroma.sqlite3 is listed twice",
  );
  assertStringIncludes(refusalOf(withField(["files", 1, "path"], "segment")), "listed twice");
  assertStringIncludes(
    refusalOf(withField(["files", 1, "path"], "other/file")),
    "other/file is in a directory that is not listed",
  );
  // A file is no directory, whatever an entry below it says.
  assertStringIncludes(
    refusalOf(withField(["files", 1, "path"], "chroma.sqlite3/inner")),
    "not listed",
  );
});

Deno.test("parseManifest() refuses a version and a format that it does not know", () => {
  assertStringIncludes(refusalOf(withField(["vecfsckBackup"], 2)), "has version 2");
  assertStringIncludes(refusalOf(withField(["format"], "faiss")), "format is none that this");
});

Deno.test("parseManifest() refuses what is no JSON object", () => {
  for (const text of ["", "{", "[]", "null", '"text"', "\0".repeat(100)]) refusalOf(text);
});

Deno.test("isBackupId() knows the names of backups", () => {
  for (const id of ["20260131T040000Z", "20260131T040000Z-2", "20260131T040000Z-10"]) {
    assert(isBackupId(id), id);
  }
  for (const id of ["", "20260131T040000Z-0", "20260131T040000", "../20260131T040000Z", "latest"]) {
    assert(!isBackupId(id), id);
  }
});

async function writtenManifest(text: string, digest: string): Promise<string> {
  const directory = await scratchDirectory();
  Deno.writeTextFileSync(join(directory, "manifest.json"), text);
  Deno.writeTextFileSync(join(directory, "manifest.json.sha256"), digest);
  return directory;
}

Deno.test("readManifest() reads a manifest that sha256sum finds right", async () => {
  const text = encodeManifest(MANIFEST);
  const directory = await writtenManifest(text, encodeManifestDigest(text));
  assertEquals(readManifest(localFs, directory), MANIFEST);
  if (Deno.build.os !== "linux") return;
  const { success } = await new Deno.Command("sha256sum", {
    args: ["--check", "--strict", "manifest.json.sha256"],
    cwd: directory,
    stdout: "null",
  }).output();
  assert(success);
});

Deno.test("readManifest() refuses a manifest in which anything has changed", async () => {
  const text = encodeManifest(MANIFEST);
  const changed = await writtenManifest(
    text.replace('"records": 2', '"records": 3'),
    encodeManifestDigest(text),
  );
  assertStringIncludes(
    assertThrows(() => readManifest(localFs, changed), ManifestError).message,
    "its digest is not the one",
  );
  const empty = await scratchDirectory();
  const missing = assertThrows(() => readManifest(localFs, empty), OperationError);
  assertStringIncludes(missing.message, "manifest.json is missing");
  assertEquals(missing.path, join(empty, "manifest.json"));
});

Deno.test("readManifest() refuses bytes that are no text", async () => {
  const directory = await writtenManifest("", "");
  Deno.writeFileSync(join(directory, "manifest.json"), Uint8Array.of(0xff, 0xfe, 0));
  assertStringIncludes(
    assertThrows(() => readManifest(localFs, directory), ManifestError).message,
    "not UTF-8",
  );
});
