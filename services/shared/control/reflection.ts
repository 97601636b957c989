/**
 * Server reflection, written on the descriptors that the generated code carries: tools without protos list and call
 * what is served. Versions v1 and v1alpha of the protocol differ in their package's name alone.
 *
 * @module
 */
import { Code, type ServiceImpl } from "@connectrpc/connect";
import type { DescFile, DescService, MessageInitShape } from "@gopool/proto/control";
import {
  FileDescriptorProtoSchema,
  nestedTypes,
  toBinary,
  type v1,
  type v1alpha,
} from "@gopool/proto/grpc";

type Request = v1.ServerReflectionRequest["messageRequest"];
type Answer = NonNullable<
  MessageInitShape<typeof v1.ServerReflectionResponseSchema>["messageResponse"]
>;

/** Implementations of both versions. @param services All that are listed; what they import is told when asked for. */
export function createReflection(services: readonly DescService[]): {
  readonly v1: ServiceImpl<typeof v1.ServerReflection>;
  readonly v1alpha: ServiceImpl<typeof v1alpha.ServerReflection>;
} {
  const index = indexOf(services);
  async function* answers<R extends { readonly host: string; readonly messageRequest: Request }>(
    requests: AsyncIterable<R>,
  ) {
    // Files that this stream has had: a tool keeps them, and asks for one symbol after the other.
    const had = new Set<string>();
    for await (const request of requests) {
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answerOf(index, request.messageRequest, had),
      };
    }
  }
  return {
    v1: { serverReflectionInfo: (requests) => answers(requests) },
    v1alpha: {
      // The same fields under other names of types, which only the request's echo carries.
      serverReflectionInfo: (requests) =>
        answers(requests as AsyncIterable<never>) as AsyncIterable<
          MessageInitShape<typeof v1alpha.ServerReflectionResponseSchema>
        >,
    },
  };
}

interface Index {
  readonly services: readonly string[];
  readonly files: ReadonlyMap<string, DescFile>;
  /** By full name: services, methods, messages, fields, oneofs, enums, their values, extensions. */
  readonly symbols: ReadonlyMap<string, DescFile>;
  /** By the extended message's full name, then by number. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, DescFile>>;
}

function indexOf(services: readonly DescService[]): Index {
  const files = new Map<string, DescFile>();
  for (const { file } of services) addFile(files, file);
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of files.values()) {
    for (const name of namesIn(file)) symbols.set(name, file);
    for (const type of nestedTypes(file)) {
      if (type.kind !== "extension") continue;
      const { typeName } = type.extendee;
      const numbers = extensions.get(typeName) ?? new Map<number, DescFile>();
      extensions.set(typeName, numbers.set(type.number, file));
    }
  }
  return {
    services: services.map(({ typeName }) => typeName).toSorted(),
    files,
    symbols,
    extensions,
  };
}

function addFile(files: Map<string, DescFile>, file: DescFile): void {
  const { name } = file.proto;
  if (files.has(name)) return;
  files.set(name, file);
  for (const needed of file.dependencies) addFile(files, needed);
}

function* namesIn(file: DescFile): Generator<string> {
  for (const type of nestedTypes(file)) {
    yield type.typeName;
    if (type.kind === "message") {
      for (const { name } of [...type.fields, ...type.oneofs]) yield `${type.typeName}.${name}`;
    } else if (type.kind === "enum") {
      // A value's full name stands beside its enum, not in it: so it is in protobuf's scopes.
      const scope = type.typeName.slice(0, -type.name.length);
      for (const { name } of type.values) yield `${scope}${name}`;
    } else if (type.kind === "service") {
      for (const { name } of type.methods) yield `${type.typeName}.${name}`;
    }
  }
}

function answerOf(index: Index, request: Request, had: Set<string>): Answer {
  switch (request.case) {
    case "listServices": {
      const service = index.services.map((name) => ({ name }));
      return { case: "listServicesResponse", value: { service } };
    }
    case "fileByFilename":
      return fileAnswer(index.files.get(request.value), had, `file ${quoted(request.value)}`);
    case "fileContainingSymbol":
      return fileAnswer(index.symbols.get(request.value), had, `symbol ${quoted(request.value)}`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = request.value;
      return fileAnswer(
        index.extensions.get(containingType)?.get(extensionNumber),
        had,
        `extension ${extensionNumber} of ${quoted(containingType)}`,
      );
    }
    case "allExtensionNumbersOfType": {
      // Of a message that nobody extends: none. Of what is no message: not found.
      const numbers = [...index.extensions.get(request.value)?.keys() ?? []];
      if (numbers.length === 0 && !index.symbols.has(request.value)) {
        return refused(Code.NotFound, `no message ${quoted(request.value)} is known here`);
      }
      return {
        case: "allExtensionNumbersResponse",
        value: { baseTypeName: request.value, extensionNumber: numbers },
      };
    }
    default:
      return refused(Code.InvalidArgument, "the request names nothing that could be told");
  }
}

function fileAnswer(file: DescFile | undefined, had: Set<string>, what: string): Answer {
  if (file === undefined) return refused(Code.NotFound, `no ${what} is known here`);
  const wanted = new Map<string, DescFile>();
  addFile(wanted, file);
  // The file itself first, and again where it was had: it was asked for.
  const sent = [...wanted.values()].filter((one) => one === file || !had.has(one.proto.name));
  for (const { proto } of sent) had.add(proto.name);
  return {
    case: "fileDescriptorResponse",
    value: {
      fileDescriptorProto: sent.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)),
    },
  };
}

/** Told within the stream: it goes on. */
function refused(errorCode: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, NAME_SHOWN_CHARS));
}

/** Of a name that is not known, so much is said back. */
const NAME_SHOWN_CHARS = 200;
