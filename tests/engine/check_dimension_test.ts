import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { HEADER_OFFSETS } from "../../lib/hnsw/header.ts";
import { checkDimension } from "../../lib/engine/check_dimension.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { chromemExport, chromemStore } from "../support/chromem_stores.ts";
import { GOLDEN_STORES, goldenFacts, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { snapshotTree } from "../support/snapshot.ts";

Deno.test("checkDimension() tells the dimension of each collection of every golden store", async () => {
  for (const name of GOLDEN_STORES) {
    const store = await goldenStore(name);
    const before = await snapshotTree(store);
    const { collections } = await goldenFacts(name);
    for (const [collection, { id, dimension }] of Object.entries(collections)) {
      if (id === undefined || dimension === undefined || dimension === null) continue;
      const right = await checkDimension(store, collection, dimension);
      assertEquals([right.id, right.declared, right.fits, right.problem], [
        id,
        dimension,
        true,
        null,
      ]);
      assert(
        right.isConsistent && (right.index ?? dimension) === dimension,
        `${name} ${collection}`,
      );
      const wrong = await checkDimension(store, id, dimension + 1);
      assertEquals([wrong.name, wrong.fits, wrong.isConsistent], [collection, false, true]);
      assert(wrong.problem?.includes(`in the catalogue ${dimension}`), wrong.problem ?? "");
    }
    assertEquals(await snapshotTree(store), before);
  }
});

Deno.test("checkDimension() counts the vectors that wait in the queue", async () => {
  const { counted } = await checkDimension(await goldenStore("chroma-1.5.9"), "unflushed", 32);
  assertEquals(counted, [{ dimension: 32, vectors: 12 }]);
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const last = broken.value("SELECT max(seq_id) FROM embeddings_queue");
  broken.sql(`UPDATE embeddings_queue SET vector = zeroblob(64) WHERE seq_id = ${last}`);
  const checks = await Promise.all(
    ["unflushed", "notes"].map((name) => checkDimension(broken.path, name, 32)),
  );
  const torn = checks.find(({ isConsistent }) => !isConsistent);
  assertEquals(torn?.fits, false);
  assertEquals(torn?.counted.at(-1), { dimension: 16, vectors: 1 });
  assert(torn?.problem?.includes("in 1 vector 16"), torn?.problem ?? "");
});

Deno.test("checkDimension() takes anything where no vector ever was", async () => {
  const { declared, index, counted, isConsistent, fits, problem } = await checkDimension(
    await goldenStore("chroma-1.5.9"),
    "empty",
    7,
  );
  assertEquals([declared, index, counted, isConsistent, fits, problem], [
    null,
    null,
    [],
    true,
    true,
    null,
  ]);
});

Deno.test("checkDimension() tells when index and catalogue disagree", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  broken.sql("UPDATE collections SET dimension = 16 WHERE name = 'cosine'");
  const changed = await checkDimension(broken.path, "cosine", 16);
  assertEquals([changed.declared, changed.index, changed.isConsistent, changed.fits], [
    16,
    32,
    false,
    false,
  ]);
  // A header that makes no sense says nothing.
  broken.patchSegment("header.bin", (view) => {
    view.setBigUint64(HEADER_OFFSETS.vectorOffset, 1n << 40n, true);
  }, "cosine");
  assertEquals((await checkDimension(broken.path, "cosine", 16)).index, null);
  Deno.removeSync(broken.file("header.bin", "dot"));
  assertEquals((await checkDimension(broken.path, "dot", 16)).index, null);
});

Deno.test("checkDimension() reads the documents of chromem-go, by name or folder", async () => {
  for (const kind of ["plain", "gzip"] as const) {
    const store = await chromemStore(kind);
    const folders = [...Deno.readDirSync(store)].filter(({ isDirectory }) => isDirectory);
    const facts = await Promise.all(folders.map(({ name }) => checkDimension(store, name, 1)));
    const full = facts.find(({ counted }) => counted.length > 0);
    assert(full !== undefined);
    const [{ dimension, vectors } = { dimension: 0, vectors: 0 }] = full.counted;
    assert(dimension > 1 && vectors > 0);
    assertEquals([full.declared, full.index, full.fits], [null, null, false]);
    assertEquals((await checkDimension(store, full.name, dimension)).fits, true);
    assert(facts.some(({ counted, fits }) => counted.length === 0 && fits));
  }
});

Deno.test("checkDimension() throws what fits when nothing can be said", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.writeFileSync(broken.catalogue(), new Uint8Array(5_000).fill(7));
  const exported = await chromemExport("export.gob");
  const cases: [string, string, number, string][] = [
    [store, "cosine", 0, "usage"],
    [store, "cosine", 1.5, "usage"],
    [store, "nobody", 3, "usage"],
    [await chromemStore("plain"), "nobody", 3, "usage"],
    [join(await scratchDirectory(), "none"), "cosine", 3, "not-found"],
    [broken.path, "cosine", 32, "unsupported"],
    [exported, "cosine", 32, "unsupported"],
  ];
  for (const [path, collection, dimension, code] of cases) {
    const error = await assertRejects(
      () => checkDimension(path, collection, dimension),
      OperationError,
    );
    assertEquals(error.code, code, `${path} ${error.message}`);
  }
});

Deno.test("checkDimension() asks for the id where two collections have one name", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  broken.sql(
    "INSERT INTO databases (id, name, tenant_id) VALUES ('other', 'other', 'default_tenant')",
    "UPDATE collections SET name = 'cosine', database_id = 'other' WHERE name = 'dot'",
  );
  const error = await assertRejects(
    () => checkDimension(broken.path, "cosine", 32),
    OperationError,
  );
  assertEquals(error.code, "usage");
  const [, id = ""] = /by its id: (\S+),/.exec(error.hint ?? "") ?? [];
  assertEquals((await checkDimension(broken.path, id, 32)).name, "cosine");
});

const CHROMA = "1.5.9";

Deno.test({
  name: `Chroma ${CHROMA} takes the vectors that checkDimension() says fit, and no others`,
  ignore: findEngine(CHROMA) === null,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const script = `
import sys, chromadb, logging
logging.disable(logging.CRITICAL)
client = chromadb.PersistentClient(sys.argv[1])
for text in sys.argv[2:]:
    name, dimension = text.split(":")
    try:
        client.get_collection(name).add(ids=["new" + text], embeddings=[[0.5] * int(dimension)])
        print(text, True)
    except Exception:
        print(text, False)`;
    const asked: [string, number][] = [["cosine", 32], ["cosine", 31], ["dot", 16], ["empty", 5]];
    const said = await Promise.all(asked.map(async ([name, dimension]) => {
      const { fits } = await checkDimension(store, name, dimension);
      return `${name}:${dimension} ${fits ? "True" : "False"}`;
    }));
    const { stdout } = await new Deno.Command(findEngine(CHROMA) ?? "", {
      args: ["-c", script, store, ...asked.map(([name, dimension]) => `${name}:${dimension}`)],
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), said);
    // What has the first vector has a dimension from then on.
    assertEquals((await checkDimension(store, "empty", 6)).fits, false);
  },
});
