import { assertEquals, assertStrictEquals } from "@std/assert";
import type { FormatName } from "../../lib/model/report.ts";
import { loadFormat } from "../../lib/stores/load_format.ts";
import { formatByName } from "../../lib/stores/registry.ts";

const NAMES: readonly FormatName[] = ["chroma", "chromem", "chromem-export"];

Deno.test("loadFormat() gives what formatByName() gives", async () => {
  for (const name of NAMES) {
    const format = await loadFormat(name);
    assertEquals(format.name, name);
    assertStrictEquals(format, formatByName(name));
  }
});
