import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type RowWindow, visibleWindow } from './visible-window.ts'

const sameWindow = (a: RowWindow, b: RowWindow): boolean => a.first === b.first && a.end === b.end

/** The rows of `body` to draw as the page stands; changes while it is scrolled or resized. */
export const useVisibleRows = (
  body: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): RowWindow => {
  const [shown, setShown] = useState<RowWindow>({ first: 0, end: Math.min(count, 40) })

  useEffect(() => {
    let frame = 0
    const look = (): void => {
      frame = 0
      const offset = -(body.current?.getBoundingClientRect().top ?? 0)
      const next = visibleWindow(count, rowHeight, { offset, height: innerHeight })
      setShown((before) => (sameWindow(before, next) ? before : next))
    }
    const lookSoon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(look)
    }
    look()
    addEventListener('scroll', lookSoon, { passive: true })
    addEventListener('resize', lookSoon)
    return () => {
      cancelAnimationFrame(frame)
      removeEventListener('scroll', lookSoon)
      removeEventListener('resize', lookSoon)
    }
  }, [body, count, rowHeight])

  return { first: Math.min(shown.first, count), end: Math.min(shown.end, count) }
}
