import { assert, assertEquals } from "@std/assert";
import { FileNames } from "../../lib/export/file_names.ts";

const collection = (name: string | null) => ({ name, id: "a-b-c" });

Deno.test("FileNames leaves names alone when they can be names of files", () => {
  const names = new FileNames();
  assertEquals(
    ["notes", "日本語.v2", "a_b-c.d"].map((name) => names.take(collection(name))),
    ["notes", "日本語.v2", "a_b-c.d"],
  );
});

Deno.test("FileNames makes names safe when they are hostile", () => {
  const hostile = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    ".hidden",
    "-rf",
    "a\u0000b\u001b[2Jc",
    "a\\b:c*d?",
    "\u202egpj.exe",
    "CON",
    "nul.txt",
    "\ud800",
    "x".repeat(5000),
    "é".repeat(500),
    "trailing. . .",
  ];
  const names = new FileNames();
  const taken = hostile.map((name) => names.take(collection(name)));
  for (const name of taken) {
    assert(/^[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}._-]*$/u.test(name), name);
    assert(!name.endsWith(".") && !/^(?:con|nul)(?:\.|$)/i.test(name), name);
    assert(new TextEncoder().encode(name).byteLength <= 200, name);
  }
  assertEquals(new Set(taken).size, taken.length);
});

Deno.test("FileNames tells collections apart when names differ in capitals alone", () => {
  const names = new FileNames();
  assertEquals(
    ["Notes", "notes", "no/tes", "no tes", null].map((name) => names.take(collection(name))),
    ["Notes", "notes-2", "no_tes", "no_tes-2", "a-b-c"],
  );
});
