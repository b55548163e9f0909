/** All the boards of one run, about 500 readings a second together, and somebody who watches some of them. */
import type { Random } from '../random.ts'
import type { TrafficLog } from '../traffic-log.ts'
import type { Board } from './board.ts'
import { createMaker, type MakerOptions } from './makers.ts'
import type { BoardKind } from './message.ts'
import { createMqttBoard, type MqttBoardOptions } from './mqtt-board.ts'
import { createRestBoard } from './rest-board.ts'
import { createWatcher } from './watcher.ts'

export interface TrafficOptions {
  /** `http://127.0.0.1:port` */
  readonly http: string
  readonly mqttPort: number
  readonly random: Random
  readonly log: TrafficLog
  /** Epoch ms: old readings are older than this. */
  readonly now: number
}

export interface Traffic {
  readonly boards: readonly Board[]
  start(): void
  /** Nothing new from now on; what is not acked goes on being sent. */
  stop(): void
  close(): Promise<void>
}

interface Plan {
  readonly kind: BoardKind
  readonly via: 'rest' | Partial<MqttBoardOptions>
  readonly everyMs: number
  readonly maker?: Partial<MakerOptions>
}

/** By the book: sent again after a reconnect only, so message ids may come round soon. */
const QOS1 = { qos: 1, window: 20, highestId: 200 } as const
/** As esp-mqtt: a clean session, and again after a second. */
const ESP_MQTT = { qos: 1, window: 20, clean: true, retransmitMs: 1_000 } as const
const QOS2 = { qos: 2, window: 10, highestId: 100 } as const
const SOME_UNREADABLE = { unreadable: 0.01 } as const
const OLD = { backfillFrom: 0 } as const

const PLANS: readonly Plan[] = [
  { kind: 'qos1', via: QOS1, everyMs: 25, maker: SOME_UNREADABLE },
  { kind: 'qos1', via: { ...QOS1, clean: true }, everyMs: 25 },
  { kind: 'qos1', via: ESP_MQTT, everyMs: 25, maker: SOME_UNREADABLE },
  { kind: 'qos2', via: QOS2, everyMs: 40, maker: SOME_UNREADABLE },
  { kind: 'qos2', via: { ...QOS2, window: 1 }, everyMs: 40 },
  { kind: 'qos0', via: { qos: 0 }, everyMs: 40, maker: SOME_UNREADABLE },
  { kind: 'qos0', via: { qos: 0, tear: 0.02 }, everyMs: 40 },
  { kind: 'rest', via: 'rest', everyMs: 60 },
  { kind: 'rest', via: 'rest', everyMs: 120, maker: { again: 0.1 } },
  { kind: 'backfill', via: QOS1, everyMs: 350, maker: { ...OLD, again: 0.1 } },
  { kind: 'backfill', via: 'rest', everyMs: 500, maker: { ...OLD, again: 0.1 } },
  { kind: 'forgetful', via: QOS1, everyMs: 40, maker: { again: 0.3 } },
  { kind: 'forgetful', via: QOS2, everyMs: 60, maker: { again: 0.3 } },
  { kind: 'rebooting', via: { ...ESP_MQTT, rebootEvery: 60 }, everyMs: 40, maker: { again: 0.05 } },
  { kind: 'torn', via: { ...QOS1, tear: 0.05 }, everyMs: 40, maker: SOME_UNREADABLE },
  { kind: 'torn', via: { ...QOS2, tear: 0.05 }, everyMs: 60 },
]

const MQTT_DEFAULTS = {
  qos: 1,
  clean: false,
  window: 20,
  highestId: 65_535,
  retransmitMs: 0,
  tear: 0,
  rebootEvery: 0,
} as const

const createBoard = (plan: Plan, deviceId: string, options: TrafficOptions): Board => {
  const { kind, via, everyMs } = plan
  const random = options.random.fork()
  const maker = createMaker({
    kind,
    deviceId,
    random: random.fork(),
    unreadable: 0,
    again: 0,
    named: via === 'rest',
    ...plan.maker,
    backfillFrom: plan.maker?.backfillFrom === undefined ? null : options.now,
  })
  const deps = { maker, log: options.log, random }
  if (via === 'rest') return createRestBoard(deps, { http: options.http, deviceId, everyMs })
  return createMqttBoard(deps, { ...MQTT_DEFAULTS, ...via, port: options.mqttPort, deviceId, everyMs })
}

/** Connects every board; they publish from `start` on. */
export const createTraffic = (options: TrafficOptions): Traffic => {
  const boards = PLANS.map((plan, index) => createBoard(plan, `${plan.kind}-${index}`, options))
  // One board of each QoS is listened to: its acks take another way through the broker.
  const watched = ['qos1-0', 'qos2-3', 'qos0-5', 'torn-14'].map((deviceId) => `sensors/${deviceId}/data`)
  const watcher = createWatcher({
    port: options.mqttPort,
    random: options.random.fork(),
    topics: watched,
    onOdd: options.log.odd,
  })
  return {
    boards,
    start: () => {
      for (const board of boards) board.start()
    },
    stop: () => {
      for (const board of boards) board.stop()
    },
    close: async () => {
      await Promise.all([watcher.close(), ...boards.map((board) => board.close())])
    },
  }
}
