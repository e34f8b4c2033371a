import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { encodeGob, structShape, text } from "../../../lib/codec/gob.ts";
import { OperationError } from "../../../lib/base/errors.ts";
import { detectChroma } from "../../../lib/stores/chroma/detect.ts";
import { detectChromem } from "../../../lib/stores/chromem/detect.ts";
import { detectStore } from "../../../lib/stores/registry.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";
import { CHROMEM_STORES, chromemStore } from "../../support/chromem_stores.ts";
import { GOLDEN_STORES, goldenStore, scratchDirectory } from "../../support/fixtures.ts";

Deno.test("detectChromem() knows golden databases, and says by what", async () => {
  for (const name of CHROMEM_STORES) {
    const path = await chromemStore(name);
    assertEquals(detectChromem(path), {
      path: Deno.realPathSync(path),
      format: "chromem",
      evidence: "5 folders of collections",
    });
    assertEquals(detectStore(path)?.format, "chromem");
    assertEquals(detectChroma(path), null);
  }
});

Deno.test("detectChromem() takes no Chroma store for its own", async () => {
  for (const name of GOLDEN_STORES) {
    const path = await goldenStore(name);
    assertEquals(detectChromem(path), null);
    assertEquals(detectStore(path)?.format, "chroma");
  }
});

Deno.test("detectChromem() knows a database however damaged it is", async () => {
  const damages: Record<string, (store: BrokenDatabase) => void> = {
    "no metadata file": (store) => {
      for (const name of ["knowledge-base", "sessions", "日本語 notes", "contextd_memories"]) {
        store.remove(store.metadata(name));
      }
      store.remove(store.folder("empty"));
    },
    "one empty document": (store) => {
      for (const { name } of [...Deno.readDirSync(store.path)]) store.remove(name);
      store.write("a1b2c3d4/a1b2c3d4.gob", "");
    },
    "a document of text": (store) => {
      for (const { name } of [...Deno.readDirSync(store.path)]) store.remove(name);
      store.write("a1b2c3d4/a1b2c3d4.gob.gz", "this is no gob at all");
    },
    "a folder that was renamed": (store) => {
      for (const { name } of [...Deno.readDirSync(store.path)]) {
        if (name !== store.folder("sessions")) store.remove(name);
      }
      store.rename(store.folder("sessions"), "sessions");
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    const store = await BrokenDatabase.copyOf("plain");
    damage(store);
    assertEquals(detectChromem(store.path)?.format, "chromem", name);
  }
});

Deno.test("detectChromem() leaves what other programs write alone", async () => {
  const foreign = encodeGob({ Title: "x", Body: "y" }, structShape({ Title: text, Body: text }));
  const files: Record<string, Uint8Array>[] = [
    {},
    { "notes.gob": foreign },
    { "cache/notes.gob": foreign },
    { "cache/a1b2c3d4.gob": foreign },
    // Named as chromem-go names, but whole and something else.
    { "a1b2c3d4/a1b2c3d4.gob": foreign },
    { "a1b2c3d4/notes.gob": new Uint8Array(0) },
    { "a1b2c3d4/readme.txt": foreign },
    { "a1b2c3d4/inner/00000000.gob": foreign },
  ];
  for (const each of files) {
    const path = await scratchDirectory();
    for (const [name, bytes] of Object.entries(each)) {
      await Deno.mkdir(join(path, name, ".."), { recursive: true });
      await Deno.writeFile(join(path, name), bytes);
    }
    assertEquals(detectChromem(path), null, Object.keys(each).join(", "));
  }
});

Deno.test("detectChromem() opens no pipe", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const path = await scratchDirectory();
  await Deno.mkdir(join(path, "a1b2c3d4"));
  const pipe = join(path, "a1b2c3d4", "a1b2c3d4.gob");
  assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success, true);
  assertEquals(detectChromem(path)?.format, "chromem");
});

Deno.test("detectChromem() throws not-found when the directory is gone", async () => {
  const path = join(await scratchDirectory(), "gone");
  assertEquals(assertThrows(() => detectChromem(path), OperationError).code, "not-found");
});
