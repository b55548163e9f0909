import { useEffect, useState } from 'preact/hooks'
import { useDashboard } from '../context.ts'
import { formatAgo, moments } from '../format/times.ts'
import { Panel } from '../system/panel.tsx'
import type { DeviceDetail } from './device-answer.ts'

type Frame = NonNullable<DeviceDetail['frame']>

type Picture =
  | { readonly kind: 'none' }
  | { readonly kind: 'shown'; readonly src: string; readonly at: number }
  | { readonly kind: 'failed'; readonly message: string }

const DAY_MS = 86_400_000

const timeOf = (at: number, now: number): string => (now - at < DAY_MS ? moments.time(at) : moments.day(at))

/** The newest picture that could be loaded: the one before is shown until then. */
const usePicture = ({ url, at }: Frame): Picture => {
  const { api } = useDashboard()
  const [picture, setPicture] = useState<Picture>({ kind: 'none' })
  useEffect(() => {
    const leaving = new AbortController()
    const load = async (): Promise<void> => {
      const result = await api.blob(url, { signal: leaving.signal })
      if (leaving.signal.aborted) return
      if (result.ok) setPicture({ kind: 'shown', src: URL.createObjectURL(result.value), at })
      else
        setPicture((now) =>
          now.kind === 'shown' ? now : { kind: 'failed', message: result.problem.message },
        )
    }
    void load()
    return () => leaving.abort()
  }, [api, url, at])
  const src = picture.kind === 'shown' ? picture.src : undefined
  useEffect(() => () => (src === undefined ? undefined : URL.revokeObjectURL(src)), [src])
  return picture
}

interface LiveProps {
  readonly id: string
  readonly name: string
  readonly failed: () => void
}

/** Each picture as it comes; the browser keeps the last one when the stream ends. */
const LivePicture = ({ id, name, failed }: LiveProps) => {
  const { session } = useDashboard()
  // As of when it was opened: another token would open it anew.
  const [src] = useState(() => {
    const state = session.state.peek()
    const token = state.kind === 'signed-in' ? `?token=${encodeURIComponent(state.token)}` : ''
    return `/api/v1/stream/live/${encodeURIComponent(id)}${token}`
  })
  return <img src={src} alt={`Camera of ${name}, live`} onError={failed} />
}

interface CameraProps {
  readonly id: string
  readonly name: string
  readonly frame: Frame
}

export const CameraPanel = ({ id, name, frame }: CameraProps) => {
  const { tick } = useDashboard()
  const picture = usePicture(frame)
  const [isLive, setLive] = useState(false)
  const [hasFailed, setFailed] = useState(false)
  const toggle = (): void => {
    setFailed(false)
    setLive(!isLive)
  }
  const failed = (): void => {
    setFailed(true)
    setLive(false)
  }
  return (
    <Panel title="Camera">
      <div class="picture">
        {picture.kind === 'shown' && (
          <img src={picture.src} alt={`Camera of ${name}, ${moments.moment(picture.at)}`} />
        )}
        {picture.kind !== 'shown' && (
          <p>
            {picture.kind === 'failed' ? `The picture could not be loaded: ${picture.message}.` : 'Loading…'}
          </p>
        )}
        {/* Over the newest one, which is seen until the first comes. */}
        {isLive && <LivePicture id={id} name={name} failed={failed} />}
      </div>
      <div class="picture-foot">
        <p>
          {isLive ? (
            'Each picture as it comes'
          ) : (
            <>
              <time title={moments.moment(frame.at)}>{timeOf(frame.at, tick.value)}</time> ·{' '}
              {formatAgo(tick.value - frame.at)}
            </>
          )}
        </p>
        <button type="button" aria-pressed={isLive} onClick={toggle}>
          Watch live
        </button>
      </div>
      {hasFailed && (
        <p class="hint" role="status">
          The live pictures ended: the camera may be off, or too many watch.
        </p>
      )}
    </Panel>
  )
}
