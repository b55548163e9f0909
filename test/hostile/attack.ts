/** What a stranger may do to a Sluice, and what is told of it. */
import type { Random } from '../oracle/random.ts'

export const ATTACK_NAMES = ['fuzz', 'half-open', 'idle', 'slow', 'bomb', 'frames'] as const

export type AttackName = (typeof ATTACK_NAMES)[number]

/** How much of everything. Times in milliseconds. */
export interface Scale {
  readonly packets: number
  readonly halfOpen: number
  readonly idle: number
  readonly slow: number
  readonly unreadBytes: number
  readonly bombs: number
  /** WebSockets with frames of each kind, and one-byte frames on each. */
  readonly frames: number
  readonly tinyFrames: number
  /** How long idle and slow connections are held. */
  readonly holdMs: number
}

export interface Target {
  readonly mqttPort: number
  readonly httpPort: number
  /** As it is set there: a connection without a CONNECT is closed after this. */
  readonly connectTimeoutMs: number
  /** Devices with a credential: what is tried in their name must fail. */
  readonly honest: readonly string[]
}

export interface AttackContext {
  readonly target: Target
  readonly scale: Scale
  readonly random: Random
  /** Of the process that is attacked, in MiB. */
  readonly memory: () => Promise<number>
}

export interface AttackResult {
  /** What was done and how it was answered, for the report. */
  readonly counts: Readonly<Record<string, number>>
  /** What may not be; empty: all as it should be. */
  readonly problems: readonly string[]
}

/** Resolves when everything that it opened is closed. */
export type Attack = (context: AttackContext) => Promise<AttackResult>
