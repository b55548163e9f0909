/** The kinds of metrics there are here, each named `sluice_…` with its unit or `_total` at the end. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const MILLISECONDS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000]
/** Up to the 30 s after which boards give up what they hold. */
const WAITED_MILLISECONDS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 30_000]

interface Named {
  readonly name: string
  readonly help: string
}

/** Counts events; `sluice_<name>_total`. */
export const counter = <L extends string>(
  registry: Registry,
  { name, help }: Named,
  labelNames: readonly L[] = [],
): Counter<L> =>
  new Counter<L>({ name: `sluice_${name}_total`, help, labelNames: [...labelNames], registers: [registry] })

/** Durations of the program's own work; `sluice_<name>_ms`. */
export const durations = (registry: Registry, { name, help }: Named): Histogram =>
  new Histogram({ name: `sluice_${name}_ms`, help, buckets: MILLISECONDS, registers: [registry] })

/** Durations that a sender waits; `sluice_<name>_ms`. */
export const waits = <L extends string>(
  registry: Registry,
  { name, help }: Named,
  labelNames: readonly L[],
): Histogram<L> =>
  new Histogram<L>({
    name: `sluice_${name}_ms`,
    help,
    labelNames: [...labelNames],
    buckets: WAITED_MILLISECONDS,
    registers: [registry],
  })

/** A value of this moment, read when it is asked for; `sluice_<name>`. */
export const gauge = (registry: Registry, { name, help }: Named, read: () => number): Gauge =>
  new Gauge({
    name: `sluice_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })

/** As `gauge`, one value for each key of what is read; the keys are the label. */
export const gauges = (
  registry: Registry,
  { name, help, label }: Named & { readonly label: string },
  read: () => Readonly<Record<string, number>>,
): Gauge =>
  new Gauge({
    name: `sluice_${name}`,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const [key, value] of Object.entries(read())) this.set({ [label]: key }, value)
    },
  })

/** As `count`, one for each key of what is read; the keys are the label. */
export const counts = (
  registry: Registry,
  { name, help, label }: Named & { readonly label: string },
  read: () => Readonly<Record<string, number>>,
): Counter =>
  new Counter({
    name: `sluice_${name}_total`,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset()
      for (const [key, value] of Object.entries(read())) this.inc({ [label]: key }, value)
    },
  })

/** A count that its owner keeps, read when it is asked for; `sluice_<name>_total`. */
export const count = (registry: Registry, { name, help }: Named, read: () => number): Counter =>
  new Counter({
    name: `sluice_${name}_total`,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
