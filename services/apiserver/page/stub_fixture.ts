/**
 * A public API with made-up figures, in the shapes of the protos, for looking at the page without a pool. Run it:
 * `deno run -P=tests services/apiserver/page/stub_fixture.ts PORT FOLDER` after building the page into the folder.
 *
 * @module
 */
import type {
  GetBlockResponseJson,
  GetBlockSplitResponseJson,
  GetConnectionResponseJson,
  GetMinerChartResponseJson,
  GetMinerSettingsResponseJson,
  GetPoolChartResponseJson,
  ListBlocksResponseJson,
  ListEarningsResponseJson,
  ListMinerPayoutsResponseJson,
  ListPayoutsResponseJson,
  ListTopMinersResponseJson,
  ListWorkersResponseJson,
} from "@gopool/proto/api";
import { openPage } from "./mod.ts";
import {
  ADDRESS,
  ago,
  block,
  freshness,
  hashrates,
  hex,
  miner,
  points,
  pool,
  SHARES,
} from "./stub_figures_fixture.ts";

const answers: Record<string, (query: URLSearchParams) => unknown> = {
  "/api/v1/pool": () => pool,
  "/api/v1/pool/chart": (query): GetPoolChartResponseJson => ({
    freshness,
    ...points(query.get("range") ?? "", 312.4e15),
    blocks: [0, 1, 2].map(block),
    shares: SHARES,
  }),
  "/api/v1/miners": (): ListTopMinersResponseJson => ({
    freshness,
    miners: Array.from({ length: 8 }, (_, nth) => ({
      address: `${ADDRESS.slice(0, -3)}${nth}xy`,
      hashrate: hashrates(96e15 / (nth + 1) ** 2, 0.4)[5]!,
      workers: 120 - nth * 14,
      bestDifficulty: 41e9 / (nth + 1),
    })),
  }),
  "/api/v1/connection": (): GetConnectionResponseJson => ({
    stratumUrls: ["stratum+tcp://pool.example:3333", "stratum+ssl://pool.example:3334"],
    network: "main",
    username:
      "Your Bitcoin address, then a dot and a name for the machine, as bc1q….rig1. The name may be left out.",
    passwordOptions: [
      { example: "x", explained: "Nothing: the pool chooses the difficulty." },
      {
        example: "d=65536",
        explained: "Begin at this difficulty; the pool follows your speed from there.",
      },
      { example: "md=1024", explained: "Never below this difficulty." },
    ],
  }),
  "/api/v1/blocks": (query): ListBlocksResponseJson => ({
    freshness,
    blocks: Array.from(
      { length: Number(query.get("page_size") ?? 20) },
      (_, nth) => block(nth + (query.get("page_token") ? 20 : 0)),
    ),
    nextPageToken: query.get("page_token") ? "" : "more",
  }),
  [`/api/v1/blocks/*`]: (): GetBlockResponseJson => ({
    freshness,
    block: block(1),
    feeSats: "3213123",
    donationSats: "12000",
    accounts: 84,
    settledAt: ago(40_000),
  }),
  [`/api/v1/blocks/*/split`]: (query): GetBlockSplitResponseJson => ({
    freshness,
    hash: hex(2),
    scheme: "PPLNS",
    rewardSats: "322546912",
    feeSats: "3213123",
    donationSats: "12000",
    rule:
      "The work of the last two blocks' worth of shares before this one is added up for each account. The reward " +
      "less the fee is divided in these proportions, rounded down to whole satoshis; what is left over goes one " +
      "satoshi each to the accounts with the largest remainders.",
    basis: {
      window: "2 × network difficulty",
      minutes: 1794,
      offsets: [{ partition: 0, from: 182_331, until: 201_992 }, {
        partition: 1,
        from: 181_020,
        until: 200_117,
      }],
      feeBasisPoints: 100,
    },
    windowFrom: ago(140_000),
    windowUntil: ago(44_000),
    credits: Array.from({ length: 100 }, (_, nth) => ({
      address: `bc1q${hex(nth).slice(20, 58)}`,
      weight: String(10n ** 22n / BigInt(nth + 1)),
      sats: String(Math.round(98_000_000 / (nth + 1) ** 1.4)),
      feeBasisPoints: 100,
      donationBasisPoints: nth % 9 ? 0 : 50,
      paidInCoinbaseSats: nth < 3 ? String(Math.round(98_000_000 / (nth + 1) ** 1.4)) : "0",
    })),
    nextPageToken: query.get("page_token") ? "" : "more",
  }),
  "/api/v1/payouts": (): ListPayoutsResponseJson => ({
    freshness,
    payouts: Array.from({ length: 12 }, (_, nth) => ({
      id: String(118 - nth),
      at: ago(86_400 * nth + 5000),
      state: (["PAYOUT_STATE_PLANNED", "PAYOUT_STATE_BROADCAST"] as const)[nth] ??
        (nth === 5 ? "PAYOUT_STATE_CANCELLED" : "PAYOUT_STATE_CONFIRMED"),
      sats: String(41_200_000 + nth * 771_234),
      accounts: 31 + nth,
      feeSats: "4120",
      txid: nth === 0 ? "" : hex(nth + 40),
    })),
  }),
  "/api/v1/miners/*": () => miner,
  "/api/v1/miners/*/chart": (query): GetMinerChartResponseJson => ({
    freshness,
    ...points(query.get("range") ?? "", query.get("worker") ? 60e12 : 196.3e12),
    shares: SHARES,
  }),
  "/api/v1/miners/*/workers": (): ListWorkersResponseJson => ({
    freshness,
    workers: ["s21", "s19-garage", "bitaxe", ""].map((name, nth) => ({
      name,
      hashrates: hashrates([120e12, 75e12, 1.2e12, 410e3][nth]!, 0.2).filter((_, at) =>
        [1, 3, 5].includes(at)
      ),
      shares: {
        ...SHARES,
        valid: String(9000 - nth * 1700),
        rejected: String(nth * 11),
        stale: String(20 + nth),
      },
      bestDifficulty: 912.4e6 / (nth + 1),
      lastShareAt: nth === 3 ? ago(260_000) : ago(8 + nth * 21),
      online: nth !== 3,
    })),
  }),
  "/api/v1/miners/*/payouts": (): ListMinerPayoutsResponseJson => ({
    freshness,
    payouts: miner.payouts!,
  }),
  "/api/v1/miners/*/earnings": (): ListEarningsResponseJson => ({
    freshness,
    days: Array.from({ length: 30 }, (_, nth) => ({
      day: ago(86_400 * nth).slice(0, 10),
      sats: String(Math.round(70_000 + 50_000 * Math.sin(nth * 1.7))),
      credits: (nth % 3) + 1,
    })),
  }),
  "/api/v1/miners/*/settings": (): GetMinerSettingsResponseJson => ({
    freshness,
    address: ADDRESS,
    payoutThresholdSats: "100000",
    payoutAddress: ADDRESS,
    feeBasisPoints: 100,
    donationBasisPoints: 50,
    leastThresholdSats: "50000",
    addressDelaySeconds: 172_800,
    nextNonce: "12",
    messageExample:
      `gopool settings\npool: copperhead\naddress: ${ADDRESS}\nthreshold: 100000\nnonce: 12`,
  }),
};

function live(path: string): Response {
  let timer: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const tell = () => {
        const at = new Date().toISOString();
        const mean = path.includes("/pool/") ? 312.4e15 : 196.3e12;
        const told = {
          at,
          hashesPerSecond: mean * (1 + (Math.random() - 0.5) / 60),
          standardError: mean / 52,
          miners: 84,
          workers: path.includes("/pool/") ? 412 : 3,
          sharesPerSecond: 4 + Math.random(),
          height: 840_137,
          networkDifficulty: 126.4e12,
          lastBlockHash: hex(1),
          shares: 1,
          difficulty: 65_536,
        };
        controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(told)}\n\n`));
      };
      tell();
      timer = setInterval(tell, 1000);
    },
    cancel: () => clearInterval(timer),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** An address that begins so is answered as by an API that has lost a store. */
const stale = {
  freshness: {
    asOf: new Date().toISOString(),
    stale: true,
    missing: [{
      part: "statistics",
      why: "the store does not answer since 14:02; it is asked again every second.",
    }],
  },
  hashrates: [],
};

/** Answers as the API would. */
export function stubApi(request: Request): Response | null {
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith("/api/")) return null;
  if (pathname.endsWith("/live")) return live(pathname);
  if (pathname.includes("nobody")) {
    const message = "No share of this address is known here: it begins to be with its first one.";
    return Response.json({ code: "not_found", message }, { status: 404 });
  }
  const general = pathname.replace(/^(\/api\/v1\/(?:miners|blocks))\/[^/]+/, "$1/*");
  if (request.method === "POST") {
    const message = "The signature is not of this address: it was made by another key.";
    return Response.json({ code: "invalid_argument", message }, { status: 400 });
  }
  const answer = answers[general];
  if (answer && pathname.includes("stale")) {
    return Response.json({ ...answer(searchParams) as object, ...stale });
  }
  return answer ? Response.json(answer(searchParams)) : new Response(null, { status: 404 });
}

if (import.meta.main) {
  const [port, folder] = Deno.args;
  const page = await openPage({ folder: folder! });
  Deno.serve(
    { port: Number(port), hostname: "127.0.0.1" },
    (request) =>
      stubApi(request) ?? page.fetch(request) ?? new Response("not found\n", { status: 404 }),
  );
}
