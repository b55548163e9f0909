/**
 * The bridge: joins the pipeline. A message comes in by `intake`, is spooled, and once it is durable it is
 * the latest value, counts as a sign of life, is acked, and waits for the drain.
 *
 * Invariant: nothing is acked, and nothing is told to anyone, before the fsync.
 */
import { openAnnouncements } from './bridge-announcements.ts'
import { createBooks } from './bridge-books.ts'
import { type Outlet, openOutlet } from './bridge-outlet.ts'
import { bridgeStats } from './bridge-stats.ts'
import type { Bridge, BridgeDeps, BridgeOptions } from './bridge-types.ts'
import { memoryOf } from './core/bound.ts'
import { BridgeError } from './core/errors.ts'
import { topics } from './core/topic.ts'
import { createAdmission } from './pipeline/admission.ts'
import { atMost } from './pipeline/at-most.ts'
import { createBoardReplies } from './pipeline/board-replies.ts'
import { type BuzzerDeps, createBuzzer } from './pipeline/buzzer.ts'
import { createCheckpoints } from './pipeline/checkpoints.ts'
import { createDeviceClients } from './pipeline/device-clients.ts'
import { createDeviceMessages } from './pipeline/device-messages.ts'
import { createDeviceRegistry } from './pipeline/device-registry.ts'
import { createDeviceService } from './pipeline/device-service.ts'
import { createFrames } from './pipeline/frames.ts'
import { createIngest, type Ingest } from './pipeline/ingest.ts'
import { createLatestValues } from './pipeline/latest-values.ts'
import { createRecentReadings } from './pipeline/recent-readings.ts'
import { type Committed, createSpoolWriter, type SpoolWriter } from './pipeline/spool-writer.ts'
import { createTopicCache } from './pipeline/topic-cache.ts'
import { warmUp } from './pipeline/warm-up.ts'

/** How long a message waits for room before it is refused: well under esp-mqtt's 30 s of outbox. */
const HOLD_MS = 10_000
/** How often the sequence numbers seen are kept; a restart reads the spool back this far. */
const CHECKPOINT_MS = 1_000
/** How long a stop waits for devices and buzzer requests to be written: boards say again what is lost with them. */
const BOARDS_ON_STOP_MS = 1_000
/** What the drain may take to end after its time is up, when nothing hangs. */
const GRACE_MS = 500
/** Longer than a batch gathers and is copied in calm weather. */
const WAIT_FOR_DRAIN_MS = 1_000
/** … and what a small machine copies in that time. */
const WAIT_FOR_DRAIN_ROWS = 20_000
const WITH_READINGS = { hasReadings: true } as const

/** A bridge of these parts. Nothing runs before `start`. */
export const createBridge = (deps: BridgeDeps, options: BridgeOptions): Bridge => {
  const { spool, sink, history, publisher, bus, events, clock, monotonic, random } = deps
  const topicOf = createTopicCache()
  const [hasSink, isShared] = [sink !== undefined, bus !== undefined]
  const books = createBooks({ publisher, clock, monotonic, writer: () => writer, hasSink })
  const { sequences, ledger, clocks, acks } = books
  const latest = createLatestValues({ store: deps.latest, history, clock, random, events }, { isShared })
  const registry = createDeviceRegistry(
    { store: deps.devices, clock, events, random, bus },
    { flushIntervalMs: options.devicesIntervalMs, cache: options.cache },
  )
  const board = createBoardReplies({ publisher, ingest: () => running() })
  const isThere: BuzzerDeps['isThere'] = (deviceId) => clients.has(deviceId)
  const buzzer = createBuzzer(
    { store: deps.buzzer, publisher, bus, events, clock, random, isThere, reject: board.deadLetter },
    { flushIntervalMs: options.buzzerIntervalMs },
  )
  const frames = createFrames(
    { store: deps.frames, events, clock, reject: board.tell },
    { ...options.frames, sweepMs: options.cache.sweepMs },
  )
  let writer: SpoolWriter | undefined
  let outlet: Outlet | undefined
  let ingest: Ingest | undefined
  let keeping: NodeJS.Timeout | undefined
  let started: Promise<void> | undefined
  let stopped: Promise<void> | undefined

  const recent = createRecentReadings(
    {
      history,
      drainedTo: () => outlet?.drain?.position ?? 0,
      drainsSoon: (offset) => {
        const drain = outlet?.drain
        return drain?.failing === false && offset - drain.position < WAIT_FOR_DRAIN_ROWS
      },
      clock,
    },
    {
      maxDevices: options.cache.readings.max,
      ttlMs: options.cache.readings.ttlMs,
      sweepMs: options.cache.sweepMs,
      waitForDrainMs: WAIT_FOR_DRAIN_MS,
      isShared,
    },
  )
  const clients = createDeviceClients({
    connected: (deviceId) => registry.connected(deviceId, clock()),
    disconnected: (deviceId) => registry.disconnected(deviceId, clock()),
  })
  const admission = createAdmission(
    {
      use: () => ({ spoolBytes: spool.bytes, memoryBytes: writer === undefined ? 0 : memoryOf(writer) }),
      events,
      monotonic,
    },
    { ...options.bounds, holdMs: HOLD_MS, maxHeldBytes: options.bounds.maxMemoryBytes / 4 },
  )

  const onCommitted = ({ offset, end, readings, rows, bytes }: Committed): void => {
    books.committed(readings, offset)
    latest.update(readings)
    recent.add(readings, offset)
    for (const reading of readings) registry.seen(reading.deviceId, reading.receivedAt, WITH_READINGS)
    if (readings.length > 0) events.emit('readings:taken', { count: readings.length })
    outlet?.notify(rows, bytes, end)
    admission.update()
  }

  const checkpoints = createCheckpoints({
    spool,
    sequences,
    now: () => writer && { offset: writer.end, rows: writer.rows, account: ledger.account() },
    onTrimmed: () => admission.update(),
  })
  const { trimmable } = checkpoints
  const keepSequences = (): Promise<void> =>
    checkpoints.take().catch((error: Error) => {
      events.emit('bridge:error', { error, where: 'keeping sequence numbers' })
    })

  const announcements = openAnnouncements(deps, options, { devices: registry, values: latest })
  const startOnce = async (): Promise<void> => {
    const state = await spool.open()
    if (state.damage !== null) events.emit('spool:damaged', { lostRows: 0, detail: state.damage })
    ledger.open(state)
    await sequences.restore(spool, state.damage === null ? state.checkpoint : 0)
    // Before the spool is read back: what was durable and not yet told when the process died is told now.
    latest.onLatest((value) =>
      publisher.publish(topics.latest(value.deviceId), JSON.stringify(value), { retain: true }),
    )
    events.on('device:status', ({ deviceId, status, at }) =>
      publisher.publish(topics.status(deviceId), JSON.stringify({ status, at }), { retain: true }),
    )
    await warmUp(spool, (readings, offset) => {
      latest.update(readings)
      recent.add(readings, offset)
      clocks.take(readings)
      // A crash may have come before their devices were stored.
      for (const { deviceId, receivedAt } of readings) registry.seen(deviceId, receivedAt, WITH_READINGS)
    })
    writer = createSpoolWriter({ store: spool, events, onCommitted, monotonic, random }, state)
    ingest = createIngest({
      writer,
      sequences,
      admission,
      ledger,
      publisher,
      events,
      clock,
      clocks,
      onResent: acks.resent,
      maxMemoryBytes: options.bounds.maxMemoryBytes,
    })
    outlet = openOutlet(
      { sink, events, clock, monotonic, random, spool: trimmable, state, writer, ledger, sequences },
      options,
    )
    events.on('drain:stored', () => admission.update())
    for (const part of [registry, buzzer, frames, latest, recent]) await part.start()
    books.start()
    await announcements.start()
    keeping = setInterval(keepSequences, CHECKPOINT_MS)
    keeping.unref()
  }

  /** What was taken in is made durable and acked; what comes now is refused. */
  const quiesce = async (): Promise<void> => {
    await started?.catch(() => undefined)
    ingest?.stop()
    await Promise.all([writer?.stop(), frames.stop()])
    // While boards are still connected.
    acks.stop()
  }

  const stopOnce = async (): Promise<void> => {
    await quiesce()
    clearInterval(keeping)
    await announcements.stop()
    books.stop()
    await keepSequences()
    // A Postgres that hangs keeps neither the spool nor the program from closing: what it has not stored, or is
    // not known to have stored, is for the next start.
    if (outlet !== undefined)
      await atMost(options.drainOnStopMs + GRACE_MS, outlet.stop(options.drainOnStopMs))
    await latest.stop()
    await recent.stop()
    await atMost(BOARDS_ON_STOP_MS, Promise.all([registry.stop(), buzzer.stop()]))
    const { unsaved } = buzzer.stats()
    if (unsaved > 0) events.emit('buzzer:dropped', { count: unsaved })
    await spool.close()
  }

  const running = (): Ingest => {
    if (ingest === undefined) throw new BridgeError('STOPPING', 'The bridge is not started')
    return ingest
  }

  const messages = createDeviceMessages({
    registry,
    buzzer,
    frames,
    clients,
    events,
    clock,
    ingest: running,
  })

  return {
    start: () => {
      started ??= startOnce()
      return started
    },
    stop: () => {
      stopped ??= stopOnce()
      return stopped
    },
    intake: (message, clientId, done) => {
      const topic = topicOf(message.topic)
      if (topic === undefined) return announcements.heard(message, done)
      messages.speaks(clientId, topic)
      if (topic.channel === 'data') return running().readings(message, clientId, topic.deviceId, done)
      messages.take(message, clientId, topic, done)
    },
    quiesce,
    readings: {
      ingest: (deviceId, body) => running().body(deviceId, body),
      recent: (deviceId, limit) => recent.recent(deviceId, limit),
      latest: latest.get,
      onLatest: latest.onLatest,
    },
    devices: createDeviceService({ ...deps, registry, latest, frames }, { isShared }),
    buzzer,
    frames,
    balance: ledger,
    ...messages.links,
    subscribed: acks.subscribed,
    stats: () =>
      bridgeStats({
        ...{ spool, writer, drain: outlet?.drain, admission, sequences },
        ...{ latest, recent, registry, buzzer, frames },
      }),
  }
}
