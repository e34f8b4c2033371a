import { assert, assertEquals } from "@std/assert";
import { measureMemory, parsePressure, readMemory } from "../../lib/machine/memory.ts";
import { fakeMachine, memoryOf } from "./fake_machine.ts";

const PRESSURE = "some avg10=1.00 avg60=12.50 avg300=3.00 total=4\n" +
  "full avg10=0.00 avg60=99.00 avg300=0.00 total=0\n";

Deno.test("parsePressure() takes the share of the time out of the line that begins with some", () => {
  assertEquals(parsePressure(PRESSURE, "avg10"), 0.01);
  assertEquals(parsePressure(PRESSURE, "avg60"), 0.125);
  assertEquals(parsePressure(PRESSURE, "avg300"), 0.03);
});

Deno.test("parsePressure() gives null for what does not tell", () => {
  for (const text of ["", "full avg10=0.00 avg60=1.00", "some avg10=1.00 avg60=", "some"]) {
    assertEquals(parsePressure(text, "avg60"), null, text);
  }
});

Deno.test("readMemory() tells the memory of this machine where that may be read", () => {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  const { totalBytes, availableBytes } = readMemory();
  assertEquals(totalBytes !== null, state === "granted");
  assert(availableBytes === null || totalBytes === null || availableBytes <= totalBytes);
});

Deno.test("readMemory() gives null for everything that may not be read", () => {
  assertEquals(readMemory(fakeMachine({})), {
    totalBytes: null,
    availableBytes: null,
    pressureRatio: null,
    limitBytes: null,
    limitUsedBytes: null,
  });
});

Deno.test("readMemory() tells the limit also where nothing tells what is used of it", () => {
  const files = { "/proc/pressure/memory": PRESSURE };
  const machine = fakeMachine({ files, memory: memoryOf(100, 60), limitBytes: 50 });
  assertEquals(readMemory(machine), {
    totalBytes: 100,
    availableBytes: 60,
    pressureRatio: 0.125,
    limitBytes: 50,
    limitUsedBytes: null,
  });
  assertEquals(readMemory(fakeMachine({ limitBytes: 2 ** 63 })).limitBytes, null);
  assertEquals(readMemory(fakeMachine({ limitBytes: 0 })).limitBytes, null);
});

Deno.test("measureMemory() takes this process for what is used of a limit, where that is all", () => {
  assertEquals(measureMemory(fakeMachine({ limitBytes: 50, residentBytes: 20 })), [
    { source: "cgroup", totalBytes: 50, availableBytes: 30 },
  ]);
});
