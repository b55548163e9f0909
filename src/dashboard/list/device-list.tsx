import { useEffect, useRef, useState } from 'preact/hooks'
import { useDashboard } from '../context.ts'
import { DeviceTable } from './device-table.tsx'
import { EmptyList } from './empty-list.tsx'
import { ListTools } from './list-tools.tsx'
import { EVERYTHING, type Filter, type Sort } from './order.ts'
import { rememberedSort, rememberSort } from './remembered.ts'
import { useLayout } from './use-layout.ts'
import { useListModel } from './use-list-model.ts'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select') !== null

const Skeleton = () => (
  <div class="skeleton" role="status">
    <span class="visually-hidden">Loading the devices…</span>
    {Array.from({ length: 8 }, (_, i) => (
      <i key={i} />
    ))}
  </div>
)

/** All devices, live. */
export const DeviceList = () => {
  const { reach, listFilter } = useDashboard()
  const filter = listFilter.value
  const setFilter = (next: Filter): void => {
    listFilter.value = next
  }
  const [sort, setSort] = useState(() => rememberedSort(localStorage))
  const search = useRef<HTMLInputElement>(null)
  const layout = useLayout()
  const model = useListModel({ filter, sort, metrics: layout.metrics })

  useEffect(() => {
    const focusSearch = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return
      event.preventDefault()
      search.current?.focus()
    }
    addEventListener('keydown', focusSearch)
    return () => removeEventListener('keydown', focusSearch)
  }, [])

  const sortBy = (next: Sort): void => {
    rememberSort(localStorage, next)
    setSort(next)
  }

  // What the banner says of a failure is enough.
  if (model === undefined) return reach.value.kind === 'failing' ? <h1>Devices</h1> : <Skeleton />
  if (model.counts.all === 0)
    return (
      <>
        <h1 class="visually-hidden">Devices</h1>
        <EmptyList />
      </>
    )
  return (
    <div class={`list ${reach.value.kind === 'failing' ? 'unreached' : ''}`}>
      <h1 class="visually-hidden">Devices</h1>
      <ListTools
        filter={filter}
        counts={model.counts}
        shown={model.ids.length}
        metrics={model.metrics}
        sort={sort}
        isNarrow={layout.isNarrow}
        search={search}
        onFilter={setFilter}
        onSort={sortBy}
      />
      {model.ids.length === 0 ? (
        <div class="nothing">
          <p>No device is like that.</p>
          <button type="button" onClick={() => setFilter(EVERYTHING)}>
            Show all
          </button>
        </div>
      ) : (
        <DeviceTable model={model} layout={layout} sort={sort} onSort={sortBy} />
      )}
    </div>
  )
}
