/**
 * The gate in front of every method: who calls, and may they. Looks at headers alone, before a byte of the request is
 * read.
 *
 * @module
 */
import {
  Code,
  ConnectError,
  type ContextKey,
  createContextKey,
  type HandlerContext,
} from "@connectrpc/connect";
import { type DescMethod, Role } from "@gopool/proto/control";
import type { Access } from "./access.ts";
import { setCaller } from "./note.ts";
import { allows, type MethodRule, roleName } from "./rules.ts";

/** The common name of the client's certificate, or null; put there by who takes the request from the socket. */
export const certificateKey: ContextKey<string | null> = createContextKey<string | null>(null, {
  description: "name in the client's certificate",
});

/** @param rules Of every method that is routed; one that is missing here is nobody's. */
export function createGate(
  access: Access,
  rules: ReadonlyMap<DescMethod, MethodRule>,
): (context: HandlerContext) => void {
  return ({ method, requestHeader, values }) => {
    const role = rules.get(method)?.role ?? Role.UNSPECIFIED;
    if (role === Role.PUBLIC) return;
    const who = access.who({
      authorization: requestHeader.get("authorization"),
      certificate: values.get(certificateKey),
    });
    if ("refused" in who) throw new ConnectError(who.refused, Code.Unauthenticated);
    if (!allows(who.roles, role)) {
      const has = who.roles.map(roleName).join(", ") || "none";
      throw new ConnectError(
        `${method.parent.typeName}/${method.name} needs the role ${
          roleName(role)
        }; ${who.name} has ${has}`,
        Code.PermissionDenied,
      );
    }
    setCaller(values, who);
  };
}
