import { assertEquals } from "@std/assert";
import { createFinding } from "../../../lib/model/finding.ts";
import {
  ExportFindings,
  FoldedFindings,
} from "../../../lib/stores/chromem_export/folded_findings.ts";

Deno.test("FoldedFindings makes one finding of a kind, with the first document and all ids", () => {
  const folded = new FoldedFindings();
  for (let index = 0; index < 100; index++) {
    const id = `id ${index}`;
    folded.add("document-without-embedding", { id, offset: index, message: `${id} is empty` });
  }
  folded.add("document-without-id", { id: "x", offset: 7, message: "x has no id" });
  const [many, one, ...others] = folded.finish("notes");
  assertEquals(others, []);
  assertEquals(
    [many?.collection, many?.offset, many?.count, many?.message],
    ["notes", 0, 100, "id 0 is empty; and 99 more of this collection"],
  );
  assertEquals((many?.detail["ids"] as string[]).length, 64);
  assertEquals([one?.count, one?.message], [1, "x has no id"]);
});

Deno.test("ExportFindings keeps a thousand of a kind and counts the others", () => {
  const all = new ExportFindings();
  for (let index = 0; index < 1500; index++) {
    const collection = `c${index}`;
    all.add([createFinding("document-without-id", { collection, count: 2, message: "no id" })]);
  }
  all.add([createFinding("export-name-differs", { message: "one" })]);
  const findings = all.all;
  assertEquals(findings.length, 1002);
  const last = findings.at(-1);
  assertEquals([last?.name, last?.count], ["document-without-id", 1000]);
  assertEquals(last?.message, "1,000 more places of this kind in further collections");
});
