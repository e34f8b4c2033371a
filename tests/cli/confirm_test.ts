import { assertEquals } from "@std/assert";
import { confirmOnTerminal, type Terminal } from "../../lib/cli/confirm.ts";

function answering(answer: string | null, asked: string[] = [], isTerminal = true): Terminal {
  return {
    isTerminal,
    write: (text) => Promise.resolve(void asked.push(text)),
    read: (target) =>
      Promise.resolve(
        answer === null ? null : new TextEncoder().encodeInto(answer, target).written,
      ),
  };
}

Deno.test("confirmOnTerminal() takes nothing but a clear yes for one", async () => {
  for (const answer of ["y\n", "Y\r\n", "yes\n", " YES \n"]) {
    assertEquals(await confirmOnTerminal("Go on", answering(answer)), true, answer);
  }
  for (const answer of ["\n", "n\n", "yeah\n", "no\n", "yy\n", "", null, "y".repeat(400)]) {
    assertEquals(await confirmOnTerminal("Go on", answering(answer)), false, answer ?? "end");
  }
});

Deno.test("confirmOnTerminal() asks nothing when nobody is there", async () => {
  const asked: string[] = [];
  assertEquals(await confirmOnTerminal("Go on", answering("y\n", asked, false)), null);
  assertEquals(asked, []);
  await confirmOnTerminal("Go on", answering("n\n", asked));
  assertEquals(asked, ["Go on? [y/N] "]);
});
