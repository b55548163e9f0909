import { metricWords } from '../format/metrics.ts'
import type { Sort, SortKey } from './order.ts'

export interface Column {
  readonly key: SortKey
  readonly label: string
  readonly class: string
  /** Which way a first click sorts. */
  readonly descending: boolean
}

const FIXED: readonly Column[] = [
  { key: 'name', label: 'Device', class: 'name', descending: false },
  { key: 'link', label: 'Status', class: 'link', descending: false },
  { key: 'lastSeen', label: 'Last seen', class: 'seen', descending: false },
  { key: 'signal', label: 'Signal', class: 'rssi', descending: false },
]

export const columnsFor = (metrics: readonly string[]): readonly Column[] => [
  ...FIXED,
  ...metrics.map(
    (metric): Column => ({
      key: `metric:${metric}`,
      label: metricWords(metric).label,
      class: 'metric',
      descending: true,
    }),
  ),
]

/** After a click: the other way round, or by another column. */
export const sortAfter = (sort: Sort, { key, descending }: Column): Sort =>
  sort.key === key ? { key, descending: !sort.descending } : { key, descending }

interface HeadProps {
  readonly columns: readonly Column[]
  readonly sort: Sort
  readonly hasOthers: boolean
  readonly onSort: (sort: Sort) => void
}

export const ColumnHeads = ({ columns, sort, hasOthers, onSort }: HeadProps) => (
  <thead>
    <tr aria-rowindex={1}>
      {columns.map((column) => {
        const isSorted = column.key === sort.key
        const way = sort.descending ? 'descending' : 'ascending'
        return (
          <th key={column.key} scope="col" class={column.class} aria-sort={isSorted ? way : undefined}>
            <button type="button" onClick={() => onSort(sortAfter(sort, column))}>
              {column.label}
              <svg
                viewBox="0 0 8 8"
                width="8"
                height="8"
                aria-hidden="true"
                class={isSorted ? way : 'unsorted'}
              >
                <path d="M4 1l3 5H1z" fill="currentColor" />
              </svg>
            </button>
          </th>
        )
      })}
      {hasOthers && (
        <th scope="col" class="others">
          Other values
        </th>
      )}
    </tr>
  </thead>
)
