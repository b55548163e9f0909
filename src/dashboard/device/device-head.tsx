import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Device } from '../answers.ts'
import { useDashboard } from '../context.ts'
import { linkAt } from '../fleet-merge.ts'
import { numbers } from '../format/numbers.ts'
import { formatSpan, moments } from '../format/times.ts'
import { LastSeen } from '../list/last-seen.tsx'
import { SignalStrength } from '../list/signal-strength.tsx'
import { hrefOf } from '../router.ts'
import { LinkMark } from '../shell/link-mark.tsx'
import type { DeviceDetail } from './device-answer.ts'

interface HeadProps {
  readonly device: Device
  readonly detail: DeviceDetail | undefined
}

/** Whoever came by a link reads on from here; nobody is taken away from where they are. */
const useHeadingFocus = () => {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const { activeElement } = document
      if (activeElement === document.body || activeElement?.id === 'main')
        heading.current?.focus({ preventScroll: true })
    })
    return () => cancelAnimationFrame(frame)
  }, [])
  return heading
}

export const BackLink = () => (
  <a class="back-link" href={hrefOf({ name: 'list' })}>
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path
        d="M9.5 3 5 8l4.5 5"
        fill="none"
        stroke="currentColor"
        stroke-width="1.75"
        stroke-linecap="round"
      />
    </svg>
    All devices
  </a>
)

/** Told beside the link only when the board says more than that it is there. */
const STATUS_WORDS: { readonly [status: string]: string } = {
  warning: 'reports a warning',
  error: 'reports an error',
  maintenance: 'in maintenance',
}

export const DeviceHead = ({ device, detail }: HeadProps) => {
  const { tick } = useDashboard()
  const heading = useHeadingFocus()
  const { deviceId, name, type, wifiRssi, uptimeMs, freeHeap, status } = device
  const facts: readonly (readonly [string, ComponentChildren])[] = [
    ['Last seen', <LastSeen key="seen" at={device.lastSeen} tick={tick} />],
    ...(wifiRssi === null ? [] : [['Signal', <SignalStrength key="rssi" rssi={wifiRssi} />] as const]),
    ...(uptimeMs === null ? [] : [['Uptime', formatSpan(uptimeMs)] as const]),
    ...(freeHeap === null ? [] : [['Free heap', numbers.bytes(freeHeap)] as const]),
    ...(detail?.ipAddress ? [['Address', detail.ipAddress] as const] : []),
    ...(detail === undefined ? [] : [['Known since', moments.day(detail.firstSeen)] as const]),
  ]
  return (
    <header class="device-head">
      <BackLink />
      <div class="device-title">
        <h1 ref={heading} tabIndex={-1}>
          {name}
        </h1>
        <LinkMark link={linkAt(device, tick.value)} />
        {STATUS_WORDS[status] !== undefined && (
          <span class={`status-word ${status}`}>{STATUS_WORDS[status]}</span>
        )}
        <p class="device-ids">
          {name !== deviceId && <code>{deviceId}</code>}
          {type !== '' && <span>{type}</span>}
        </p>
      </div>
      <dl class="device-facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  )
}
