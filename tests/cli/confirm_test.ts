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

Deno.test("confirmOnTerminal() lets no control character of a path through", async () => {
  const asked: string[] = [];
  await confirmOnTerminal("Optimise /srv/a\x1b[2J\r\u202e", answering("n\n", asked));
  assertEquals(asked, ["Optimise /srv/a\\u{1b}[2J\\u{d}\\u{202e}? [y/N] "]);
});
