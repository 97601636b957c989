/** What commands say: tables for people, the messages themselves as JSON for programs. @module */
import { type DescMessage, type MessageShape, toJson } from "@gopool/proto";
import { type Cells, type Print, show, showOne } from "../ledger/show.ts";

/** Prints answers in the form that was asked for. */
export interface Out {
  readonly json: boolean;
  /** Rows of a table; in JSON a message a line. */
  list<D extends DescMessage>(
    schema: D,
    messages: readonly MessageShape<D>[],
    cells: (message: MessageShape<D>) => Cells,
  ): void;
  /** One thing, a line for each of its facts; in JSON one message. */
  one<D extends DescMessage>(
    schema: D,
    message: MessageShape<D>,
    facts: (message: MessageShape<D>) => Cells,
  ): void;
  /** A message that is told in sentences, or, in JSON, whole. */
  said<D extends DescMessage>(
    schema: D,
    message: MessageShape<D>,
    sentences: (message: MessageShape<D>) => readonly string[],
  ): void;
  /** Rows made of several answers: for people alone. */
  rows(rows: readonly Cells[]): void;
  /** A table that stands below another answer; nothing in JSON, where the message has it. */
  table(head: string, rows: readonly Cells[]): void;
  /** A line for people alone. */
  line(text: string): void;
}

/** In JSON what is zero or empty is written too: whoever reads a field finds it. */
const WHOLE = { alwaysEmitImplicit: true } as const;

export function createOut(json: boolean, print: Print): Out {
  const asJson = <D extends DescMessage>(schema: D, message: MessageShape<D>) =>
    print(JSON.stringify(toJson(schema, message, WHOLE)));
  return {
    json,
    list(schema, messages, cells) {
      if (!json) return show(messages.map(cells), false, print);
      for (const message of messages) asJson(schema, message);
    },
    one(schema, message, facts) {
      if (json) return asJson(schema, message);
      showOne(facts(message), false, print);
    },
    said(schema, message, sentences) {
      if (json) return asJson(schema, message);
      for (const sentence of sentences(message)) print(sentence);
    },
    rows(rows) {
      if (!json) show(rows, false, print);
    },
    table(head, rows) {
      if (json || rows.length === 0) return;
      print("");
      print(`${head}:`);
      show(rows, false, print);
    },
    line(text) {
      if (!json) print(text);
    },
  };
}
