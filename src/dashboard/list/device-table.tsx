import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useDashboard } from '../context.ts'
import { ownMetrics } from '../format/latest-values.ts'
import { ColumnHeads, columnsFor } from './column-heads.tsx'
import { DeviceRow } from './device-row.tsx'
import type { ListModel } from './list-model.ts'
import type { Sort } from './order.ts'
import { createSparks } from './sparks.ts'
import type { Layout } from './use-layout.ts'
import { useVisibleRows } from './use-visible-rows.ts'

interface TableProps {
  readonly model: ListModel
  readonly layout: Layout
  readonly sort: Sort
  readonly onSort: (sort: Sort) => void
}

/** Stands for rows that are not drawn. */
const Space = ({ rows, height }: { readonly rows: number; readonly height: number }) =>
  rows > 0 ? (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it cannot be focused.
    <tr class="space" aria-hidden="true">
      <td style={{ height: `${rows * height}px` }} />
    </tr>
  ) : null

/** Only the rows in view are in the page; the table says how many there are. */
export const DeviceTable = ({ model, layout, sort, onSort }: TableProps) => {
  const { api, fleet } = useDashboard()
  const body = useRef<HTMLTableSectionElement>(null)
  const sparks = useMemo(() => createSparks({ api, fleet }), [api, fleet])
  useEffect(() => sparks.stop, [sparks])

  const { ids, metrics } = model
  const hasOthers = model.hasOthers && layout.hasOthers
  const { first, end } = useVisibleRows(body, ids.length, layout.rowHeight)
  const shown = ids.slice(first, end)
  useEffect(() => {
    const own = () => shown.flatMap((id) => ownMetrics(fleet.device(id).peek()?.latest ?? null))
    sparks.want(shown, layout.isNarrow ? [...new Set(own())] : metrics)
  }, [sparks, shown.join('\n'), metrics, layout.isNarrow])

  return (
    <table class="devices" aria-rowcount={ids.length + 1} aria-label="Devices">
      <ColumnHeads columns={columnsFor(metrics)} sort={sort} hasOthers={hasOthers} onSort={onSort} />
      <tbody ref={body}>
        <Space rows={first} height={layout.rowHeight} />
        {shown.map((id, i) => (
          <DeviceRow
            key={id}
            id={id}
            index={first + i + 1}
            metrics={layout.isNarrow ? undefined : metrics}
            hasOthers={hasOthers}
            sparks={sparks}
          />
        ))}
        <Space rows={ids.length - end} height={layout.rowHeight} />
      </tbody>
    </table>
  )
}
