import { assertEquals } from "@std/assert";
import { formatListenAddress, parseListenAddress } from "../../lib/base/listen_address.ts";

Deno.test("parseListenAddress() reads addresses with a port, and says which are of this machine", () => {
  const cases: [string, string, number, boolean][] = [
    ["127.0.0.1:9464", "127.0.0.1", 9464, true],
    ["127.255.0.9:1", "127.255.0.9", 1, true],
    ["localhost:0", "localhost", 0, true],
    ["[::1]:65535", "::1", 65_535, true],
    ["0.0.0.0:80", "0.0.0.0", 80, false],
    ["[::]:80", "::", 80, false],
    ["127.0.0.1.example:80", "127.0.0.1.example", 80, false],
    ["localhost.example:80", "localhost.example", 80, false],
    ["127.0.0.256:80", "127.0.0.256", 80, false],
    ["10.0.0.1:80", "10.0.0.1", 80, false],
  ];
  for (const [text, hostname, port, isLocal] of cases) {
    const address = parseListenAddress(text);
    assertEquals(address, { hostname, port, isLocal }, text);
    assertEquals(address === null ? "" : formatListenAddress(address), text);
  }
});

Deno.test("parseListenAddress() refuses what is no address with a port", () => {
  const texts = [
    "",
    "9464",
    ":9464",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "127.0.0.1:-1",
    "::1:9464",
    "[::1]",
    "http://127.0.0.1:9464",
    "a b:1",
    "localhost:9464/metrics",
    `${"a".repeat(254)}:1`,
  ];
  for (const text of texts) assertEquals(parseListenAddress(text), null, text);
});
