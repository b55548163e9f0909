/** What the sockets were told of one exchange. */
import type { EventSocket, SocketEvent } from './event-socket.ts'
import { eventually } from './eventually.ts'
import { exchange, postJson } from './http-exchange.ts'
import { fixture, type RecordedRequest } from './recordings.ts'

/** Events that the older backend did not have, and the welcome. */
const NOT_COMPARED = ['connection', 'sensor_data', 'device_status']
const RECOGNITION_MS = 3_000
/** No recorded exchange is about this device. */
const MARKER = 'replay-marker'

const isOf = (filename: unknown) => (event: SocketEvent) =>
  event.type === 'recognition_complete' && event.filename === filename

const isMark = ({ type, deviceId }: SocketEvent): boolean =>
  (type === 'buzzer_request' || type === 'new_frame') && deviceId === MARKER

/** Without a database a request is refused; a frame never is, but it would show in the listings of the others. */
const raiseMark = async (http: string): Promise<void> => {
  const { status } = await postJson(`${http}/api/v1/buzzer/request`, { deviceId: MARKER })
  if (status === 200) return
  const headers = { 'Content-Type': 'image/jpeg', 'Device-ID': MARKER }
  await exchange(`${http}/api/v1/stream/fast`, { method: 'POST', headers, body: fixture('frame-5000.jpg') })
}

/**
 * Events are gathered for some ms, so an answer may come before its event. They keep their order: when an event
 * raised after the answer has come, all of its own have.
 */
const awaitAll = async (http: string, socket: EventSocket): Promise<void> => {
  const before = socket.events.filter(isMark).length
  await raiseMark(http)
  await eventually(() => socket.events.filter(isMark).length > before)
  await postJson(`${http}/api/v1/buzzer/control`, { deviceId: MARKER, status: false })
}

/** Gives the events of the exchange that was just answered, in the order in which they came. */
export const createEventTap = (http: string, socket: EventSocket) => {
  /** Of these only some are recognised, at random, and told of whenever that is done. */
  const fastFrames = new Set<unknown>()
  const isCompared = (event: SocketEvent): boolean =>
    !NOT_COMPARED.includes(event.type) &&
    !isMark(event) &&
    event.deviceId !== MARKER &&
    !fastFrames.has(event.filename)

  socket.take()
  return async ({ method, path }: RecordedRequest): Promise<readonly SocketEvent[]> => {
    // A read that raised an event would be found out by the next exchange that writes.
    if (method === 'GET' || method === 'HEAD') return []
    await awaitAll(http, socket)
    const told = socket.events.filter((event) => event.type === 'new_frame' && !isMark(event))
    const frames = told.map(({ filename }) => filename)
    // One that never comes is a difference, which the comparison names.
    if (path.endsWith('/stream/stream') && frames.length > 0)
      await eventually(() => socket.events.some(isOf(frames[0])), RECOGNITION_MS).catch(() => {})
    const events = socket.take().filter(isCompared)
    if (path.endsWith('/stream/fast')) for (const filename of frames) fastFrames.add(filename)
    return events.filter(({ type, filename }) => type !== 'recognition_complete' || !fastFrames.has(filename))
  }
}
