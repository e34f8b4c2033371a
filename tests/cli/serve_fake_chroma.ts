/**
 * A server that answers as a Chroma does, and kills itself at batches of more than 20 records.
 *
 * serve_fake_chroma.ts STORE PORT
 *
 * @module
 */

import { FakeChroma } from "../drill/batches/fake_chroma.ts";

const [store = "", port] = Deno.args;
const server = new FakeChroma({ dieAbove: 20 });
Deno.mkdirSync(store);
Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: () => {} }, async (request) => {
  try {
    const { pathname } = new URL(request.url);
    return server.answer(request.method, pathname, await request.text());
  } catch {
    console.error("out of luck");
    Deno.kill(Deno.pid, "SIGKILL");
    return new Response();
  }
});
