/** Values as sensors give them: a curve over the day, a slow wander beside it, and the last digit's noise. */
import type { MetricName } from '../../../bridge/index.ts'
import { normal, type Random } from './random.ts'

interface Curve {
  readonly mean: number
  /** Half of the way from night to day. */
  readonly swing: number
  /** How far it wanders from the curve by and by. */
  readonly wander: number
  /** Of a single measurement. */
  readonly noise: number
  /** The least step its sensor shows. */
  readonly step: number
  readonly min: number
  readonly max: number
  /** Hour of the day with the highest value. */
  readonly peakHour: number
}

const CURVES = {
  temperature: {
    mean: 20.5,
    swing: 2.5,
    wander: 1.5,
    noise: 0.05,
    step: 0.1,
    min: -40,
    max: 80,
    peakHour: 15,
  },
  humidity: { mean: 48, swing: -8, wander: 6, noise: 0.3, step: 0.1, min: 5, max: 100, peakHour: 15 },
  lightLevel: {
    mean: 1_500,
    swing: 1_500,
    wander: 250,
    noise: 15,
    step: 1,
    min: 0,
    max: 4_095,
    peakHour: 13,
  },
  pressure: { mean: 1_013, swing: 1, wander: 9, noise: 0.05, step: 0.1, min: 950, max: 1_060, peakHour: 10 },
  altitude: { mean: 112, swing: 0.5, wander: 2, noise: 0.2, step: 0.1, min: -100, max: 4_000, peakHour: 12 },
  co2Level: { mean: 750, swing: 200, wander: 150, noise: 6, step: 1, min: 400, max: 5_000, peakHour: 17 },
  distance: { mean: 120, swing: 25, wander: 20, noise: 0.4, step: 0.1, min: 2, max: 400, peakHour: 20 },
} as const satisfies Record<MetricName, Curve>

/** What boards of one kind measure; each is made of many in a fleet. */
const PROFILES: readonly (readonly MetricName[])[] = [
  ['temperature', 'humidity', 'co2Level', 'lightLevel'],
  ['temperature', 'humidity'],
  ['temperature', 'humidity', 'pressure', 'altitude', 'lightLevel'],
  ['distance', 'temperature'],
  ['temperature', 'humidity', 'distance', 'lightLevel', 'pressure', 'altitude', 'co2Level'],
]

export type Values = { readonly [name in MetricName]?: number }

export interface Climate {
  readonly metrics: readonly MetricName[]
  /** What its sensors show at this moment (epoch ms). */
  at(now: number): Values
}

const DAY_MS = 86_400_000
/** In this time most of a wander is forgotten. */
const WANDER_MS = 20 * 60_000

interface Wander {
  readonly offset: number
  at: number
  value: number
}

/** Another place for each index; the same again for the same chance. */
export const createClimate = (index: number, random: Random): Climate => {
  const metrics = PROFILES[index % PROFILES.length] ?? ['temperature' as const]
  const wanders = new Map<MetricName, Wander>()
  for (const metric of metrics) {
    const { wander } = CURVES[metric]
    wanders.set(metric, { offset: normal(random) * wander, at: 0, value: normal(random) * wander * 0.5 })
  }

  const drift = (metric: MetricName, state: Wander, now: number): number => {
    const kept = Math.exp(-Math.min(WANDER_MS, Math.max(0, now - state.at)) / WANDER_MS)
    state.value = state.value * kept + normal(random) * CURVES[metric].wander * Math.sqrt(1 - kept * kept)
    state.at = now
    return state.offset + state.value
  }

  const measured = (metric: MetricName, state: Wander, now: number): number => {
    const { mean, swing, noise, step, min, max, peakHour } = CURVES[metric]
    const phase = ((now % DAY_MS) / DAY_MS - peakHour / 24) * 2 * Math.PI
    const value = mean + swing * Math.cos(phase) + drift(metric, state, now) + normal(random) * noise
    const whole = Math.round(Math.min(max, Math.max(min, value)) / step)
    // A multiple of a step as a decimal, without the tail of binary fractions.
    return step < 1 ? whole / Math.round(1 / step) : whole * step
  }

  return {
    metrics,
    at: (now) => {
      const values: { [name in MetricName]?: number } = {}
      for (const [metric, state] of wanders) values[metric] = measured(metric, state, now)
      return values
    },
  }
}
