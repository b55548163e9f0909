/** Arbitrary MQTT packets in the right shape: what is in them, and in which order they come, is anything. */
import fc from 'fast-check'
import type { IConnectPacket, Packet, QoS } from 'mqtt-packet'

const KNOWN_TOPICS = [
  'sensors/fuzz-1/data',
  'sensors/fuzz-2/data',
  'devices/fuzz-1/register',
  'devices/fuzz-1/heartbeat',
  'devices/fuzz-2/status',
  'buzzer/fuzz-1/ack',
  'buzzer/fuzz-1/cmd',
  'cameras/fuzz-1/frame',
  'acks/fuzz-1/1',
  'errors/fuzz-1',
  'time/now',
  '$SYS/broker/load',
  '$share/group/sensors/fuzz-1/data',
  '/',
  '',
  'constructor',
  '__proto__/x',
] as const

const level = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('+', '#', '', 'a+', '#/', '\u0000', '\ufffe', 'x'.repeat(300)),
)

const topic = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...KNOWN_TOPICS) },
  {
    weight: 2,
    arbitrary: fc.array(level, { minLength: 1, maxLength: 20 }).map((levels) => levels.join('/')),
  },
)

const filter = fc.oneof(
  topic,
  fc.constantFrom('#', '+', '+/+/data', 'sensors/#', '$SYS/#', 'sensors/+/data', '+/#'),
)

const reading = fc.record(
  {
    temperature: fc.oneof(fc.double(), fc.constantFrom(null, 'warm', Number.MAX_VALUE)),
    humidity: fc.double({ min: 0, max: 100 }),
    boot: fc.constantFrom('f1', 'f2', ''),
    seq: fc.oneof(fc.nat(100), fc.integer(), fc.double()),
    ts: fc.oneof(fc.integer(), fc.constantFrom('1e99', -1)),
  },
  { requiredKeys: [] },
)

const payload = fc.oneof(
  reading.map((one) => Buffer.from(JSON.stringify(one))),
  fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(Buffer.alloc(0), Buffer.from('['.repeat(2_000)), Buffer.alloc(70_000, 'x')),
)

const qos = fc.constantFrom<QoS>(0, 1, 2)
const messageId = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 65_535 }))

const publish = fc.record({
  cmd: fc.constant('publish' as const),
  topic,
  payload,
  qos,
  messageId,
  dup: fc.boolean(),
  retain: fc.boolean(),
})

const subscription = fc.record({ topic: filter, qos })

const bare: readonly Packet['cmd'][] = ['pingreq', 'pingresp', 'disconnect']
const withId: readonly Packet['cmd'][] = ['puback', 'pubrec', 'pubrel', 'pubcomp', 'unsuback']

/** Packets that come behind a CONNECT, with some that only a broker sends. */
export const packet: fc.Arbitrary<Packet> = fc.oneof(
  { weight: 8, arbitrary: publish },
  { weight: 4, arbitrary: fc.record({ cmd: fc.constantFrom(...withId), messageId }) as fc.Arbitrary<Packet> },
  {
    weight: 2,
    arbitrary: fc.record({
      cmd: fc.constant('subscribe' as const),
      messageId,
      subscriptions: fc.array(subscription, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      cmd: fc.constant('unsubscribe' as const),
      messageId,
      unsubscriptions: fc.array(filter, { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ cmd: fc.constantFrom(...bare) }) as fc.Arbitrary<Packet> },
  {
    weight: 1,
    arbitrary: fc.record({
      cmd: fc.constantFrom('connack' as const, 'suback' as const),
      messageId,
      returnCode: fc.nat(5),
      granted: fc.array(fc.constantFrom<QoS>(0, 1, 2), { minLength: 1, maxLength: 3 }),
      sessionPresent: fc.boolean(),
    }) as fc.Arbitrary<Packet>,
  },
)

const will = fc.record({ topic, payload, qos, retain: fc.boolean() })

const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

/** `honest`: names of devices with a credential, whose secrets none of these knows. */
export const connectPacket = (honest: readonly string[]): fc.Arbitrary<IConnectPacket> =>
  fc
    .record({
      protocolVersion: fc.oneof(
        { weight: 9, arbitrary: fc.constant(4 as const) },
        { weight: 1, arbitrary: fc.constantFrom(3 as const, 5 as const) },
      ),
      clientId: fc.oneof(
        { weight: 12, arbitrary: fc.nat(300).map((n) => `fuzz-${n}`) },
        { weight: 1, arbitrary: fc.constantFrom(...honest) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
      ),
      clean: fc.boolean(),
      keepalive: fc.oneof(fc.constantFrom(0, 1, 60, 65_535), fc.nat(65_535)),
      will: fc.option(will, { nil: undefined }),
      login: rarely(
        fc.record({
          username: fc.constantFrom(...honest, 'nobody', ''),
          password: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
        }),
      ),
    })
    .map(({ will, login, protocolVersion, ...rest }) => ({
      cmd: 'connect',
      protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
      protocolVersion,
      ...rest,
      ...(will === undefined ? {} : { will }),
      ...login,
    }))
