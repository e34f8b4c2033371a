/**
 * A process that asks a server: `ask_server.ts URL`. It prints what was answered as one line of JSON,
 * and another line when the server has closed a connection on which nothing was asked.
 *
 * @module
 */

const [url = ""] = Deno.args;
const { hostname, port } = new URL(url);
const idle = await Deno.connect({ hostname, port: Number(port) });
const answers: Record<string, unknown> = {};
for (const path of ["", "healthz", "metrics", "x"]) {
  const answer = await fetch(url + path);
  answers[`/${path}`] = [answer.status, (await answer.text()).slice(0, 15)];
}
const { status, headers } = await fetch(`${url}metrics`, { method: "HEAD" });
answers.head = [status, Number(headers.get("content-length")) > 1000];
const led = await Deno.connect({ hostname, port: Number(port) });
await led.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
const buffer = new Uint8Array(12);
await led.read(buffer);
answers.led = new TextDecoder().decode(buffer);
console.log(JSON.stringify(answers));
const count = await idle.read(buffer).catch(() => null);
console.log(count === null ? "closed" : "still open");
