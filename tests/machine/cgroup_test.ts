import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { countMemoryKills, readCgroupMemory } from "../../lib/machine/cgroup.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { fakeMachine } from "./fake_machine.ts";

const V2_MOUNT =
  "24 23 0:22 / /proc rw - proc proc rw\n41 31 0:38 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1_MOUNTS = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" +
  "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
  "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

/** A machine with version 2, on which this process is in a service. */
function version2(files: Readonly<Record<string, string>>) {
  return fakeMachine({
    files: {
      "/proc/self/cgroup": "0::/system.slice/vecfsck.service\n",
      "/proc/self/mountinfo": V2_MOUNT,
      ...files,
    },
  });
}

const SERVICE = "/sys/fs/cgroup/system.slice/vecfsck.service";

Deno.test("readCgroupMemory() does not count files that nobody has read lately as used", () => {
  const memory = readCgroupMemory(version2({
    [`${SERVICE}/memory.max`]: "1000\n",
    [`${SERVICE}/memory.current`]: "700\n",
    [`${SERVICE}/memory.stat`]: "anon 300\ninactive_anon 5\ninactive_file 400\nactive_file 1\n",
  }));
  assertEquals(memory, { version: 2, limitBytes: 1000, usedBytes: 300 });
});

Deno.test("readCgroupMemory() takes the group that has the least left, of those above too", () => {
  const memory = readCgroupMemory(version2({
    [`${SERVICE}/memory.max`]: "1000",
    [`${SERVICE}/memory.current`]: "500",
    "/sys/fs/cgroup/system.slice/memory.max": "4000",
    "/sys/fs/cgroup/system.slice/memory.current": "3900",
  }));
  assertEquals(memory, { version: 2, limitBytes: 4000, usedBytes: 3900 });
});

Deno.test("readCgroupMemory() takes the limit above which a group is slowed down", () => {
  const memory = readCgroupMemory(version2({
    [`${SERVICE}/memory.max`]: "1000",
    [`${SERVICE}/memory.high`]: "800",
    [`${SERVICE}/memory.current`]: "500",
  }));
  assertEquals(memory?.limitBytes, 800);
});

Deno.test("readCgroupMemory() gives null where nothing limits the memory", () => {
  const memory = readCgroupMemory(version2({
    [`${SERVICE}/memory.max`]: "max\n",
    [`${SERVICE}/memory.high`]: "max\n",
    [`${SERVICE}/memory.current`]: "500",
  }));
  assertEquals(memory, null);
});

Deno.test("readCgroupMemory() looks at the mount where a container sees its own group as that", () => {
  const files = {
    "/sys/fs/cgroup/memory.max": "1000",
    "/sys/fs/cgroup/memory.current": "900",
    "/proc/self/cgroup": "0::/\n",
    "/proc/self/mountinfo": V2_MOUNT,
  };
  const expected = { version: 2, limitBytes: 1000, usedBytes: 900 } as const;
  assertEquals(readCgroupMemory(fakeMachine({ files })), expected);
  // Without a namespace of its own, its mount has the group of the host as the root.
  const mounted = V2_MOUNT.replace("0:38 / ", "0:38 /docker/5eed ");
  for (const path of ["/docker/5eed", "/docker/other"]) {
    const member = { "/proc/self/cgroup": `0::${path}\n`, "/proc/self/mountinfo": mounted };
    assertEquals(readCgroupMemory(fakeMachine({ files: { ...files, ...member } })), expected, path);
  }
});

Deno.test("readCgroupMemory() reads version 1, where memory is in a hierarchy of its own", () => {
  const group = "/sys/fs/cgroup/memory/docker/5eed";
  const files = {
    "/proc/self/cgroup": "9:name=systemd:/\n4:memory:/docker/5eed\n1:cpu,cpuacct:/\n0::/\n",
    "/proc/self/mountinfo": V1_MOUNTS,
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "8000\n",
    [`${group}/memory.limit_in_bytes`]: "1000\n",
    [`${group}/memory.usage_in_bytes`]: "900\n",
    [`${group}/memory.stat`]: "inactive_file 1\ntotal_inactive_file 600\n",
    [`${group}/memory.oom_control`]: "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
  };
  const machine = fakeMachine({ files });
  assertEquals(readCgroupMemory(machine), { version: 1, limitBytes: 1000, usedBytes: 300 });
  assertEquals(countMemoryKills(machine), 2);
});

Deno.test("readCgroupMemory() reads paths in which the kernel has escaped a character", () => {
  const files = {
    "/proc/self/cgroup": "0::/a\n",
    "/proc/self/mountinfo": "41 31 0:38 / /sys/fs/my\\040group rw - cgroup2 cgroup2 rw",
    "/sys/fs/my group/a/memory.max": "1000",
    "/sys/fs/my group/a/memory.current": "10",
  };
  assertEquals(readCgroupMemory(fakeMachine({ files }))?.limitBytes, 1000);
});

Deno.test("readCgroupMemory() gives null for what it cannot read or does not know", () => {
  const wrong: Readonly<Record<string, string>>[] = [
    {},
    { "/proc/self/cgroup": "0::/a" },
    { "/proc/self/cgroup": "", "/proc/self/mountinfo": V2_MOUNT },
    { "/proc/self/cgroup": "rubbish\n0::\n\n:::", "/proc/self/mountinfo": "- - -\ncgroup2" },
    {
      "/proc/self/cgroup": "0::/a",
      "/proc/self/mountinfo": V2_MOUNT,
      "/sys/fs/cgroup/a/memory.max": "many",
      "/sys/fs/cgroup/a/memory.current": "10",
    },
  ];
  for (const files of wrong) assertEquals(readCgroupMemory(fakeMachine({ files })), null);
  assertEquals(countMemoryKills(fakeMachine({})), null);
});

Deno.test("countMemoryKills() counts the processes of a group that the kernel has ended", () => {
  const text = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n";
  assertEquals(countMemoryKills(version2({ [`${SERVICE}/memory.events`]: text })), 2);
});

/** Where groups of version 1 are made. */
const MEMORY_GROUPS = "/sys/fs/cgroup/memory";

/** Whether this machine lets a test make a group of version 1. */
function mayMakeGroup(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  return new Deno.Command("sh", {
    args: ["-c", `test -f ${MEMORY_GROUPS}/memory.limit_in_bytes && test -w ${MEMORY_GROUPS}`],
    stderr: "null",
  }).outputSync().success;
}

Deno.test({
  name: "memoryGuard() sees what a real control group has used",
  ignore: !mayMakeGroup(),
  async fn() {
    const program = join(await scratchDirectory(), "guard.ts");
    await Deno.writeTextFile(
      program,
      `import { memoryGuard } from ${JSON.stringify(join(REPOSITORY, "mod.ts"))};
       const guard = memoryGuard({ maxUsedRatio: 0.6 });
       const before = guard.state();
       const taken = new Uint8Array(170 << 20).fill(1);
       const after = guard.state();
       console.log(JSON.stringify({ before, after, taken: taken[taken.length - 1] }));`,
    );
    // One that has all permissions reads the group; one that may ask for the memory alone sees the
    // limit, and what it has itself.
    for (const permissions of ["--allow-all", "--allow-read --allow-write --allow-sys"]) {
      const group = join(MEMORY_GROUPS, `vecfsck-${crypto.randomUUID()}`);
      const { success, stdout, stderr } = await new Deno.Command("sh", {
        args: [
          "-c",
          `mkdir "$1" && echo 300M > "$1/memory.limit_in_bytes" || exit 3
           sh -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' "$@"
           code=$?; rmdir "$1"; exit $code`,
          "sh",
          group,
          Deno.execPath(),
          ...["run", "--quiet", "--no-check", "--no-prompt"],
          ...["--config", join(REPOSITORY, "deno.json"), ...permissions.split(" "), program],
        ],
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      const { before, after } = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals([before.state, before.source, before.totalBytes], ["ok", "cgroup", 300 << 20]);
      assertEquals([after.state, after.source], ["short", "cgroup"]);
      assert(after.usedRatio > before.usedRatio + 0.5, JSON.stringify({ before, after }));
    }
  },
});
