import { assertEquals, assertStrictEquals } from "@std/assert";
import { OperationError, toOperationError } from "../../lib/base/errors.ts";

Deno.test("toOperationError() names the cause when the runtime throws", () => {
  const cases = [
    [new Deno.errors.NotFound("x"), "not-found"],
    [new Deno.errors.PermissionDenied("x"), "permission-denied"],
    [new Deno.errors.NotCapable("x"), "permission-denied"],
    [new Deno.errors.FilesystemLoop("x"), "link-loop"],
    [new Deno.errors.NotADirectory("x"), "not-a-directory"],
    [Object.assign(new Error("x"), { code: "ENOSPC" }), "no-space"],
    [Object.assign(new Error("x"), { code: "EIO" }), "read-failed"],
  ] as const;
  for (const [error, code] of cases) {
    const converted = toOperationError(error, "/some/file");
    assertEquals([converted.code, converted.path], [code, "/some/file"]);
    assertEquals(converted.hint === null, false);
    assertStrictEquals(converted.cause, error);
  }
});

Deno.test("toOperationError() gives an operation error back as it is", () => {
  const error = new OperationError("busy", "In use");
  assertStrictEquals(toOperationError(error, "/x"), error);
});
