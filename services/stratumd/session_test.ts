import type { Socket } from "node:net";
import { assertEquals } from "@std/assert";
import { ANSWERS_WAITING_MAX } from "./limits.ts";
import { Session } from "./session.ts";

/** What a session asks of its socket, written down. */
class Told {
  readonly writable = true;
  readonly writableLength = 0;
  readonly said: string[] = [];
  pause() {
    this.said.push("pause");
  }
  resume() {
    this.said.push("resume");
  }
  write(data: string) {
    this.said.push(data);
  }
}

function open(): { session: Session; socket: Told } {
  const socket = new Told();
  const host = { mark: "0", touch: () => {}, drop: () => {} };
  return { session: new Session(socket as unknown as Socket, "::1", 0, host, 1), socket };
}

Deno.test("past its bound of waiting shares a session is read no further until half of them are answered", () => {
  const { session, socket } = open();
  const answers = Array.from({ length: ANSWERS_WAITING_MAX }, (_, i) => session.later(`${i}`));
  assertEquals(socket.said, []);
  answers.push(session.later("last"));
  assertEquals(socket.said, ["pause"]);
  for (const answer of answers.slice(0, ANSWERS_WAITING_MAX / 2)) answer.line = "";
  session.advance();
  assertEquals(socket.said, ["pause"]);
  for (const answer of answers) answer.line = "";
  session.advance();
  assertEquals(socket.said, ["pause", "resume"]);
});

Deno.test("answers that wait behind a share count, too", () => {
  const { session, socket } = open();
  const share = session.later("0");
  for (let i = 0; i < ANSWERS_WAITING_MAX; i++) session.reply(`${i}\n`);
  assertEquals(socket.said, ["pause"]);
  share.line = "true\n";
  session.advance();
  session.flush();
  assertEquals(socket.said.slice(0, 2), ["pause", "resume"]);
  assertEquals(socket.said[2]!.split("\n").slice(0, 3), ["true", "0", "1"]);
  assertEquals(socket.said[2]!.length > ANSWERS_WAITING_MAX, true);
});
