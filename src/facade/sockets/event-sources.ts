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

export type EventSources = Pick<FacadeDeps, 'events' | 'readings' | 'recognition' | 'clock'>

type Listener<Name extends keyof BridgeEvents> = (...event: BridgeEvents[Name]) => void

/**
 * Tells everything that happens as messages for clients. Returns its own end: while nobody is told, the
 * sources have no listener, and what nobody listens to costs nothing.
 */
export const listenToSources = (
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
