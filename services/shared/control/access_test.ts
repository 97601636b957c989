import { assert, assertEquals } from "@std/assert";
import { Role } from "@gopool/proto/control";
import { createAccess } from "./access.ts";

const ANNA = { name: "anna", roles: [Role.READ], token: "token-of-anna-0123" };
const ACCESS = createAccess({
  tokens: [ANNA, { name: "bert", roles: [Role.MONEY], token: "token-of-bert-0123" }],
  certificates: [{ name: "gate1", roles: [Role.OPERATE] }],
});

function nameOf(authorization: string | null, certificate: string | null = null): string {
  const who = ACCESS.who({ authorization, certificate });
  return "refused" in who ? `refused: ${who.refused}` : who.name;
}

Deno.test("a token stands for its name and roles, however the word bearer is written", () => {
  assertEquals(nameOf("Bearer token-of-anna-0123"), "anna");
  assertEquals(nameOf("bearer  token-of-bert-0123"), "bert");
});

Deno.test("anything else is refused, and nothing of it is repeated", () => {
  const wrong = [
    null,
    "",
    "Bearer",
    "Bearer ",
    "token-of-anna-0123",
    "Basic token-of-anna-0123",
    "Bearer token-of-anna-012",
    "Bearer token-of-anna-0123 4",
    "Bearer TOKEN-OF-ANNA-0123",
  ];
  for (const one of wrong) {
    const said = nameOf(one);
    assert(said.startsWith("refused: "), `${one}: ${said}`);
    assert(!said.includes("anna"), said);
  }
});

Deno.test("a certificate's name counts where no token is shown, and a wrong token is not mended by it", () => {
  assertEquals(nameOf(null, "gate1"), "gate1");
  assertEquals(nameOf("Bearer token-of-anna-0123", "gate1"), "anna");
  assert(nameOf("Bearer wrong-0123456789", "gate1").startsWith("refused"));
  assert(nameOf(null, "gate2").startsWith("refused"));
  assert(nameOf(null, "anna").startsWith("refused"));
});
