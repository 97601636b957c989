import { assertEquals } from "@std/assert";
import { integer, optional, text, url } from "@gopool/config";
import { settingsView } from "./settings_view.ts";

const schema = {
  port: integer("GOPOOL_TRIED_PORT", "a port", { min: 1, max: 9, fallback: 8 }),
  place: url("GOPOOL_TRIED_URL", "a place", { schemes: ["http:"] }),
  name: text("GOPOOL_TRIED_NAME", "a name", { takes: "NAME", fallback: "a" }),
  word: text("GOPOOL_TRIED_WORD", "a password", { takes: "WORD", secret: true }),
  other: optional(text("GOPOOL_TRIED_OTHER", "another", { takes: "X", secret: true })),
};

Deno.test("each setting has its value, where it came from, and no secret", () => {
  const env: Record<string, string> = {
    GOPOOL_TRIED_URL: "http://user:hidden1@h:1/",
    GOPOOL_TRIED_WORD_FILE: "/a/file",
  };
  const view = settingsView(schema, {
    args: ["--tried-name=b"],
    env: (name) => env[name],
    readFile: () => "hidden2",
  });
  assertEquals(view.map(({ help: _, ...rest }) => rest), [
    { variable: "GOPOOL_TRIED_PORT", value: "8", source: "default", from: "" },
    {
      variable: "GOPOOL_TRIED_URL",
      value: "http://***@h:1/",
      source: "environment",
      from: "GOPOOL_TRIED_URL",
    },
    { variable: "GOPOOL_TRIED_NAME", value: "b", source: "flag", from: "--tried-name" },
    {
      variable: "GOPOOL_TRIED_WORD",
      value: "(secret)",
      source: "file",
      from: "GOPOOL_TRIED_WORD_FILE",
    },
    { variable: "GOPOOL_TRIED_OTHER", value: "", source: "absent", from: "" },
  ]);
});
