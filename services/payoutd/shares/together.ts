/**
 * Work that several callers ask for at once, done for all of them in one go: while one go is under way the next callers
 * gather.
 *
 * @module
 */

interface Request<Q, A> {
  readonly question: Q;
  answer: Promise<A> | undefined;
}

export class Together<Q, A> {
  #waiting: Request<Q, A>[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** @param work Answers all questions, in their order, or throws for all of them. */
  constructor(private readonly work: (questions: readonly Q[]) => Promise<A[]>) {}

  /**
   * @throws What `work` throws when it is asked this question alone: one that cannot be answered does not keep others
   *   from their answers.
   */
  ask(question: Q): Promise<A> {
    const request: Request<Q, A> = { question, answer: undefined };
    this.#waiting.push(request);
    // The first to come in a turn asks for all who wait by then; the others find their answer.
    const turn = this.#last.then(() => {
      if (request.answer === undefined) this.#begin();
      return request.answer!;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  #begin(): void {
    const requests = this.#waiting;
    this.#waiting = [];
    const all = this.work(requests.map(({ question }) => question));
    for (const [at, request] of requests.entries()) {
      request.answer = all.then(
        (answers) => answers[at]!,
        async (error) => {
          if (requests.length === 1) throw error;
          return (await this.work([request.question]))[0]!;
        },
      );
      // Who asked hears of it in its turn.
      request.answer.catch(() => {});
    }
  }
}
