/**
 * One simulated board, without its connection: what it says when its turn comes. A board of the field numbers its
 * readings, knows its uptime, and may have a clock or none.
 */
import { type Climate, createClimate } from './climate.ts'
import { faultOf } from './faults.ts'
import { dataOf, frameOf, heartbeatOf, type Outgoing, registrationOf } from './messages.ts'
import type { Pictures } from './picture.ts'
import { createRandom, hex, type Random } from './random.ts'

export type BoardKind = 'sensor' | 'camera' | 'faulty' | 'clockless'

export interface Turn {
  readonly messages: readonly Outgoing[]
  /** It lets go of its connection without a word. */
  readonly drops?: boolean
}

export interface Board {
  readonly id: string
  readonly kind: BoardKind
  /** What it says when it has connected. */
  hello(): Outgoing
  /** A moment of its own; epoch ms. */
  turn(now: number): Turn
  heartbeat(now: number): Outgoing
  /** Until somebody who hears the buzzer has pressed the button. */
  reactionMs(): number
}

interface Making {
  readonly id: string
  readonly index: number
  readonly seed: number
  /** When it was switched on, epoch ms: before now, as boards are. */
  readonly bootAt: number
  readonly pictures: Pictures
}

/** A board without a clock goes silent for so many turns now and then, and sends them as one array afterwards. */
const SILENT_TURNS = { min: 5, more: 20 } as const
const SILENCE_CHANCE = 0.03
const FAULT_CHANCE = 0.4

const TYPES: { readonly [kind in BoardKind]: string } = {
  sensor: 'esp32-sensor',
  camera: 'esp32-cam',
  faulty: 'esp32-sensor',
  clockless: 'esp32-sensor',
}

interface Self {
  readonly making: Making
  readonly random: Random
  readonly climate: Climate
  readonly boot: string
  seq: number
}

type Body = { readonly [field: string]: unknown }

const measure = (self: Self, now: number, withClock: boolean): Body => {
  const { making, random, climate, boot } = self
  self.seq += 1
  // One in three runs on a battery, and tells of it: what no column is for stays with the reading.
  const battery = making.index % 3 === 1 ? { battery: Math.round(390 + random() * 8) / 100 } : {}
  return {
    boot,
    seq: self.seq,
    up: now - making.bootAt,
    ...(withClock ? { ts: now } : {}),
    ...climate.at(now),
    ...battery,
  }
}

const turnsOf = (kind: BoardKind, self: Self): ((now: number) => Turn) => {
  const { id, index, pictures } = self.making
  const data = (body: unknown): Turn => ({ messages: [dataOf(id, body)] })
  if (kind === 'sensor') return (now) => data(measure(self, now, true))
  if (kind === 'camera') return (now) => ({ messages: [frameOf(id, pictures(now, index))] })
  if (kind === 'faulty') {
    return (now) => {
      if (self.random() >= FAULT_CHANCE) return data(measure(self, now, true))
      const fault = faultOf(measure(self, now, true), self.random)
      if (fault.kind === 'silent') return { messages: [] }
      return fault.kind === 'drop' ? { messages: [], drops: true } : data(fault.payload)
    }
  }
  let kept: Body[] = []
  let silent = 0
  return (now) => {
    const body = measure(self, now, false)
    if (silent === 0 && kept.length === 0 && self.random() < SILENCE_CHANCE)
      silent = SILENT_TURNS.min + Math.floor(self.random() * SILENT_TURNS.more)
    if (silent === 0) return data(body)
    kept.push(body)
    silent -= 1
    if (silent > 0) return { messages: [] }
    const backlog = kept
    kept = []
    return data(backlog)
  }
}

/** The board of this kind and number; all it does is given by the seed. */
export const createBoard = (kind: BoardKind, making: Making): Board => {
  const { id, index, seed, bootAt } = making
  const random = createRandom(Math.imul(seed + 1, 2_654_435_761) ^ Math.imul(index + 1, 40_503) ^ kind.length)
  const self: Self = { making, random, climate: createClimate(index, random), boot: hex(random, 8), seq: 0 }
  const rssi = -45 - Math.floor(random() * 35)
  const heap = 140_000 + Math.floor(random() * 80_000)
  const capabilities = kind === 'camera' ? ['camera', 'buzzer'] : [...self.climate.metrics, 'buzzer']
  return {
    id,
    kind,
    hello: () =>
      registrationOf(id, { name: `Simulated ${kind} ${index + 1}`, type: TYPES[kind], capabilities }),
    turn: turnsOf(kind, self),
    heartbeat: (now) =>
      heartbeatOf(id, {
        uptime: now - bootAt,
        freeHeap: heap + Math.floor(random() * 4_000),
        wifiRssi: rssi + Math.round(random() * 6) - 3,
      }),
    reactionMs: () => Math.round(400 + random() * 2_600),
  }
}
