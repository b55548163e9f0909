import type { Ref } from 'preact'
import type { Link } from '../answers.ts'
import { numbers } from '../format/numbers.ts'
import { columnsFor } from './column-heads.tsx'
import type { Filter, LinkCounts, Sort } from './order.ts'

interface ToolsProps {
  readonly filter: Filter
  readonly counts: LinkCounts
  readonly shown: number
  readonly metrics: readonly string[]
  readonly sort: Sort
  readonly isNarrow: boolean
  readonly search: Ref<HTMLInputElement>
  readonly onFilter: (filter: Filter) => void
  readonly onSort: (sort: Sort) => void
}

const CHOICES: readonly (readonly [Link | 'all', string])[] = [
  ['all', 'All'],
  ['connected', 'Connected'],
  ['silent', 'Silent'],
  ['offline', 'Offline'],
]

const SortChoice = ({ sort, metrics, onSort }: Pick<ToolsProps, 'sort' | 'metrics' | 'onSort'>) => (
  <label class="sort">
    <span class="visually-hidden">Sort by</span>
    <select
      value={sort.key}
      onChange={({ currentTarget }) => {
        const column = columnsFor(metrics).find(({ key }) => key === currentTarget.value)
        if (column !== undefined) onSort({ key: column.key, descending: column.descending })
      }}
    >
      {columnsFor(metrics).map(({ key, label }) => (
        <option key={key} value={key}>
          {label}
        </option>
      ))}
    </select>
  </label>
)

export const ListTools = (props: ToolsProps) => {
  const { filter, counts, shown, isNarrow, search, onFilter } = props
  const isFiltered = filter.search.trim() !== ''
  return (
    <search class="tools">
      <fieldset class="choices">
        <legend class="visually-hidden">Show by status</legend>
        {CHOICES.map(([link, word]) => (
          <button
            key={link}
            type="button"
            class={link}
            aria-pressed={filter.link === link}
            onClick={() => onFilter({ ...filter, link })}
          >
            {word} <span class="number">{numbers.count(counts[link])}</span>
          </button>
        ))}
      </fieldset>
      {isNarrow && <SortChoice {...props} />}
      <label class={`find ${filter.search === '' ? 'empty-find' : ''}`}>
        <span class="visually-hidden">Search devices</span>
        <input
          ref={search}
          type="search"
          placeholder="Search"
          aria-keyshortcuts="/"
          autocapitalize="none"
          spellcheck={false}
          value={filter.search}
          onInput={({ currentTarget }) => onFilter({ ...filter, search: currentTarget.value })}
        />
      </label>
      <p role="status" class="visually-hidden">
        {isFiltered && `${numbers.count(shown)} of ${numbers.count(counts.all)} devices`}
      </p>
    </search>
  )
}
