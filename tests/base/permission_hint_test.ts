import { assertEquals } from "@std/assert";
import { permissionHint } from "../../lib/base/permission_hint.ts";

Deno.test("permissionHint() names the option, and for an executable how one is made", () => {
  assertEquals(permissionHint("--allow-run=ls"), "Give deno the permission: --allow-run=ls");
  assertEquals(
    permissionHint("--allow-run=ls", true),
    `Make an executable that has it: deno task compile --target ${Deno.build.target} --allow-run=ls`,
  );
});
