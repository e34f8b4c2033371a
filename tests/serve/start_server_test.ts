/**
 * The server needs a permission that these tests do not have: it runs in a process of its own, and is
 * asked by another one.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { REPOSITORY } from "../support/fixtures.ts";
import { runDeno } from "../support/run_cli.ts";

const FOLDER = join(REPOSITORY, "tests", "serve");

/** The arguments of a process that serves an example. */
function serveArgs(address: string, ...permissions: readonly string[]): string[] {
  const script = join(FOLDER, "serve_example.ts");
  return ["run", "--quiet", "--no-prompt", "--allow-read", ...permissions, script, address];
}

/** Starts a process, whose lines can be read one after another. */
function start(args: readonly string[]): {
  readonly child: Deno.ChildProcess;
  readonly nextLine: () => Promise<string>;
} {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
  });
  const child = command.spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    child,
    async nextLine(): Promise<string> {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) return text;
        text += value;
      }
      const end = text.indexOf("\n");
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return line;
    },
  };
}

Deno.test("startServer() serves, and ends at once whoever is connected", async () => {
  const server = start(serveArgs("127.0.0.1:0", "--allow-net=127.0.0.1"));
  const url = await server.nextLine();
  assertMatch(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/);
  const asking = start([
    "run",
    "--quiet",
    "--allow-net=127.0.0.1",
    join(FOLDER, "ask_server.ts"),
    url,
  ]);
  assertEquals(JSON.parse(await asking.nextLine()), {
    "/": [200, "<!DOCTYPE html>"],
    "/healthz": [503, '{"type":"health'],
    "/metrics": [200, "# HELP vecfsck_"],
    "/x": [404, "There are /, /m"],
    head: [200, true],
    led: "HTTP/1.1 421",
  });
  const place = new URL(url).host;
  const second = await runDeno(serveArgs(place, `--allow-net=${place}`));
  assertStringIncludes(second.stdout, `["busy","The address ${place} is in use"`);

  const writer = server.child.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  assertEquals(await server.nextLine(), "stopped");
  assertEquals((await server.child.status).code, 0);
  assertEquals(await asking.nextLine(), "closed");
  for (const { child } of [server, asking]) await child.status;
  writer.releaseLock();
  for (const { child } of [server, asking]) await child.stdin.close().catch(() => {});
});

/** A browser, which is not there on every machine. */
const BROWSER = Deno.env.get("VECFSCK_CHROMIUM");

Deno.test({
  name: "the page keeps itself up to date in a browser, by a script that its policy lets run",
  ignore: BROWSER === undefined,
  async fn() {
    const server = start(serveArgs("127.0.0.1:0", "--allow-net=127.0.0.1"));
    const url = await server.nextLine();
    const sandbox = Deno.uid() === 0 ? ["--no-sandbox"] : [];
    // The browser's clock runs ahead by as much as nothing else happens: two times 30 seconds.
    const args = ["--headless=new", "--disable-gpu", ...sandbox, "--virtual-time-budget=65000"];
    const { stdout } = await new Deno.Command(BROWSER ?? "", {
      args: [...args, "--dump-dom", url],
      stderr: "null",
    }).output();
    server.child.kill("SIGTERM");
    await server.child.status;
    await server.child.stdin.close().catch(() => {});
    const page = new TextDecoder().decode(stdout);
    assertStringIncludes(page, "<title>1 of 2 stores needs attention · vecfsck</title>");
    assertMatch(page, /<p id="live" role="status"[^>]*>1 of 2 stores needs attention\.<\/p>/);
    assertStringIncludes(page, '<button type="button">Pause updates</button>');
  },
});

Deno.test("startServer() says which permission is missing, and asks for none", async () => {
  const { stdout, stderr } = await runDeno(serveArgs("[::1]:9464"));
  assertEquals(stderr, "");
  assertEquals(JSON.parse(stdout), [
    "permission-denied",
    "Not permitted to listen on [::1]:9464: vecfsck was started without --allow-net",
    "Give deno the permission: --allow-net=[::1]:9464",
  ]);
});

Deno.test("startServer() says that an address is not one of this machine", async () => {
  // 192.0.2.0/24 is for documentation, and no machine has an address of it.
  const { stdout } = await runDeno(serveArgs("192.0.2.1:9464", "--allow-net"));
  assertStringIncludes(stdout, '["not-found","Cannot listen on 192.0.2.1:9464: ');
});
