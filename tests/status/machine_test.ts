import { assert, assertEquals } from "@std/assert";
import { localFs } from "../../lib/fs/platform.ts";
import { parsePressure, readDiskFree, readMemory } from "../../lib/status/machine.ts";

Deno.test("parsePressure() takes the last minute of the line that begins with some", () => {
  const text = "some avg10=1.00 avg60=12.50 avg300=3.00 total=4\n" +
    "full avg10=0.00 avg60=99.00 avg300=0.00 total=0\n";
  assertEquals(parsePressure(text), 0.125);
});

Deno.test("parsePressure() gives null for what does not tell", () => {
  for (const text of ["", "full avg10=0.00 avg60=1.00", "some avg10=1.00 avg60=", "some"]) {
    assertEquals(parsePressure(text), null, text);
  }
});

Deno.test("readMemory() tells the memory where that may be read", () => {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  const { totalBytes, availableBytes } = readMemory();
  assertEquals(totalBytes !== null, state === "granted");
  assert(availableBytes === null || totalBytes === null || availableBytes <= totalBytes);
});

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
