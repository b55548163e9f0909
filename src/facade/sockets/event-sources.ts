import type { BridgeEvents } from '../../../bridge/index.ts'
import type { FacadeDeps } from '../app.ts'
import {
  buzzerCompleted,
  buzzerRequested,
  deviceRegistered,
  deviceStatus,
  type EventMessage,
  newFrame,
  recognitionComplete,
  sensorData,
} from './event-messages.ts'

export type EventSources = Pick<FacadeDeps, 'events' | 'readings' | 'recognition' | 'clock' | 'bus'>

type Listener<Name extends keyof BridgeEvents> = (...event: BridgeEvents[Name]) => void

/**
 * Tells everything that happens as messages for clients. Returns its own end: while nobody is told, the
 * sources have no listener, and what nobody listens to costs nothing.
 */
const listenHere = (
  { events, readings, recognition, clock }: EventSources,
  recognizes: boolean,
  tell: (message: EventMessage) => void,
): (() => void) => {
  const registered: Listener<'device:registered'> = ({ device }) => tell(deviceRegistered(device, clock()))
  const requested: Listener<'buzzer:requested'> = ({ request }) => tell(buzzerRequested(request))
  const completed: Listener<'buzzer:completed'> = ({ request }) => tell(buzzerCompleted(request, clock()))
  const stored: Listener<'frame:stored'> = ({ frame }) => tell(newFrame(frame, recognizes))
  const status: Listener<'device:status'> = (change) => tell(deviceStatus(change))
  events.on('device:registered', registered)
  events.on('buzzer:requested', requested)
  events.on('buzzer:completed', completed)
  events.on('frame:stored', stored)
  events.on('device:status', status)
  const endLatest = readings.onLatest((latest) => tell(sensorData(latest)))
  const endRecognition = recognition.onComplete((complete) => tell(recognitionComplete(complete)))
  return () => {
    events.off('device:registered', registered)
    events.off('buzzer:requested', requested)
    events.off('buzzer:completed', completed)
    events.off('frame:stored', stored)
    events.off('device:status', status)
    endLatest()
    endRecognition()
  }
}

/** What nodes tell each other in the form in which their clients are told it. */
const KIND = 'socket-events'

/** Tells the other nodes what happens here, while one of them has clients that want to know. Returns its own end. */
export const tellOtherNodes = (sources: EventSources, recognizes: boolean): (() => void) => {
  const { bus } = sources
  if (bus === undefined) return () => undefined
  return listenHere(sources, recognizes, (message) => {
    if (bus.isHeard(KIND)) bus.tell(KIND, JSON.stringify(message))
  })
}

/** Tells what happens here and on the other nodes, as `listenHere`. */
export const listenToSources: typeof listenHere = (sources, recognizes, tell) => {
  const endHere = listenHere(sources, recognizes, tell)
  const endElsewhere = sources.bus?.listen(KIND, (body) => tell(JSON.parse(body) as EventMessage))
  return () => {
    endHere()
    endElsewhere?.()
  }
}
