import { testKafka } from "@gopool/testing/servers";
import { busContract } from "./contract.ts";
import { CONTRACT_PARTITIONS } from "./contract_stand.ts";
import { openKafkaBus } from "./kafka.ts";
import { kafkaClient } from "./kafka/client.ts";
import { kafkaSettings } from "./kafka/settings.ts";
import { createTopics } from "./kafka/topics_admin.ts";

const url = await testKafka();

if (url !== null) {
  busContract({
    name: "the Kafka bus",
    takesTheClock: false,
    async open(clock) {
      const own = `${url}?prefix=${crypto.randomUUID().slice(0, 8)}.`;
      const sharePartitions = CONTRACT_PARTITIONS;
      await createTopics(kafkaClient(kafkaSettings(own, {}, sharePartitions)));
      return await openKafkaBus(own, { clock, sharePartitions });
    },
  });
}
