/** A real Kafka for tests: shared with the rooms' own tests, which reach it by the same door. @module */
export {
  type KafkaJars,
  type KafkaOptions,
  type KafkaServer,
  startKafka,
  testKafka,
  testKafkaJars,
} from "@gopool/testing/servers";
