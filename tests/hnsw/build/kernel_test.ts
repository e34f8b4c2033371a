import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../../lib/base/errors.ts";
import { requireKernel } from "../../../lib/hnsw/build/kernel.ts";

Deno.test("requireKernel() refuses a runtime that has not what the kernel needs", () => {
  requireKernel();
  const { validate } = WebAssembly;
  try {
    WebAssembly.validate = () => false;
    assertEquals(assertThrows(() => requireKernel(), OperationError).code, "unsupported");
  } finally {
    WebAssembly.validate = validate;
  }
});
