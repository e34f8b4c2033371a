/**
 * The parts of `deno task compile` that need no runtime: names, checksums, packages, the bill of
 * materials.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { renderChecksums, sha256OfFile } from "../../scripts/compile/checksums.ts";
import {
  findPackages,
  readLockedDigest,
  readPackages,
  renderNotices,
} from "../../scripts/compile/packages.ts";
import {
  chooseRuntime,
  describeMissingRuntimes,
  readGivenRuntime,
} from "../../scripts/compile/runtime.ts";
import { renderSbom, type SbomContent } from "../../scripts/compile/sbom.ts";
import { readSourceState } from "../../scripts/compile/source_state.ts";
import { giveStableNames } from "../../scripts/compile/stable_names.ts";
import { nameWorkers } from "../../scripts/compile/workers.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";

Deno.test("giveStableNames() gives the names that do not depend on the builder's machine", () => {
  const bundle = (digests: readonly [string, string, string], home: string) =>
    new Map([
      [`part-${digests[0]}.js`, `// ${home}/npm/registry.npmjs.org/@a/b/1.2.3/x.js\nlet a = 1;`],
      [`part-${digests[1]}.js`, `import "./part-${digests[0]}.js";`],
      [`verb-${digests[2]}.js`, `import "./part-${digests[1]}.js"; "./other-ABCDEFGH.js";`],
      ["cli.js", `import("./verb-${digests[2]}.js"); import "./part-${digests[1]}.js";`],
      ["unused.js", "let b = 2;"],
    ]);
  const one = giveStableNames(
    bundle(["AAAAAAA1", "BBBBBBB2", "CCCCCCC3"], "../../home/me"),
    "cli.js",
  );
  const other = giveStableNames(
    bundle(["ZZZZZZZ1", "YYYYYYY2", "XXXXXXX3"], "/var/cache"),
    "cli.js",
  );
  assertEquals([...one], [
    ["cli.js", 'import("./verb.js"); import "./part.js";'],
    ["verb.js", 'import "./part.js"; "./other-ABCDEFGH.js";'],
    ["part.js", 'import "./part-2.js";'],
    ["part-2.js", "// npm:@a/b/1.2.3/x.js\nlet a = 1;"],
  ]);
  assertEquals([...other], [...one]);
});

Deno.test("nameWorkers() names each thread by its place, and its starter by that name", () => {
  const starter = 'new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })';
  assertEquals(nameWorkers("lib/hnsw/build/threads.ts", `a ${starter} b`), {
    workers: [{ source: "lib/hnsw/build/worker.ts", name: "hnsw-build-worker" }],
    text: 'a new Worker(new URL("./hnsw-build-worker.js", import.meta.url), { type: "module" }) b',
  });
  assertEquals(nameWorkers("lib/a.ts", 'new URL("./a", base)').workers, []);
});

Deno.test("renderChecksums() writes what sha256sum --check reads, in the order of the paths", async () => {
  const directory = await scratchDirectory();
  await Deno.writeTextFile(join(directory, "abc"), "abc");
  // The digest of "abc" in FIPS 180-2.
  const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assertEquals(await sha256OfFile(join(directory, "abc")), digest);
  assertEquals(
    renderChecksums([{ path: "b/c", sha256: digest }, { path: "abc", sha256: digest }]),
    `${digest}  abc\n${digest}  b/c\n`,
  );
});

Deno.test("findPackages() finds the packages whose code is in the program, and no others", () => {
  const texts = [
    "// npm:modern-tar/0.8.6/dist/a.js\nlet a;\n// npm:modern-tar/0.8.6/dist/b.js\n",
    "// npm:@scope/name/1.0.0-rc.1/x.js\n  // npm:indented/1.0.0/x.js\n// lib/cli/main.ts\n",
  ];
  assertEquals(findPackages(texts), ["@scope/name@1.0.0-rc.1", "modern-tar@0.8.6"]);
});

Deno.test("readLockedDigest() gives the digest in hexadecimal, and refuses a package without", async () => {
  const lock: unknown = JSON.parse(await Deno.readTextFile(join(REPOSITORY, "deno.lock")));
  assertMatch(readLockedDigest(lock, "modern-tar@0.8.6"), /^[0-9a-f]{128}$/);
  for (const wrong of [lock, null, {}, { npm: { "a@1.0.0": { integrity: "sha1-abc" } } }]) {
    assertThrows(() => readLockedDigest(wrong, "a@1.0.0"), Error, "a@1.0.0");
  }
});

Deno.test("readPackages() reads the licence in Deno's cache, below any registry", async () => {
  const cache = await scratchDirectory();
  const lock = { npm: { "@a/b@1.0.0": { integrity: `sha512-${"A".repeat(86)}==` } } };
  await Deno.mkdir(join(cache, "mirror.example", "@a/b/1.0.0"), { recursive: true });
  await Deno.writeTextFile(join(cache, ".lock"), "");
  await Deno.writeTextFile(
    join(cache, "mirror.example", "@a/b/1.0.0/package.json"),
    JSON.stringify({ license: "(MIT OR Apache-2.0)" }),
  );
  const [bare] = await readPackages(["@a/b@1.0.0"], lock, cache);
  assertEquals(bare, {
    name: "@a/b",
    version: "1.0.0",
    license: "(MIT OR Apache-2.0)",
    notice: null,
    sha512: "0".repeat(128),
  });
  await Deno.writeTextFile(join(cache, "mirror.example", "@a/b/1.0.0/LICENSE.md"), "Be kind.\n");
  const packages = await readPackages(["@a/b@1.0.0"], lock, cache);
  assertStringIncludes(renderNotices(packages), "@a/b 1.0.0");
  assertStringIncludes(renderNotices(packages), "Be kind.");
});

Deno.test("chooseRuntime() takes the given one for its own target alone", () => {
  const sources = {
    version: "2.9.6",
    cache: "/cache",
    given: { path: "/opt/denort", target: "x86_64-unknown-linux-gnu" },
  };
  assertEquals(chooseRuntime("x86_64-unknown-linux-gnu", sources), {
    path: "/opt/denort",
    url: null,
  });
  const { path, url } = chooseRuntime("aarch64-apple-darwin", sources);
  assertEquals(path, join("/cache", "dl/release/v2.9.6/denort-aarch64-apple-darwin.zip"));
  assertEquals(url, "https://dl.deno.land/release/v2.9.6/denort-aarch64-apple-darwin.zip");
});

Deno.test("readGivenRuntime() knows the system of a runtime, and refuses what is none", async () => {
  assertEquals(await readGivenRuntime(undefined), null);
  assertEquals(await readGivenRuntime(""), null);
  assertEquals(await readGivenRuntime(Deno.execPath()), {
    path: Deno.execPath(),
    target: Deno.build.target,
  });
  for (const path of [join(REPOSITORY, "deno.json"), join(REPOSITORY, "no-such-file")]) {
    const error = await readGivenRuntime(path).then(() => null, (error) => error);
    assertMatch(String(error), /DENORT_BIN names .*(no runtime|cannot be read)/);
  }
});

Deno.test("describeMissingRuntimes() names each file, its source and its place", () => {
  const missing = [{
    target: "x86_64-apple-darwin",
    runtime: { path: "/cache/x.zip", url: "https://dl.example/x.zip" },
  }];
  const text = describeMissingRuntimes(missing).join("\n");
  for (const part of ["x86_64-apple-darwin", "/cache/x.zip", "https://dl.example/x.zip"]) {
    assert(text.includes(part), part);
  }
  assertMatch(text, /DENORT_BIN/);
});

const CONTENT: SbomContent = {
  version: "0.1.0",
  commit: "1f".repeat(20),
  dateSeconds: 1_700_000_000,
  runtimeVersion: "2.9.6",
  runtimes: [{
    target: "x86_64-unknown-linux-gnu",
    sha256: "ab".repeat(32),
    url: "https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip",
  }],
  packages: [
    {
      name: "@a/b",
      version: "1.0.0",
      license: "MIT OR Apache-2.0",
      notice: null,
      sha512: "cd".repeat(64),
    },
    { name: "c", version: "2.0.0", license: "MIT", notice: null, sha512: "ef".repeat(64) },
    { name: "d", version: "3.0.0", license: null, notice: null, sha512: "ef".repeat(64) },
  ],
  executables: [{ path: "vecfsck-0.1.0-x86_64-unknown-linux-gnu", sha256: "12".repeat(32) }],
};

Deno.test("renderSbom() lists each part with licence, version, package URL and digest", () => {
  const bill = JSON.parse(renderSbom(CONTENT));
  assertEquals([bill.bomFormat, bill.specVersion, bill.version], ["CycloneDX", "1.6", 1]);
  assertMatch(
    bill.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assertEquals(bill.metadata.timestamp, "2023-11-14T22:13:20Z");
  assertEquals(bill.metadata.component.properties, [
    { name: "vecfsck:commit", value: CONTENT.commit },
  ]);
  const [runtime, scoped, plain, bare, executable] = bill.components;
  assertEquals([runtime.type, runtime.name, runtime.version], ["platform", "denort", "2.9.6"]);
  assertEquals(runtime.externalReferences[0].url, CONTENT.runtimes[0]?.url);
  assertEquals([scoped.purl, scoped.type], ["pkg:npm/%40a/b@1.0.0", "library"]);
  assertEquals(scoped.licenses, [{ expression: "MIT OR Apache-2.0" }]);
  assertEquals(scoped.hashes, [{ alg: "SHA-512", content: "cd".repeat(64) }]);
  assertEquals(plain.licenses, [{ license: { id: "MIT" } }]);
  assertEquals(bare.licenses, undefined);
  assertEquals([executable.type, executable.name], ["file", CONTENT.executables[0]?.path]);
  assertEquals(executable.hashes, [{ alg: "SHA-256", content: "12".repeat(32) }]);
  const refs = bill.components.map((component: Record<string, unknown>) => component["bom-ref"]);
  assertEquals(new Set(refs).size, refs.length);
  assertEquals(bill.dependencies[0].ref, bill.metadata.component["bom-ref"]);
  for (const ref of bill.dependencies[0].dependsOn) assert(refs.includes(ref), ref);
});

Deno.test("renderSbom() gives the same bytes for the same content, and others for another", () => {
  assertEquals(renderSbom(CONTENT), renderSbom(structuredClone(CONTENT)));
  const other = JSON.parse(renderSbom({ ...CONTENT, commit: null }));
  assertNotEquals(other.serialNumber, JSON.parse(renderSbom(CONTENT)).serialNumber);
  assertEquals(other.metadata.component.properties, undefined);
});

Deno.test("readSourceState() takes the date from SOURCE_DATE_EPOCH, and refuses what is no date", async () => {
  const outside = await scratchDirectory();
  assertEquals(await readSourceState(outside, "1700000000"), {
    commit: null,
    dateSeconds: 1_700_000_000,
  });
  assertEquals(await readSourceState(outside, undefined), { commit: null, dateSeconds: 0 });
  for (const wrong of ["", "-1", "1.5", "yesterday", "1e400"]) {
    const error = await readSourceState(outside, wrong).then(() => null, (error) => error);
    assert(error instanceof RangeError, wrong);
  }
});
