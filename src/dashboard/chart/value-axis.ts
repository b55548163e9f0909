/** What stands beside the chart: as many digits behind the point as tell neighbours apart, all ticks alike. */

const MOST_DECIMALS = 6
/** From here on, and below its inverse, by powers of ten. */
const LARGE = 1e7

const decimalsOf = (step: number): number => {
  let decimals = 0
  while (
    decimals < MOST_DECIMALS &&
    Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6
  )
    decimals += 1
  return decimals
}

/** `locale`: undefined is the browser's own. */
export const tickLabels = (ticks: readonly number[], locale?: string): readonly string[] => {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0))
  const largest = ticks.reduce((most, tick) => Math.max(most, Math.abs(tick)), 0)
  const isPlain = largest < LARGE && step > 1 / LARGE
  const options: Intl.NumberFormatOptions = isPlain
    ? { minimumFractionDigits: decimalsOf(step), maximumFractionDigits: decimalsOf(step) }
    : { notation: 'scientific', maximumSignificantDigits: 4 }
  const format = new Intl.NumberFormat(locale, options)
  return ticks.map((tick) => format.format(tick))
}
