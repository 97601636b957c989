/**
 * The whole pool at its one control address: each method of each service that runs, over every protocol, and as grpcurl
 * calls it. What each method answers is its own tests' matter; here it answers at all, and never with a fault.
 *
 * @module
 */
import { controlClient, type Protocol } from "@gopool/control";
import { SERVICES } from "@gopool/control/fixture";
import { codeName, outcome } from "@gopool/control/fixture/call";
import { rightRequest } from "@gopool/control/fixture/samples";
import { CONTROL_TOKEN, ownControl, ownPool, RunningTask } from "@gopool/poold/child_fixture";
import {
  ControlService,
  create,
  type DescMethod,
  DrainRequestSchema,
  ProfileRequestSchema,
  RoadService,
  UndrainRequestSchema,
} from "@gopool/proto/control";
import { toJsonString } from "@gopool/proto/reflect";
import { tempDir } from "@gopool/testing";
import { assert, assertEquals } from "@std/assert";
import { findGrpcurl, grpcurl } from "../real/grpcurl.ts";

/** What is asked for may not be there, or not be possible now: verdicts. All others are faults. */
const FAIR = new Set(["ok", "not_found", "failed_precondition", "invalid_argument"]);

/** A watching may have nothing to tell for a while: its deadline is then its only answer. */
const FAIR_OF_STREAMS = new Set([...FAIR, "deadline_exceeded"]);
const STREAM_MS = 700;
const UNARY_MS = 30_000;

/** Codes of gRPC's that grpcurl's exit adds to 64: the same ones. */
const FAIR_EXITS = new Set([0, 64 + 3, 64 + 5, 64 + 9]);
const DEADLINE_EXIT = 64 + 4;

/** One service that nothing waits for here, and a look of a moment. */
const service = "blocksubmit";
const OWN = [
  create(DrainRequestSchema, { service, waitMs: 20_000 }),
  create(UndrainRequestSchema, { service }),
  create(ProfileRequestSchema, { forMs: 50 }),
];

function requestOf({ input }: DescMethod) {
  return OWN.find(({ $typeName }) => $typeName === input.typeName) ?? rightRequest(input);
}

/** The second road is none of them: within one process it is a call. */
const METHODS = [...SERVICES.filter((one) => one !== RoadService && one !== ControlService)]
  .flatMap(({ methods }) => methods)
  // Last, because it drains.
  .concat(ControlService.methods);

function nameOf({ parent, name }: DescMethod): string {
  return `${parent.typeName}/${name}`;
}

const binary = await findGrpcurl();

Deno.test("the whole pool answers each method over every protocol, and to grpcurl", async () => {
  await using folder = await tempDir();
  const env = { ...ownPool(folder.join("data")), ...ownControl() };
  await using pool = new RunningTask("start", env);
  await pool.says(/shares [1-9]\d* accepted/, 120_000);
  const address = env["GOPOOL_CONTROL_LISTEN"]!;
  const tell = () => pool.lines.slice(-20).join("\n");
  for (const protocol of ["grpc", "grpc-web", "connect"] satisfies Protocol[]) {
    using client = controlClient(`http://${address}`, CONTROL_TOKEN, { protocol });
    for (const method of METHODS) {
      const isStream = method.methodKind !== "unary";
      const withinMs = isStream ? STREAM_MS : UNARY_MS;
      const result = await outcome(client, method, requestOf(method), withinMs);
      assert(
        (isStream ? FAIR_OF_STREAMS : FAIR).has(codeName(result)),
        `${nameOf(method)} over ${protocol}: ${result}\n${tell()}`,
      );
    }
  }
  if (binary === null) return;
  const list = await grpcurl(binary, ["-plaintext", address, "list"]);
  const served = [...new Set(METHODS.map(({ parent }) => parent.typeName))].toSorted();
  assertEquals(list.out.trim().split("\n").filter((one) => one.startsWith("gopool.")), served);
  for (const method of METHODS) {
    const isStream = method.methodKind !== "unary";
    const { code, out, err } = await grpcurl(
      binary,
      [
        "-plaintext",
        "-H",
        `authorization: Bearer ${CONTROL_TOKEN}`,
        ...["-max-time", String((isStream ? STREAM_MS : UNARY_MS) / 1_000)],
        ...["-d", "@", address, nameOf(method)],
      ],
      // A stream without an end has said enough with its first message.
      { input: toJsonString(method.input, requestOf(method)), ...(isStream ? { until: "}" } : {}) },
    );
    const isLeft = isStream && (out !== "" || code === DEADLINE_EXIT);
    assert(FAIR_EXITS.has(code) || isLeft, `${nameOf(method)}: ${code} ${err}\n${tell()}`);
  }
});
