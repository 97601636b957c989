/**
 * HTTP/2 sessions that end safely on this Deno: where the peer says that it goes (GOAWAY, RFC 9113, section 6.8) while
 * nothing is under way, node:http2 destroys the session within the callback that tells it so, and its native part goes
 * on with memory that is freed: the process dies of it, one time in a few. So a session is destroyed a turn later, when
 * no callback of its own is under way. Imported for its effect wherever sessions are made, by server and client.
 *
 * @module
 */
import { connect } from "node:http2";
import { Socket } from "node:net";
import { setImmediate } from "node:timers";

interface Ending {
  destroy(...how: unknown[]): void;
  on(event: "error", told: () => void): unknown;
}

/** What both kinds of session inherit `destroy` from. The class is not exported: one that never connects shows it. */
function sessionPrototype(): Ending {
  const session = connect("http://localhost", { createConnection: () => new Socket() });
  let found: Ending = session;
  while (!Object.hasOwn(found, "destroy")) {
    found = Object.getPrototypeOf(found);
    if (found === null) throw new TypeError("Cannot find where an HTTP/2 session ends");
  }
  session.destroy();
  return found;
}

const prototype = sessionPrototype();
const { destroy } = prototype;
prototype.destroy = function (this: Ending, ...how) {
  // Its error comes a moment later. A call that is made before finds the session destroyed, and connect-node stops
  // listening to it: nobody's error would end the process.
  this.on("error", () => {});
  setImmediate(() => destroy.apply(this, how));
};
