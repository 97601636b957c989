/**
 * What PostgreSQL's programs complain of, as sentences for an operator.
 *
 * @module
 */

export interface Complaint {
  readonly sentence: string;
  /** Whether only a person can mend it. */
  readonly lasting: boolean;
}

const KNOWN: readonly (readonly [RegExp, (words: string) => Complaint])[] = [
  [
    /address already in use|could not create any TCP\/IP sockets|could not bind/i,
    () => ({
      sentence:
        "another program listens on its port: stop that, or choose another with GOPOOL_LEDGER_PORT",
      lasting: true,
    }),
  ],
  [
    /no space left on device/i,
    () => ({
      sentence: "the disk is full: make room, nothing of the ledger is lost",
      lasting: false,
    }),
  ],
  [
    /permission denied|has wrong ownership|has invalid permissions/i,
    (words) => ({ sentence: `its folder is not its own: ${words}`, lasting: true }),
  ],
  [
    /database files are incompatible|was initialized by PostgreSQL version/i,
    (words) => ({
      sentence: `it was made by another version of PostgreSQL: ${words}`,
      lasting: true,
    }),
  ],
  [
    /error while loading shared libraries|cannot execute|exec format error/i,
    (words) => ({ sentence: `its programs do not run on this machine: ${words}`, lasting: true }),
  ],
];

/** The gravest line is the first that says FATAL or PANIC, or the first at all. */
export function complaintOf(printed: string): Complaint {
  const lines = printed.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  for (const [pattern, complaint] of KNOWN) {
    const line = lines.find((one) => pattern.test(one));
    if (line !== undefined) return complaint(withoutStamp(line));
  }
  const line = lines.find((one) => /FATAL|PANIC|error:/.test(one)) ??
    lines.find((one) => !/ LOG: | HINT: /.test(one)) ?? lines[0];
  return {
    sentence: line === undefined ? "it ended without a word" : withoutStamp(line),
    lasting: false,
  };
}

/** A line of its log begins with time and process id. */
function withoutStamp(line: string): string {
  return line.replace(/^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] /, "");
}
