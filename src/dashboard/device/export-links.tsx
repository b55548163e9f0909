import { useDashboard } from '../context.ts'
import { historyQuery, type ShownRange } from './shown-range.ts'

interface ExportProps {
  readonly id: string
  readonly range: ShownRange
}

const FORMATS = [
  ['csv', 'CSV'],
  ['ndjson', 'NDJSON'],
] as const

/** Every reading of what is shown, as files. */
export const ExportLinks = ({ id, range }: ExportProps) => {
  const { session } = useDashboard()
  const hrefOf = (format: string): string =>
    `/api/v1/history?${new URLSearchParams({ deviceId: id, format, ...historyQuery(range) })}`
  // The browser asks for it by itself and says nobody's name, so the token goes with the address, at the last moment.
  const withToken = ({ currentTarget }: MouseEvent, format: string): void => {
    const state = session.state.peek()
    if (state.kind !== 'signed-in' || !(currentTarget instanceof HTMLAnchorElement)) return
    currentTarget.href = `${hrefOf(format)}&token=${encodeURIComponent(state.token)}`
  }
  return (
    <p class="exports">
      <span>Export every reading</span>
      {FORMATS.map(([format, name]) => (
        <a key={format} href={hrefOf(format)} download onClick={(event) => withToken(event, format)}>
          {name}
        </a>
      ))}
    </p>
  )
}
