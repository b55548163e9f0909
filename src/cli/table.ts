/** Rows with their columns aligned, a line each; numbers to the right. Cells must be printable. */
export interface Column {
  readonly title: string
  readonly align?: 'right'
}

const widthOf = (cell: string): number => [...cell].length

export const table = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const lines = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => widthOf(cells[at] ?? ''))))
  const padded = (cell: string, at: number): string => {
    const blanks = ' '.repeat((widths[at] ?? 0) - widthOf(cell))
    return columns[at]?.align === 'right' ? blanks + cell : cell + blanks
  }
  return lines
    .map(
      (cells) =>
        `${columns
          .map((_, at) => padded(cells[at] ?? '', at))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** One object a line, for programs. */
export const jsonLines = (values: readonly object[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('')

/** `2026-11-23T03:37:12.345Z` */
export const timeText = (epochMs: number): string => new Date(Math.round(epochMs)).toISOString()

/** `1 dead letter`, `2 dead letters`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
