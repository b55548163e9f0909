/** Numbers as they are read: grouped, no longer than they need, in the language of the browser. */

export interface NumberFormat {
  /** A measured value: up to four significant digits, all those before the point kept. */
  value(value: number): string
  /** With exactly so many digits behind the point, 0 to 3. */
  fixed(value: number, decimals: number): string
  /** Whole numbers. */
  count(value: number): string
  /** Such as `1.5 MB`; powers of 1,000. */
  bytes(value: number): string
  /** Events a second: one digit behind the point below ten. */
  rate(value: number): string
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Digits behind the point that leave four significant ones. */
const decimalsOf = (value: number): number => {
  const magnitude = Math.abs(value)
  if (magnitude >= 1_000 || magnitude === 0) return 0
  if (magnitude >= 100) return 1
  return magnitude >= 1 ? 2 : 3
}

/** `locale`: undefined is the browser's own. */
export const createNumberFormat = (locale?: string): NumberFormat => {
  const byDecimals = [0, 1, 2, 3].map(
    (decimals) => new Intl.NumberFormat(locale, { maximumFractionDigits: decimals }),
  )
  const format = (value: number, decimals: number): string =>
    byDecimals[decimals]?.format(value) ?? String(value)
  const exactly = [0, 1, 2, 3].map(
    (decimals) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  )
  const tiny = new Intl.NumberFormat(locale, { notation: 'scientific', maximumSignificantDigits: 3 })

  const value = (given: number): string => {
    if (!Number.isFinite(given)) return '–'
    const magnitude = Math.abs(given)
    if (magnitude !== 0 && (magnitude < 0.001 || magnitude >= 1e9)) return tiny.format(given)
    return format(given, decimalsOf(given))
  }

  const bytes = (given: number): string => {
    let size = Math.max(0, given)
    let unit = 0
    while (size >= 999.5 && unit < BYTE_UNITS.length - 1) {
      size /= 1_000
      unit += 1
    }
    return `${format(size, unit === 0 || size >= 99.5 ? 0 : 1)}\u00a0${BYTE_UNITS[unit]}`
  }

  return {
    value,
    fixed: (given, decimals) =>
      Math.abs(given) < 1e9 ? (exactly[decimals]?.format(given) ?? value(given)) : value(given),
    count: (given) => (Number.isFinite(given) ? format(Math.round(given), 0) : '–'),
    bytes,
    rate: (given) => (Number.isFinite(given) ? format(given, Math.abs(given) < 9.95 ? 1 : 0) : '–'),
  }
}

export const numbers: NumberFormat = createNumberFormat()
