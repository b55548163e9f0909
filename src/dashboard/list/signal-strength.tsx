/** Bars of a Wi-Fi signal: four from -55 dBm up, none below -85. */
export const barsOf = (rssi: number): number => [-55, -65, -75, -85].filter((least) => rssi >= least).length

const BARS = [1, 2, 3, 4] as const
const WORDS = ['very weak', 'weak', 'fair', 'good', 'strong'] as const

export const SignalStrength = ({ rssi }: { readonly rssi: number | null }) => {
  if (rssi === null) return <span class="none">–</span>
  const bars = barsOf(rssi)
  return (
    <span class={`signal ${bars <= 1 ? 'weak' : ''}`} title={`${rssi} dBm, ${WORDS[bars]}`}>
      <svg viewBox="0 0 16 12" width="16" height="12" aria-hidden="true">
        {BARS.map((bar) => (
          <rect
            key={bar}
            x={(bar - 1) * 4}
            y={12 - bar * 3}
            width="3"
            height={bar * 3}
            rx="0.75"
            opacity={bar <= bars ? 1 : 0.25}
          />
        ))}
      </svg>
      {rssi}
      <span class="unit">dBm</span>
    </span>
  )
}
