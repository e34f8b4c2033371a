import { assertEquals } from "@std/assert";
import { localFs } from "../../lib/fs/platform.ts";
import { readDiskFree } from "../../lib/machine/disk.ts";

Deno.test("readDiskFree() gives null where the system does not tell", () => {
  const fs = {
    ...localFs,
    freeBytes: () => {
      throw new Error("statfs");
    },
  };
  assertEquals(readDiskFree(fs, "/srv"), null);
  assertEquals(readDiskFree({ ...localFs, freeBytes: () => 17 }, "/srv"), 17);
});
