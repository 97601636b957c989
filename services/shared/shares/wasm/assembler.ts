/**
 * Just enough of a WebAssembly assembler for the hash modules: functions over i32 and v128, one imported memory,
 * data segments. Opcodes and layout: WebAssembly Core Specification 2.0, section 5 (binary format).
 *
 * @module
 */

export const I32 = 0x7f;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof V128;

/** A local variable: its index in the function. */
export type Local = number & { readonly local: unique symbol };

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const out: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    out.push(value === 0 ? low : low | 0x80);
  } while (value !== 0);
  return out;
}

/** Signed LEB128 of the 32-bit number. */
function signed(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const last = rest === 0 && (low & 0x40) === 0 || rest === -1 && (low & 0x40) !== 0;
    out.push(last ? low : low | 0x80);
    if (last) return out;
  }
}

const vector = (items: readonly (readonly number[])[]) => [
  ...unsigned(items.length),
  ...items.flat(),
];

const text = (value: string) => vector([...new TextEncoder().encode(value)].map((b) => [b]));

/** One function's code while it is written. Methods append instructions and return this. */
export class Code {
  readonly #bytes: number[] = [];
  readonly #locals: ValueType[] = [];

  /** @param params Number of i32 parameters, which are the first locals. */
  constructor(readonly params: number, readonly returnsI32 = false) {}

  param(index: number): Local {
    return index as Local;
  }

  local(type: ValueType): Local {
    return this.params + this.#locals.push(type) - 1 as Local;
  }

  locals(type: ValueType, count: number): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** Plain opcodes without operands. */
  op(...opcodes: number[]): this {
    this.#bytes.push(...opcodes);
    return this;
  }

  /** A SIMD instruction: the prefix, its number, operand bytes. */
  simd(opcode: number, ...operands: number[]): this {
    this.#bytes.push(0xfd, ...unsigned(opcode), ...operands);
    return this;
  }

  get(local: Local): this {
    return this.op(0x20, ...unsigned(local));
  }

  set(local: Local): this {
    return this.op(0x21, ...unsigned(local));
  }

  tee(local: Local): this {
    return this.op(0x22, ...unsigned(local));
  }

  const(value: number): this {
    return this.op(0x41, ...signed(value));
  }

  /** i32.load from the address on the stack plus `offset`. */
  load(offset: number): this {
    return this.op(0x28, 2, ...unsigned(offset));
  }

  /** i32.store of the value on the stack to the address below it plus `offset`. */
  store(offset: number): this {
    return this.op(0x36, 2, ...unsigned(offset));
  }

  /** A SIMD load or store; alignment is a hint and left at 4 bytes. */
  simdMemory(opcode: number, offset: number, ...operands: number[]): this {
    return this.simd(opcode, 2, ...unsigned(offset), ...operands);
  }

  call(index: number): this {
    return this.op(0x10, ...unsigned(index));
  }

  add(): this {
    return this.op(0x6a);
  }

  /** `local += amount`. */
  increase(local: Local, amount: number): this {
    return this.get(local).const(amount).add().set(local);
  }

  /** Runs `body` once and again as long as it leaves a value other than 0. */
  loopWhile(body: () => void): this {
    this.op(0x03, 0x40);
    body();
    return this.op(0x0d, 0).op(0x0b);
  }

  /** Runs `body` if the value on the stack is not 0. */
  if(body: () => void): this {
    this.op(0x04, 0x40);
    body();
    return this.op(0x0b);
  }

  /** The function as the code section holds it. */
  body(): number[] {
    const locals = vector(this.#locals.map((type) => [1, type]));
    const code = [...locals, ...this.#bytes, 0x0b];
    return [...unsigned(code.length), ...code];
  }
}

/** Bytes that stand in memory from the start. */
export interface Data {
  readonly address: number;
  readonly words: readonly number[];
}

/**
 * A whole module: `functions` in order of their call indices, the named ones exported, memory imported as
 * `env.memory`.
 */
export function assemble(
  functions: readonly Code[],
  exports: Readonly<Record<string, number>>,
  data: readonly Data[],
): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
  const types = functions.map(({ params, returnsI32 }) => [
    0x60,
    ...vector(new Array(params).fill([I32])),
    ...vector(returnsI32 ? [[I32]] : []),
  ]);
  const segments = data.map(({ address, words }) => [
    0,
    0x41,
    ...signed(address),
    0x0b,
    ...vector(words.flatMap((w) => [w, w >>> 8, w >>> 16, w >>> 24].map((b) => [b & 0xff]))),
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([[...text("env"), ...text("memory"), 0x02, 0x00, 0x01]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(Object.entries(exports).map(([n, i]) => [...text(n), 0, ...unsigned(i)]))),
    ...section(10, vector(functions.map((f) => f.body()))),
    ...section(11, vector(segments)),
  ]);
}
