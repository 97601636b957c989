/** How to point a miner here, as stratumd understands it. @module */
import type { Network } from "@gopool/chain";
import type { MessageInitShape } from "@gopool/proto";
import type { GetConnectionResponseSchema, PasswordOptionSchema } from "@gopool/proto/api";
import type { PublicSettings } from "./deps.ts";

const USERNAME =
  "Your payout address, and if you have several machines a dot and a name for this one: " +
  "address.worker. There is nothing to register: the address alone decides who is paid.";

/** What `passwordOptions()` of the stratum room finds in a password; a test holds the examples against it. */
export const PASSWORD_OPTIONS: readonly MessageInitShape<typeof PasswordOptionSchema>[] = [
  {
    example: "x",
    explained:
      "Any text will do: there is no password. The pool finds a fitting difficulty by itself.",
  },
  {
    example: "d=1024",
    explained:
      "Begin at difficulty 1024 (diff= says the same). It is kept while shares come at up to four times, and down to a quarter of, the rate that the pool aims at.",
  },
  {
    example: "md=512",
    explained: "Never give me a difficulty below 512.",
  },
  {
    example: "d=1024,md=512",
    explained: "Both; commas, semicolons or spaces stand between options.",
  },
];

export function connectionOf(
  network: Network,
  { stratumUrls }: PublicSettings,
): MessageInitShape<typeof GetConnectionResponseSchema> {
  return {
    stratumUrls: [...stratumUrls],
    network,
    username: USERNAME,
    passwordOptions: [...PASSWORD_OPTIONS],
  };
}
