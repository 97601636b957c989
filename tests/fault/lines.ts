/** Text cut into lines. @module */
export class TextLineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(chunk, out) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) out.enqueue(line);
      },
      flush(out) {
        if (rest !== "") out.enqueue(rest);
      },
    });
  }
}
