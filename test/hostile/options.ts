import { parseArgs } from 'node:util'
import { ATTACK_NAMES, type AttackName, type Scale } from './attack.ts'

export interface HostileOptions {
  readonly attacks: readonly AttackName[]
  /** Null: chance decides. */
  readonly seed: number | null
  readonly scale: Scale
}

export const USAGE = `npm run hostile -- [options]
  --packets n        MQTT packets of the fuzzer (default: 50000)
  --idle n           idle connections (default: 10000)
  --seed n           0 to 4294967295 (default: by chance)
  --only names       of ${ATTACK_NAMES.join(',')}; a name may come twice
  --help`

const FLAGS = {
  packets: { type: 'string' },
  idle: { type: 'string' },
  seed: { type: 'string' },
  only: { type: 'string' },
  help: { type: 'boolean' },
} as const

const MAX_SEED = 0xffffffff
const MIB = 2 ** 20

export const FULL: Scale = {
  packets: 50_000,
  halfOpen: 8_000,
  idle: 10_000,
  slow: 800,
  unreadBytes: 200 * MIB,
  bombs: 60,
  frames: 20,
  tinyFrames: 200_000,
  holdMs: 15_000,
}

/** What of it runs in `npm run test:faults`. */
export const SHORT: Scale = {
  packets: 1_500,
  halfOpen: 300,
  idle: 100,
  slow: 100,
  unreadBytes: 4 * MIB,
  bombs: 1,
  frames: 1,
  tinyFrames: 5_000,
  holdMs: 500,
}

const whole = (flag: string, text: string | undefined, most: number): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > most)
    throw new Error(`--${flag} must be a whole number from 0 to ${most}`)
  return value
}

const isAttack = (name: string): name is AttackName => (ATTACK_NAMES as readonly string[]).includes(name)

const attacksOf = (text: string | undefined): readonly AttackName[] => {
  if (text === undefined) return ATTACK_NAMES
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !isAttack(name))
  if (unknown !== undefined) throw new Error(`--only knows ${ATTACK_NAMES.join(', ')}; given was ${unknown}`)
  return names.filter(isAttack)
}

/** Reads the flags; undefined when help was asked for. Throws an error that names a wrong flag. */
export const parseHostileOptions = (args: readonly string[]): HostileOptions | undefined => {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  if (values.help) return undefined
  return {
    attacks: attacksOf(values.only),
    seed: whole('seed', values.seed, MAX_SEED) ?? null,
    scale: {
      ...FULL,
      packets: whole('packets', values.packets, 10_000_000) ?? FULL.packets,
      idle: whole('idle', values.idle, 11_000) ?? FULL.idle,
    },
  }
}
