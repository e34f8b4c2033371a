/**
 * docs/kubernetes: what the manifests call, how they are confined, and what becomes of exit codes.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { parseAllDocuments } from "yaml";
import { parseCall } from "../../lib/cli/arguments.ts";
import { EXIT } from "../../lib/cli/exit_code.ts";
import { REPOSITORY } from "../support/fixtures.ts";

const FOLDER = join(REPOSITORY, "docs", "kubernetes");

/** A Python with kubernetes-validate; the tests that ask it are left out where there is none. */
const JUDGE = Deno.env.get("VECFSCK_KUBERNETES");

/** As much of a manifest as is looked at. */
interface Manifest {
  readonly kind: string;
  readonly spec?: JobSpec & { readonly jobTemplate?: { readonly spec: JobSpec } };
}

interface JobSpec {
  readonly template?: { readonly spec: PodSpec };
  readonly completionMode?: string;
  readonly backoffLimitPerIndex?: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly activeDeadlineSeconds?: number;
  readonly podFailurePolicy?: { readonly rules: readonly FailureRule[] };
}

interface FailureRule {
  readonly action: "Ignore" | "FailJob" | "FailIndex" | "Count";
  readonly onExitCodes?: { readonly containerName: string; readonly values: readonly number[] };
}

interface PodSpec {
  readonly restartPolicy?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly seccompProfile: object };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly securityContext: object;
  readonly resources: { readonly requests: object; readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface NamedJob {
  readonly name: string;
  readonly job: JobSpec;
}

const manifests = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort().flatMap((name) =>
  parseAllDocuments(Deno.readTextFileSync(join(FOLDER, name))).map((document) => {
    assertEquals(document.errors, [], name);
    return { name, manifest: document.toJS() as Manifest };
  })
);

const workloads = manifests.flatMap(({ name, manifest: { spec } }) =>
  spec === undefined ? [] : [{ name, job: spec.jobTemplate?.spec ?? spec }]
);

/** Those that come to an end, which are the checks of fleets. */
const jobs: readonly NamedJob[] = workloads.filter(({ job }) => job.podFailurePolicy !== undefined);

/** The containers in which vecfsck runs. */
function ownContainers({ template }: JobSpec): Container[] {
  const { initContainers = [], containers = [] } = template?.spec ?? {};
  return [...initContainers, ...containers].filter(({ command }) => command?.[0] === "vecfsck");
}

Deno.test("manifests call vecfsck with verbs and options that it has, in a confined container", () => {
  assertEquals(workloads.length, 4);
  for (const { name, job } of workloads) {
    const pod = job.template?.spec;
    assertEquals(pod?.securityContext.runAsNonRoot, true, name);
    assertEquals(pod?.securityContext.seccompProfile, { type: "RuntimeDefault" }, name);
    const [container, ...others] = ownContainers(job);
    assert(container !== undefined && others.length === 0, name);
    assertEquals(parseCall(container.args).kind, "run", name);
    assertEquals(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert(container.resources.limits.memory !== undefined, name);
    // Private copies of databases that were not closed properly have to go somewhere.
    assert(container.volumeMounts.some(({ mountPath }) => mountPath === "/tmp"), name);
  }
});

Deno.test("jobs that check fleets write nothing, end in time and are removed", () => {
  assertEquals(jobs.map(({ name }) => name), ["fleet-check.yaml", "fleet-shards.yaml"]);
  for (const { name, job } of jobs) {
    const [container] = ownContainers(job);
    const stores = container?.volumeMounts.find(({ mountPath }) => mountPath === "/stores");
    assertEquals(stores?.readOnly, true, name);
    assertEquals(job.template?.spec.restartPolicy, "Never", name);
    assertEquals(job.template?.spec.automountServiceAccountToken, false, name);
    assert((job.ttlSecondsAfterFinished ?? 0) > 0, name);
    assert((job.activeDeadlineSeconds ?? 0) > 0, name);
    const call = parseCall(container?.args ?? []);
    assert(call.kind === "run" && call.options.flag("recursive"), name);
    assert((call.options.count("jobs") ?? 0) > 0, name);
  }
});

Deno.test("jobs try again what could not be checked, and not what is damaged or a wrong call", () => {
  for (const { name, job } of jobs) {
    const rules = job.podFailurePolicy?.rules ?? [];
    // A drained node comes first: whatever the exit code is then, it says nothing.
    assertEquals(rules[0]?.action, "Ignore", name);
    const [container] = ownContainers(job);
    const final = rules.flatMap(({ action, onExitCodes }) => {
      if (onExitCodes === undefined) return [];
      assertEquals(onExitCodes.containerName, container?.name, name);
      assert(action === "FailJob" || action === "FailIndex", name);
      return onExitCodes.values;
    });
    assertEquals([...final].sort((one, other) => one - other), [
      EXIT.DAMAGED,
      EXIT.DAMAGED | EXIT.FAILED,
      EXIT.USAGE,
    ], name);
  }
});

Deno.test("each index of an Indexed Job has its own directory and tries of its own", () => {
  const [indexed, ...others] = jobs.filter(({ job }) => job.completionMode === "Indexed");
  assert(indexed !== undefined && others.length === 0);
  assert((indexed.job.backoffLimitPerIndex ?? 0) > 0);
  const [container] = ownContainers(indexed.job);
  assertEquals(container?.args.at(-1), "/stores/shard-$(JOB_COMPLETION_INDEX)");
});

Deno.test({
  name: "the schema of Kubernetes accepts every manifest",
  ignore: JUDGE === undefined,
  async fn() {
    for (const name of new Set(manifests.map((manifest) => manifest.name))) {
      const { success, stdout, stderr } = await new Deno.Command(JUDGE ?? "", {
        args: ["-m", "kubernetes_validate", "--strict", join(FOLDER, name)],
      }).output();
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert(success, text);
    }
  },
});
