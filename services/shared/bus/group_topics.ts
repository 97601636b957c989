/**
 * What groups read through one bus: a group has one topic. On Kafka the members of a group share out what the group
 * reads, whoever of them reads which topic; so that this is seen on every bus, all refuse it.
 *
 * @module
 */
export class GroupTopics {
  readonly #reading = new Map<string, { readonly topic: string; members: number }>();

  /**
   * Notes a member, until disposed.
   *
   * @throws {RangeError} The group reads another topic.
   */
  join(group: string, topic: string): Disposable {
    const before = this.#reading.get(group);
    if (before !== undefined && before.topic !== topic) {
      throw new RangeError(
        `Cannot read ${topic} as group ${group}: it reads ${before.topic}, and a group has one topic`,
      );
    }
    const here = before ?? { topic, members: 0 };
    here.members++;
    this.#reading.set(group, here);
    return {
      [Symbol.dispose]: () => {
        if (--here.members === 0) this.#reading.delete(group);
      },
    };
  }
}
