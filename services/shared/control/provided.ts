/**
 * Methods that answer from the first moment, and whose implementations come when the process has opened what they
 * work on.
 *
 * @module
 */
import {
  Code,
  ConnectError,
  type HandlerContext,
  type MethodImpl,
  type ServiceImpl,
} from "@connectrpc/connect";
import type { DescMethod, DescService } from "@gopool/proto/control";

export interface Provided {
  /**
   * From now on these methods answer by `impl`, in place of what was given before.
   *
   * @throws {TypeError} For a service that the server was not told to serve: its callers would see "not found".
   */
  provide<S extends DescService>(service: S, impl: ServiceImpl<S>): void;
  /** What is routed: asks the implementation of the moment. */
  implOf<S extends DescService>(service: S): ServiceImpl<S>;
}

/** An implementation with its types forgotten: which method it belongs to is known by its name alone. */
type AnyMethod = (message: unknown, context: HandlerContext) => unknown;
type AnyImpl = Record<string, AnyMethod>;

export function createProvided(services: readonly DescService[]): Provided {
  const given = new Map<string, AnyImpl>();
  const now = (method: DescMethod): AnyMethod => {
    const { typeName } = method.parent;
    const impl = given.get(typeName);
    if (impl === undefined) {
      throw new ConnectError(
        `the service is starting: ${typeName} does not answer yet, ask again in a moment`,
        Code.Unavailable,
      );
    }
    const found = impl[method.localName];
    if (found === undefined) {
      throw new ConnectError(`${typeName}/${method.name} is not implemented`, Code.Unimplemented);
    }
    return found.bind(impl);
  };
  return {
    provide(service, impl) {
      if (!services.some(({ typeName }) => typeName === service.typeName)) {
        const names = services.map(({ typeName }) => typeName).join(", ");
        throw new TypeError(`Cannot provide ${service.typeName}: this server serves ${names}`);
      }
      given.set(service.typeName, impl as unknown as AnyImpl);
    },
    implOf<S extends DescService>(service: S) {
      const methods = service.methods.map((method) => [method.localName, routed(method, now)]);
      return Object.fromEntries(methods) as ServiceImpl<S>;
    },
  };
}

function routed(
  method: DescMethod,
  now: (method: DescMethod) => AnyMethod,
): MethodImpl<DescMethod> {
  const isStream = method.methodKind === "server_streaming" ||
    method.methodKind === "bidi_streaming";
  const call = isStream
    // A generator: what `now` throws has to reach the caller as the stream's error.
    ? async function* (message: unknown, context: HandlerContext) {
      yield* now(method)(message, context) as AsyncIterable<unknown>;
    }
    : async (message: unknown, context: HandlerContext) => await now(method)(message, context);
  return call as unknown as MethodImpl<DescMethod>;
}
