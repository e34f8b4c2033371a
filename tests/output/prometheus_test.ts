import { assertEquals } from "@std/assert";
import { type Metric, renderMetrics } from "../../lib/output/prometheus.ts";

function gauge(samples: Metric["samples"], help = "Something."): Metric {
  return { name: "vecfsck_something", help, type: "gauge", samples };
}

Deno.test("renderMetrics() writes help and type once, before the samples", () => {
  const text = renderMetrics([
    gauge([
      { labels: { store: "/a", format: "chroma" }, value: 1 },
      { labels: {}, value: 0.25 },
    ]),
    { name: "others_total", help: "Others.", type: "untyped", samples: [{ labels: {}, value: 2 }] },
  ]);
  assertEquals(
    text,
    "# HELP vecfsck_something Something.\n" +
      "# TYPE vecfsck_something gauge\n" +
      'vecfsck_something{store="/a",format="chroma"} 1\n' +
      "vecfsck_something 0.25\n" +
      "# HELP others_total Others.\n" +
      "# TYPE others_total untyped\n" +
      "others_total 2\n",
  );
});

Deno.test("renderMetrics() leaves out metrics without samples", () => {
  assertEquals(renderMetrics([gauge([])]), "");
});

Deno.test("renderMetrics() escapes backslashes, quotes and line feeds", () => {
  const text = renderMetrics([
    gauge([{ labels: { store: 'C:\\a "b"\nc' }, value: 1 }], 'A \\ and a "\n" here.'),
  ]);
  assertEquals(text.split("\n"), [
    '# HELP vecfsck_something A \\\\ and a "\\n" here.',
    "# TYPE vecfsck_something gauge",
    'vecfsck_something{store="C:\\\\a \\"b\\"\\nc"} 1',
    "",
  ]);
});

Deno.test("renderMetrics() replaces what no UTF-8 can hold", () => {
  const text = renderMetrics([gauge([{ labels: { store: "a\ud800b" }, value: 1 }])]);
  assertEquals(text.split("\n")[2], 'vecfsck_something{store="a\ufffdb"} 1');
});

Deno.test("renderMetrics() writes no series twice", () => {
  const text = renderMetrics([
    gauge([{ labels: { store: "/a" }, value: 1 }, { labels: { store: "/a" }, value: 2 }]),
  ]);
  assertEquals(text.split("\n").slice(2), ['vecfsck_something{store="/a"} 1', ""]);
});

Deno.test("renderMetrics() writes numbers as Prometheus reads them", () => {
  const values = [1e21, 1700000000.5, NaN, Infinity, -Infinity];
  const samples = values.map((value, index) => ({ labels: { store: `/${index}` }, value }));
  const lines = renderMetrics([gauge(samples)]).split("\n").slice(2, -1);
  assertEquals(lines.map((line) => line.split("} ")[1]), [
    "1e+21",
    "1700000000.5",
    "NaN",
    "+Inf",
    "-Inf",
  ]);
});
