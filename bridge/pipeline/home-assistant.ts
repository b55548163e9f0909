/**
 * Announces every device of the registry to Home Assistant, as retained discovery messages: at the start, when a device
 * is new or sends something new, and when Home Assistant says that it has started. So many a turn, whatever the reason.
 *
 * What was announced is noted on disk: so it can be taken back when its device is gone, and a component stays announced
 * though the newest reading lacks it. Nodes of a cluster tell each other what they announced; whoever knows more of a
 * device says it again, so all end with the same message.
 */
import { DOCTOR_ID } from '../core/doctor.ts'
import { asError } from '../core/errors.ts'
import {
  type Announced,
  type AnnouncedStore,
  type Components,
  componentsOf,
  discoveryConfig,
  discoveryTopic,
  isCovered,
  joinComponents,
  NO_COMPONENTS,
} from '../core/home-assistant.ts'
import type { Latest } from '../core/latest.ts'
import type { DeviceId } from '../core/reading.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, Lifecycle, Message, Publisher } from '../ports.ts'
import type { DeviceService, NodeBus, ReadingService } from '../services.ts'

export interface HomeAssistantDeps {
  readonly publisher: Publisher
  readonly devices: Pick<DeviceService, 'list' | 'get'>
  readonly readings: Pick<ReadingService, 'latest' | 'onLatest'>
  readonly announced: AnnouncedStore
  readonly events: BridgeEmitter
  /** Absent: there are no other nodes. */
  readonly bus?: NodeBus | undefined
  readonly clock: Clock
  /** The registry outlives the process: a device that is not in it is gone. */
  readonly hasRegistry: boolean
}

export interface HomeAssistantOptions {
  readonly prefix: string
  /** Of Sluice. */
  readonly version: string
  readonly turnMs?: number
  /** Devices looked at in one turn. */
  readonly maxPerTurn?: number
  readonly maxDevices?: number
}

export interface HomeAssistant extends Lifecycle {
  /** A message that is no device's: a start of Home Assistant, perhaps. Runs for each of them, and allocates nothing. */
  heard(message: Message): void
}

/** Where Home Assistant tells that it has started, unless it is told otherwise. */
export const BIRTH_TOPIC = 'homeassistant/status'
const KIND = 'home-assistant'
/** All devices are announced anew at most this often. */
const ALL_EVERY_MS = 5_000
const RETRY_MS = 5_000

interface Told {
  readonly components: Components
  /** Of the message that was published; undefined: before this start, or by another node. */
  readonly config: number | undefined
}

/** FNV-1a, so that the same message is not sent twice: an accident costs one announcement until the next start. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** It announces nothing before `start`. */
export const createHomeAssistant = (
  deps: HomeAssistantDeps,
  options: HomeAssistantOptions,
): HomeAssistant => {
  const { publisher, devices, readings, announced, events, bus, clock } = deps
  const { prefix, version, turnMs = 250, maxPerTurn = 50, maxDevices = 100_000 } = options
  const ownBirth = `${prefix}/status`
  const told = new Map<DeviceId, Told>()
  const due = new Set<DeviceId>()
  /** Of these, those that are announced though nothing has changed. */
  const anew = new Set<DeviceId>()
  let wantsAll = false
  let allAt = Number.NEGATIVE_INFINITY
  let notBefore = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined
  let ends: (() => void)[] = []

  const report = (error: unknown): void =>
    void events.emit('bridge:error', { error: asError(error), where: 'announcing to Home Assistant' })
  const note: AnnouncedStore['note'] = (changes) =>
    changes.length === 0 ? Promise.resolve() : announced.note(changes).catch(report)

  const retract = (deviceIds: readonly DeviceId[]): Promise<void> => {
    const topics = deviceIds.map((id) => discoveryTopic(prefix, id))
    for (const topic of topics) publisher.publish(topic, '', { retain: true })
    for (const id of deviceIds) {
      told.delete(id)
      due.delete(id)
    }
    return note(topics.map((topic) => ({ topic, gone: true })))
  }

  const announce = async (deviceId: DeviceId, latest: Latest | undefined): Promise<Announced | undefined> => {
    const device = await devices.get(deviceId)
    if (device === undefined) return undefined
    const before = told.get(deviceId)
    const known = before?.components ?? NO_COMPONENTS
    const components = latest === undefined ? known : joinComponents(known, componentsOf(latest))
    const message = discoveryConfig(device, components, version)
    const config = hashOf(message)
    const isSame = before?.config === config
    if (isSame && !anew.has(deviceId)) return undefined
    anew.delete(deviceId)
    if (told.size >= maxDevices && before === undefined) told.delete([...told.keys()][0] ?? deviceId)
    told.set(deviceId, { components, config })
    const topic = discoveryTopic(prefix, deviceId)
    publisher.publish(topic, message, { retain: true })
    if (isSame) return undefined
    const change = { deviceId, topic, metrics: [...components.metrics], keys: [...components.keys] }
    if (bus?.isHeard(KIND)) bus.tell(KIND, JSON.stringify(change))
    return change
  }

  const announceSome = async (): Promise<void> => {
    const ids = [...due].slice(0, maxPerTurn)
    for (const id of ids) due.delete(id)
    try {
      const latest = new Map((await readings.latest(ids)).map((one) => [one.deviceId, one]))
      const changes: Announced[] = []
      for (const id of ids) {
        const change = await announce(id, latest.get(id))
        if (change !== undefined) changes.push(change)
      }
      await note(changes)
    } catch (error) {
      for (const id of ids) due.add(id)
      throw error
    }
  }

  /** Every device is due; at the start what is announced and no device any more is taken back. */
  const lookAtAll = async (): Promise<void> => {
    const list = await devices.list(maxDevices)
    const isFirst = allAt === Number.NEGATIVE_INFINITY
    wantsAll = false
    allAt = clock()
    for (const { id } of list) {
      if (id === DOCTOR_ID) continue
      due.add(id)
      anew.add(id)
    }
    // Of an empty registry nothing is concluded: it is rather another database. Later the list may lack what Postgres
    // alone knows, while it is away.
    if (!isFirst || !deps.hasRegistry || list.length === 0 || list.length >= maxDevices) return
    const known = new Set(list.map(({ id }) => id))
    await retract([...told.keys()].filter((id) => !known.has(id)))
  }

  const work = async (): Promise<void> => {
    try {
      if (wantsAll && clock() - allAt >= ALL_EVERY_MS) await lookAtAll()
      if (due.size > 0) await announceSome()
    } catch {
      // The registry or Redis is away, and is told of where it is used.
      notBefore = clock() + RETRY_MS
    }
  }

  const turn = (): void => {
    if (running !== undefined || clock() < notBefore || (!wantsAll && due.size === 0)) return
    running = work().finally(() => {
      running = undefined
    })
  }

  const onLatest = (latest: Latest): void => {
    const known = told.get(latest.deviceId)
    if (known !== undefined && isCovered(known.components, latest)) return
    if (latest.deviceId !== DOCTOR_ID) due.add(latest.deviceId)
  }

  const hear = ({ deviceId, metrics, keys }: Announced): void => {
    const known = told.get(deviceId)?.components ?? NO_COMPONENTS
    const components = joinComponents(known, { metrics, keys })
    const isMore = components.metrics.size > metrics.length || components.keys.size > keys.length
    told.set(deviceId, { components, config: undefined })
    if (isMore) due.add(deviceId)
  }

  const load = async (): Promise<void> => {
    const others: Announced[] = []
    for (const one of await announced.load()) {
      const { deviceId, metrics, keys } = one
      if (one.topic !== discoveryTopic(prefix, deviceId)) others.push(one)
      else
        told.set(deviceId, {
          components: joinComponents(NO_COMPONENTS, { metrics, keys }),
          config: undefined,
        })
    }
    // Announced under another prefix, which nobody looks after any more.
    for (const { topic } of others) publisher.publish(topic, '', { retain: true })
    await note(others.map(({ topic }) => ({ topic, gone: true })))
  }

  const start = async (): Promise<void> => {
    await load().catch(report)
    wantsAll = true
    const registered = ({ device }: { readonly device: { readonly id: DeviceId } }): void =>
      void (device.id === DOCTOR_ID || due.add(device.id))
    const removed = ({ deviceId }: { readonly deviceId: DeviceId }): void =>
      void (deviceId === DOCTOR_ID || retract([deviceId]))
    events.on('device:registered', registered)
    events.on('device:removed', removed)
    const timer = setInterval(turn, turnMs)
    timer.unref()
    ends = [
      () => clearInterval(timer),
      () => events.off('device:registered', registered),
      () => events.off('device:removed', removed),
      readings.onLatest(onLatest),
      bus?.listen(KIND, (body) => hear(JSON.parse(body) as Announced)) ?? (() => undefined),
    ]
  }

  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0)) end()
    await running
  }

  return {
    start,
    stop,
    heard: ({ topic, payload }) => {
      if (topic !== BIRTH_TOPIC && topic !== ownBirth) return
      if (payload.toString() === 'online') wantsAll = true
    },
  }
}
