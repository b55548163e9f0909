import { useDashboard } from '../context.ts'
import { linkAt } from '../fleet-merge.ts'
import { BuzzerPanel } from './buzzer-panel.tsx'
import { CameraPanel } from './camera-panel.tsx'
import { BackLink, DeviceHead } from './device-head.tsx'
import './device.css'
import { DeadLettersPanel, ReceivedPanel } from './losses-panel.tsx'
import { ReadingsPanel } from './readings-panel.tsx'
import { useDetail } from './use-detail.ts'

interface AbsentProps {
  readonly id: string
  /** Not only not yet. */
  readonly isUnknown: boolean
}

const Absent = ({ id, isUnknown }: AbsentProps) => (
  <div class="notice">
    <h1>{id}</h1>
    {isUnknown ? (
      <p>
        Nothing is known of this device. As soon as it sends something on <code>sensors/{id}/data</code>, it
        is shown here.
      </p>
    ) : (
      <p>Loading…</p>
    )}
    <BackLink />
  </div>
)

/** One device: how it stands, its readings over time, its camera and buzzer, and what was lost of it. */
export const DeviceView = ({ id }: { readonly id: string }) => {
  const { fleet, live, reach, tick } = useDashboard()
  const state = useDetail(id)
  const detail = state.detail.value
  const device = fleet.device(id).value ?? detail
  if (device === undefined) return <Absent id={id} isUnknown={state.problem.value?.kind === 'missing'} />
  const isUnreached = live.state.value.kind === 'lost' || reach.value.kind === 'failing'
  return (
    <article class={`device ${isUnreached ? 'unreached' : ''}`}>
      <DeviceHead device={device} detail={detail} />
      <div class="device-columns">
        <ReadingsPanel id={id} />
        <div class="device-side">
          {detail?.frame != null && <CameraPanel id={id} name={device.name} frame={detail.frame} />}
          <BuzzerPanel id={id} isThere={linkAt(device, tick.value) === 'connected'} state={state} />
          {detail !== undefined && <ReceivedPanel detail={detail} />}
          {detail !== undefined && <DeadLettersPanel detail={detail} />}
        </div>
      </div>
    </article>
  )
}
