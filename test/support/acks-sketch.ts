/**
 * The part "at least once" of docs/examples/pubsubclient-acks, line for line and under the same names. What the
 * compiled sketch does at a long script is recorded in test/fixtures/acks-sketch.txt, and this port has to do the same.
 */
interface Kept {
  readonly up: number
  readonly temperature: number
}

export interface AcksSketchDeps {
  readonly boot: string
  /** As the board's: whole, below 2^32, and over again. */
  readonly millis: () => number
  readonly publish: (payload: string) => void
}

export interface AcksSketchOptions {
  readonly KEEP?: number
  readonly WINDOW?: number
  readonly RESEND_MS?: number
}

export const createAcksSketch = (
  { boot, millis, publish }: AcksSketchDeps,
  { KEEP = 64, WINDOW = 8, RESEND_MS = 2_000 }: AcksSketchOptions = {},
) => {
  const kept: Kept[] = []
  let first = 1
  let sent = 0
  let count = 0
  let forgotten = 0
  let waitingSince = 0

  const at = (i: number): Kept => kept[(first + i) % KEEP] ?? { up: 0, temperature: 0 }
  const put = (i: number, reading: Kept): void => {
    kept[(first + i) % KEEP] = reading
  }

  const sendReading = (i: number): void => {
    const { up, temperature } = at(i)
    const value = Number.isFinite(temperature) ? temperature.toFixed(2) : 'null'
    const json = `{"boot":"${boot}","seq":${first + i},"up":${up},"temperature":${value}}`
    if (i === sent) sent++
    publish(json)
  }

  return {
    keepReading: (temperature: number): void => {
      if (count === KEEP) {
        for (let i = sent; i + 1 < count; i++) put(i, at(i + 1))
        count--
        forgotten++
      }
      put(count++, { up: millis(), temperature: Math.fround(temperature) })
    },
    onAck: (payload: string): void => {
      const head = `{"boot":"${boot}","seq":`
      if (payload.length <= head.length || !payload.startsWith(head)) return
      const durable = Number.parseInt(payload.slice(head.length), 10) || 0
      for (; sent > 0 && first <= durable; waitingSince = millis()) {
        first++
        sent--
        count--
      }
    },
    pump: (): void => {
      const now = millis()
      if (sent === 0) waitingSince = now
      while (sent < count && sent < WINDOW) sendReading(sent)
      if ((now - waitingSince) >>> 0 < RESEND_MS) return
      waitingSince = now
      for (let i = 0; i < sent; i++) sendReading(i)
    },
    /** Connected again: Sluice answers the subscription with what is durable. */
    connected: (): void => {
      waitingSince = millis()
    },
    state: () => ({ first, sent, count, forgotten, waitingSince }),
  }
}
