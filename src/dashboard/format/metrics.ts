/** What metrics are called and measured in. */
import type { MetricName } from '../../../bridge/core/index.ts'

export interface MetricWords {
  readonly label: string
  /** Behind the value; empty: none. */
  readonly unit: string
}

const KNOWN: { readonly [name in MetricName]: MetricWords } = {
  temperature: { label: 'Temperature', unit: '°C' },
  humidity: { label: 'Humidity', unit: '%' },
  distance: { label: 'Distance', unit: 'cm' },
  lightLevel: { label: 'Light', unit: '' },
  pressure: { label: 'Pressure', unit: 'hPa' },
  altitude: { label: 'Altitude', unit: 'm' },
  co2Level: { label: 'CO₂', unit: 'ppm' },
}

const isKnown = (metric: string): metric is MetricName => Object.hasOwn(KNOWN, metric)

/** Of a metric that only its board knows: its own key. */
export const metricWords = (metric: string): MetricWords =>
  isKnown(metric) ? KNOWN[metric] : { label: metric, unit: '' }

/** The order in which metrics are shown: the known ones as above, then the others by name. */
export const compareMetrics = (a: string, b: string): number => {
  const order = Object.keys(KNOWN)
  const [left, right] = [order.indexOf(a), order.indexOf(b)]
  if (left === -1 && right === -1) return a.localeCompare(b)
  return (left === -1 ? order.length : left) - (right === -1 ? order.length : right)
}
