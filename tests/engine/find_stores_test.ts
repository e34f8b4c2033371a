import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { findStores } from "../../lib/engine/find_stores.ts";
import { copyTree, goldenStore, scratchDirectory } from "../support/fixtures.ts";

async function listStores(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const store of findStores(path)) found.push(store.path);
  return found;
}

Deno.test("findStores() finds every store below a directory, in order", async () => {
  const root = await Deno.realPath(await scratchDirectory());
  const golden = await goldenStore("chroma-1.5.9");
  for (const name of ["b", "a/deep/one", "a/two"]) {
    await copyTree(golden, join(root, name));
  }
  await Deno.mkdir(join(root, "c"));
  assertEquals(
    await listStores(root),
    ["a/deep/one", "a/two", "b"].map((name) => join(root, name)),
  );
});

Deno.test("findStores() gives the directory itself when it is a store", async () => {
  const store = await goldenStore("chroma-0.5.23");
  assertEquals(await listStores(store), [await Deno.realPath(store)]);
});

Deno.test("findStores() follows no links, so that a loop cannot hold it", async () => {
  const root = await scratchDirectory();
  await Deno.mkdir(join(root, "below"));
  await Deno.symlink(root, join(root, "below", "up"));
  assertEquals(await listStores(root), []);
});

Deno.test("findStores() goes on after a directory that cannot be looked into", async () => {
  const root = await Deno.realPath(await scratchDirectory());
  const golden = await goldenStore("chroma-1.5.9");
  await copyTree(golden, join(root, "b"));
  const codes: string[] = [];
  const found: string[] = [];
  // Gone between being listed and being looked into, as on a busy file system.
  const stores = findStores(root, { onError: (error) => codes.push(error.code) });
  await Deno.mkdir(join(root, "a"));
  const walk = stores.next();
  await Deno.remove(join(root, "a"));
  for (let next = await walk; !next.done; next = await stores.next()) found.push(next.value.path);
  assertEquals(found, [join(root, "b")]);
  assertEquals(codes.every((code) => code === "not-found"), true);
});

Deno.test("findStores() passes over work directories and backups, whose stores are copies", async () => {
  const root = await Deno.realPath(await scratchDirectory());
  const golden = await goldenStore("chroma-1.5.9");
  const names = ["a", "a.vecfsck/quarantine/1/data", "a.backups/1/store", "b.backups-not"];
  for (const name of names) await copyTree(golden, join(root, name));
  assertEquals(await listStores(root), [join(root, "a"), join(root, "b.backups-not")]);
});
