/**
 * One stratumd by itself: the real gateway on an embedded log, its jobs written by this program in the job
 * manager's stead, and nobody who judges. Run by main.ts only.
 *
 * @module
 */
import { type Bus, encodeRecord, miningJobs, openBus } from "@gopool/bus";
import { coinbasePrefix, fromHex, sha256d } from "@gopool/chain";
import { createStatusBoard, runProcess, systemClock } from "@gopool/runtime";
import { openState } from "@gopool/state";
import { createStratumd } from "@gopool/stratumd";
import { saidBy, tell } from "./processes.ts";
import { EVERY_HASH, MANY_SESSIONS } from "./settings.ts";

const POOL = "load";
/** A template of 2,500 transactions has so many. */
const BRANCHES = 12;
const HEIGHT = 900_000;
/** No share of a run is a block. */
const NBITS = 0x1b00ffff;

async function publishJob(bus: Bus, serial: number): Promise<void> {
  const id = `00000001${serial.toString(16).padStart(8, "0")}`;
  const nowS = Math.floor(systemClock.now() / 1000);
  const script = fromHex("0014" + "11".repeat(20));
  const job = {
    id,
    pool: POOL,
    network: "regtest",
    templateId: id,
    height: HEIGHT + serial,
    previousHash: sha256d(new Uint8Array([serial & 0xff])),
    version: 0x20000000,
    nbits: NBITS,
    ntime: nowS,
    minNtime: nowS - 3600,
    coinbaseValue: 312_500_000n,
    coinbasePrefix: coinbasePrefix({ height: HEIGHT + serial, jobId: id, tag: "/load/" }),
    scriptSigTail: new Uint8Array(),
    witnessCommitment: fromHex("6a24aa21a9ed" + "22".repeat(32)),
    merkleBranch: Array.from({ length: BRANCHES }, (_, i) => sha256d(new Uint8Array([i]))),
    variants: [{
      id: 0,
      name: "pool",
      outputs: [{
        amount: { case: "remainder" as const, value: true },
        payee: { case: "script" as const, value: script },
      }],
    }],
    clean: true,
    versionMask: 0x1fffe000,
    createdAtMs: BigInt(systemClock.now()),
  };
  await bus.publish(miningJobs, [encodeRecord(miningJobs, job, { key: POOL })]);
}

await runProcess("gateway", async ({ args, clock, random, log, signal }) => {
  const [dataDir] = args;
  await using bus = await openBus(`sqlite:${dataDir}/bus.db`, { clock });
  await using state = await openState(new URL("memory:"), { clock });
  await publishJob(bus, 0);
  const stratumd = createStratumd({
    bus,
    state,
    clock,
    random,
    log,
    board: createStatusBoard(clock),
    config: {
      dataDir: dataDir!,
      poolName: POOL,
      stratumListen: { host: "127.0.0.1", port: 0 },
      gateway: "load",
      prefix: null,
      sharesPerMinute: 15,
      startDifficulty: EVERY_HASH,
      minDifficulty: EVERY_HASH,
      variant: "pool",
      versionMask: 0x1fffe000,
      maxSessions: MANY_SESSIONS,
      maxSessionsPerAddress: MANY_SESSIONS,
      vardiff: "off",
    },
  });
  const running = stratumd.run(signal);
  tell("port", await Promise.race([stratumd.listening, running.then(() => 0)]));
  let serial = 0;
  for await (const _ of saidBy(signal)) {
    tell("job", Date.now());
    await publishJob(bus, ++serial);
  }
  await running;
});
