import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { useDashboard } from '../context.ts'
import { customRange, fieldValue, isSameRange, PRESETS, spanOf } from './shown-range.ts'
import type { ViewControl } from './use-view-state.ts'

interface CustomProps {
  readonly control: ViewControl
  readonly close: () => void
}

/** From and until, in the time of whoever looks. */
const CustomForm = ({ control, close }: CustomProps) => {
  const { now } = useDashboard()
  const [problem, setProblem] = useState('')
  const from = useRef<HTMLInputElement>(null)
  const to = useRef<HTMLInputElement>(null)
  const id = useId()
  const { from: start, to: end } = spanOf(control.range, now())
  useEffect(() => from.current?.focus(), [])

  const submit = (event: Event): void => {
    event.preventDefault()
    const range = customRange(from.current?.value ?? '', to.current?.value ?? '', now())
    if (typeof range === 'string') return setProblem(range)
    control.setRange(range)
    close()
  }
  const field = { type: 'datetime-local' as const, 'aria-describedby': id, 'aria-invalid': problem !== '' }
  return (
    <form
      class="custom-range"
      noValidate
      onSubmit={submit}
      onKeyDown={({ key }) => key === 'Escape' && close()}
    >
      <label>
        From <input ref={from} {...field} defaultValue={fieldValue(start)} max={fieldValue(now())} />
      </label>
      <label>
        Until <input ref={to} {...field} defaultValue={fieldValue(end + 59_999)} />
      </label>
      <button type="submit" class="primary">
        Show
      </button>
      <button type="button" class="quiet" onClick={close}>
        Cancel
      </button>
      <p id={id} class="problem" role="alert">
        {problem}
      </p>
    </form>
  )
}

export const RangePicker = ({ control }: { readonly control: ViewControl }) => {
  const [isOpen, setOpen] = useState(false)
  const custom = useRef<HTMLButtonElement>(null)
  const { range } = control
  const close = (): void => {
    setOpen(false)
    custom.current?.focus()
  }
  return (
    <>
      <fieldset class="choices" aria-label="Range">
        {PRESETS.map(({ label, ms }) => (
          <button
            key={label}
            type="button"
            aria-pressed={isSameRange(range, { kind: 'last', ms })}
            onClick={() => {
              setOpen(false)
              control.setRange({ kind: 'last', ms })
            }}
          >
            {label}
          </button>
        ))}
        <button
          ref={custom}
          type="button"
          aria-pressed={range.kind === 'between'}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          Custom…
        </button>
      </fieldset>
      {isOpen && <CustomForm control={control} close={close} />}
    </>
  )
}
