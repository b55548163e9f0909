import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { hrefOf, type View } from '../router.ts'

/** The list draws the rows of where it was scrolled to one frame later. */
const afterTwoFrames = (run: () => void): void => {
  requestAnimationFrame(() => requestAnimationFrame(run))
}

/**
 * Takes whoever uses a keyboard or a screen reader along into a new view: its content has the focus. Back in the list
 * that is the device they came from, and the list is where it was; every other view begins at its top.
 */
export const useArrival = (view: View, main: RefObject<HTMLElement | null>): void => {
  const before = useRef<View | undefined>(undefined)
  const listAt = useRef(0)

  useEffect(() => {
    if (view.name !== 'list') return
    const note = (): void => {
      listAt.current = scrollY
    }
    addEventListener('scroll', note, { passive: true })
    return () => removeEventListener('scroll', note)
  }, [view])

  useEffect(() => {
    const from = before.current
    before.current = view
    if (from === undefined) return
    main.current?.focus({ preventScroll: true })
    scrollTo(0, view.name === 'list' ? listAt.current : 0)
    if (view.name !== 'list' || from.name !== 'device') return
    afterTwoFrames(() => {
      const row = main.current?.querySelector<HTMLElement>(`a[href="${CSS.escape(hrefOf(from))}"]`)
      if (document.activeElement === main.current) row?.focus({ preventScroll: true })
    })
  }, [view, main])
}
