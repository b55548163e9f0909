/** What metrics are called and measured in. */
import type { MetricName } from '../../../bridge/core/index.ts'
import { numbers } from './numbers.ts'

export interface MetricWords {
  readonly label: string
  /** Behind the value; empty: none. */
  readonly unit: string
  /** Behind the point, so that values of one column stand below each other. Absent: as many as the value needs. */
  readonly decimals?: number
}

const KNOWN: { readonly [name in MetricName]: MetricWords } = {
  temperature: { label: 'Temperature', unit: '°C', decimals: 1 },
  humidity: { label: 'Humidity', unit: '%', decimals: 1 },
  distance: { label: 'Distance', unit: 'cm', decimals: 1 },
  lightLevel: { label: 'Light', unit: '', decimals: 0 },
  pressure: { label: 'Pressure', unit: 'hPa', decimals: 1 },
  altitude: { label: 'Altitude', unit: 'm', decimals: 1 },
  co2Level: { label: 'CO₂', unit: 'ppm', decimals: 0 },
}

const isKnown = (metric: string): metric is MetricName => Object.hasOwn(KNOWN, metric)

/** Of a metric that only its board knows: its own key. */
export const metricWords = (metric: string): MetricWords =>
  isKnown(metric) ? KNOWN[metric] : { label: metric, unit: '' }

/** A value of this metric as it is read, without its unit. */
export const formatMetric = (metric: string, value: number): string => {
  const { decimals } = metricWords(metric)
  return decimals === undefined ? numbers.value(value) : numbers.fixed(value, decimals)
}

/** The order in which metrics are shown: the known ones as above, then the others by name. */
export const compareMetrics = (a: string, b: string): number => {
  const order = Object.keys(KNOWN)
  const [left, right] = [order.indexOf(a), order.indexOf(b)]
  if (left === -1 && right === -1) return a.localeCompare(b)
  return (left === -1 ? order.length : left) - (right === -1 ? order.length : right)
}
