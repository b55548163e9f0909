/** The door of the metrics: what src/build-facade.ts may import. */
export type { Gauges } from './gauges.ts'
export { createMetrics, type Metrics, type MetricsDeps } from './metrics.ts'
