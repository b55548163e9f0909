import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface PanelProps {
  readonly title: string
  readonly wide?: boolean
  readonly children: ComponentChildren
}

export const Panel = ({ title, wide = false, children }: PanelProps) => {
  const id = useId()
  return (
    <section class={`panel ${wide ? 'wide' : ''}`} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}

/** What something is, and how much. */
export type Fact = readonly [label: string, value: ComponentChildren]

export const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl class="facts">
    {facts.map(([label, value]) => (
      <div key={label}>
        <dt>{label}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)

interface MeterProps {
  readonly label: string
  /** 0 to 1. */
  readonly share: number
  /** From here on it is drawn as a warning. */
  readonly high: number
}

export const Meter = ({ label, share, high }: MeterProps) => (
  <meter
    class={share >= high ? 'high' : undefined}
    aria-label={label}
    min={0}
    max={1}
    high={high}
    value={Math.min(1, Math.max(0, share))}
  />
)
