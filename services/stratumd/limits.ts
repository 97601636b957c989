/**
 * Every bound of the gateway, with its reason. Those that operators may want to change are settings (config.ts);
 * these are not.
 *
 * @module
 */

/** Pending connections the kernel holds: all miners of a pool come back at once after a restart. Its own cap is 4096. */
export const LISTEN_BACKLOG = 4096;

/** New connections of one address are counted over this span; the setting says how many (config.ts). */
export const ARRIVALS_SPAN_MS = 60_000;

/** Other gateways are told of an address from this part of its limit on: else the store would hear of every miner. */
export const TOLD_FROM = 64;

/** Addresses remembered when nobody of them is here any more, 150 bytes each: a whole pool's, twice over. */
export const ADDRESSES_MAX = 131_072;

/** Connections that were turned away are told of this often. */
export const REFUSED_TOLD_MS = 60_000;

/** Idle time before the kernel asks whether the peer is still there: half-open connections go within minutes. */
export const KEEPALIVE_MS = 60_000;

/** Time to get through subscribe and authorize. ckpool gives 60 s; slow firmware needs a few. */
export const UNAUTHORIZED_MAX_MS = 60_000;

/** Bytes a peer may leave unread before it is dropped: some forty jobs, more than twenty minutes of them. */
export const SLOW_READER_BYTES = 128 * 1024;

/** Answers of one session that may wait, shares and others; beyond it nothing more is read from its socket. */
export const ANSWERS_WAITING_MAX = 4096;

/** Usernames of one connection: a large farm behind one proxy, and still small in memory. */
export const WORKERS_PER_SESSION_MAX = 4096;

/** Lines that are no message, in a row without a good one, before the connection ends: no miner sends any. */
export const BAD_LINES_MAX = 32;

/** Lines held while a resumed session is looked up: a whole handshake is five or six. */
export const LINES_HELD_MAX = 32;

/** Longest wait for the store that remembers sessions; a handshake should not be felt. */
export const RESUME_WAIT_MS = 500;

/** Longest wait for a worker's last level: it only saves vardiff a job or two. */
export const WORKER_WAIT_MS = 250;

/** After a store that was away or late nothing is asked of it, nor told, for so long: others must not wait, too. */
export const RECALL_REST_MS = 5_000;

/** Refused shares of one session that are listed one by one, a second; further ones are a count. */
export const REFUSALS_LISTED_PER_SECOND = 10;

/** Invalid shares in a row from which the escalation looks at a session at all: nobody is dropped for a few. */
export const INVALID_STREAK_MIN = 50;
/** Nothing but invalid shares for this long: difficulty and mask are told again (steps as ckpool: 60, 120, 180 s). */
export const INVALID_RESEND_MS = 60_000;
/** ... for this long: asked to reconnect, or closed where the miner does not understand that. */
export const INVALID_RECONNECT_MS = 120_000;
/** ... for this long: closed. */
export const INVALID_CLOSE_MS = 180_000;

/** Jobs held. One every 30 s for 20 min is 40; the rest is room for quick tips. A mad job manager fills no memory. */
export const JOBS_MAX = 256;

/** Publishes of shares under way at once: enough to hide the round trip, few enough to keep batches large. */
export const OUTBOX_IN_FLIGHT = 4;

/** Records of one publish: 2,000 of 300 bytes stay below the common 1 MB of a broker's request. */
export const OUTBOX_BATCH_MAX = 2_000;

/** Records that may wait for the bus: 30 s at 4,000 a second, some 40 MB. Beyond it shares are refused at once. */
export const OUTBOX_MAX_RECORDS = 120_000;

/** Pause before a batch that was certainly not written is tried again. */
export const OUTBOX_RETRY_MS = 250;

/** A publish that has not come back this long after its deadline never will: its answers are "outcome unknown". */
export const OUTBOX_GRACE_MS = 1_000;

/** A candidate is published again this often until `block.found` names it (architecture, topics). */
export const SPOOL_REPEAT_MS = 10_000;

/** Candidates the spool holds. Real blocks are one at a time; a test network can give one with every share. */
export const SPOOL_MAX = 10_000;

/** Candidates published again in one round, oldest first. */
export const SPOOL_REPEAT_BATCH = 100;

/** Sessions that have ended and whose work is remembered, 250 bytes each: more than come back within minutes. */
export const DEPARTED_MAX = 16_384;

/** How long sessions of a lost prefix are kept while the next one is leased; then they are closed. */
export const MOVE_MAX_MS = 5_000;
/** How often it is asked for meanwhile. */
export const MOVE_RETRY_MS = 250;

/** How often the one sweep looks at every session. */
export const SWEEP_MS = 1_000;

/** Without a notify for this long miners think the pool dead; the gateway can only say so (stratum-wire 2.2). */
export const NO_JOB_ALARM_MS = 50_000;

/** Jobs superseded no longer ago than this may be given to a session that has not seen them, to set its difficulty. */
export const EARLY_JOB_MAX_AGE_MS = 120_000;

/** Least time between two notifies that only serve the difficulty. */
export const EARLY_NOTIFY_MIN_MS = 4_000;

/** Addresses remembered with their scripts: 300 bytes each. Pools have fewer accounts; more cost a decode each. */
export const PAYEES_MAX = 16_384;

/** Targets remembered by difficulty. Difficulties are rounded, so sessions share them. */
export const TARGETS_CACHED_MAX = 8_192;

/** How long answers in hand may take at shutdown; the process is ended after 10 s. */
export const DRAIN_MS = 6_000;

/** How long sockets may take to close after their last answer. */
export const CLOSE_MS = 1_000;

/** A session's record is written again this often: it lives for a job's life (20 min) after its last write. */
export const REMEMBER_EVERY_MS = 300_000;

/** Records written a second, so that the store is not flooded by a job that changed thousands: all in half a minute. */
export const REMEMBER_PER_SECOND = 1_000;

/** Records on their way to the store at once: hides its round trip, and is all that a store that hangs is asked. */
export const REMEMBER_IN_FLIGHT = 64;

/** Records of ended sessions that wait for the store: as many as there can be sessions. */
export const REMEMBER_WAITING_MAX = 65_536;

/** How long the last records may take at shutdown, while sockets close: 20,000 take a third of it where a call takes 1 ms. */
export const REMEMBER_DRAIN_MS = 1_000;

/** How often each gateway looks at the pool's bans: one small read. A ban holds everywhere after it and a round trip. */
export const BANS_EVERY_MS = 2_000;

/** Bans at once: 300 KB where each has the longest reason. Who needs more has a firewall to set up. */
export const BANS_MAX = 1_000;

/** New bans are held against all sessions in slices of this length: a miner's share waits for one at most. */
export const CLOSING_SLICE_MS = 5;

/** Tries to write the list of bans where other gateways write it at the same moment. */
export const BAN_TRIES = 8;

/** Connections that were turned away and are remembered, with address and reason: a flood writes over itself. */
export const REFUSALS_KEPT = 256;

/** Names of user agents that are counted one by one, 300 bytes each: firmware versions of a large pool's miners. */
export const AGENTS_MAX = 1_000;

/** Characters kept of a user agent's name: the longest ones of firmware have half as many. */
export const AGENT_NAME_MAX = 128;

/** Changes of difficulty that a session remembers, 24 bytes each: at a job every 30 s at least eight minutes of them. */
export const CHANGES_KEPT = 16;

/** A session without a share that counts for so long is shown as silent: at 15 a minute never by chance. */
export const SILENT_MS = 600_000;

/** From the first job until the first question for the round trip: what a miner does at its start would be in it. */
export const ROUND_TRIP_FIRST_MS = 10_000;

/** From one question to the next. */
export const ROUND_TRIP_EVERY_MS = 600_000;

/** Questions in one sweep: a gateway that was just restarted does not ask all its miners in one moment. */
export const ROUND_TRIPS_PER_SWEEP = 200;

/** Who watches sessions at once: operators and their screens. */
export const WATCHERS_MAX = 32;

/** News that wait for one watcher: a new job can change thousands of difficulties at once; it is told what it missed. */
export const WATCHER_QUEUE = 1_024;

/** Jobs shown of a session: eight minutes of them. */
export const JOBS_SHOWN = 16;

/** Workers shown of a session. */
export const WORKERS_SHOWN = 100;

/** The gateway's hashrate is summed up this often at most, however many ask: half a millisecond for 5,000 sessions. */
export const HASHRATE_KEPT_MS = 1_000;
