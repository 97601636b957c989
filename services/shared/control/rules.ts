/**
 * The rule that each method carries in its proto: who may call it, and whether calls are recorded.
 *
 * @module
 */
import {
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
  Role,
  rule,
} from "@gopool/proto/control";
import { Health } from "@gopool/proto/grpc";
import { v1, v1alpha } from "@gopool/proto/grpc";

/** The rule of a method, checked. */
export interface MethodRule {
  readonly role: Role;
  readonly changes: boolean;
}

/** A method says nothing of who may call it, or what it says cannot be kept: a mistake in a proto, found when the server is made. */
export class NoRule extends Error {
  override name = "NoRule";
}

/** Services that are others' and carry no rule of ours: they tell nothing that a prober or a tool may not know. */
const OPEN: ReadonlySet<string> = new Set(
  [Health, v1.ServerReflection, v1alpha.ServerReflection].map(({ typeName }) => typeName),
);

const PUBLIC: MethodRule = { role: Role.PUBLIC, changes: false };

/** @throws {NoRule} */
export function ruleOf(method: DescMethod): MethodRule {
  if (OPEN.has(method.parent.typeName)) return PUBLIC;
  const name = `${method.parent.typeName}/${method.name}`;
  if (!hasOption(method, rule)) {
    throw new NoRule(
      `${name} has no rule: its proto has to say option (gopool.control.v1.rule) = {role: …}`,
    );
  }
  const { role, changes } = getOption(method, rule);
  if (role === Role.UNSPECIFIED || Role[role] === undefined) {
    throw new NoRule(`${name} has a rule without a known role: ${role}`);
  }
  if (changes && method.methodKind !== "unary") {
    throw new NoRule(`${name} changes something and is a stream: only unary calls are recorded`);
  }
  return { role, changes };
}

/** The rules of all methods, by method. @throws {NoRule} Naming the first method without one. */
export function rulesOf(services: readonly DescService[]): ReadonlyMap<DescMethod, MethodRule> {
  return new Map(
    services.flatMap(({ methods }) => methods.map((method) => [method, ruleOf(method)] as const)),
  );
}

/** Whether these roles let somebody call what needs `role`. Read is part of operate, money and settings. */
export function allows(roles: readonly Role[], role: Role): boolean {
  if (role === Role.PUBLIC) return true;
  if (roles.includes(role)) return true;
  return role === Role.READ && roles.some((one) => READERS.has(one));
}

const READERS: ReadonlySet<Role> = new Set([Role.OPERATE, Role.MONEY, Role.SETTINGS]);

/** `ROLE_READ` → `read`, as settings and sentences name it. */
export function roleName(role: Role): string {
  return (Role[role] ?? String(role)).toLowerCase();
}
