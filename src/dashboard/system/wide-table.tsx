import type { ComponentChildren } from 'preact'

interface WideTableProps {
  readonly label: string
  readonly children: ComponentChildren
}

/** A table that is scrolled sideways where it has no room, by keyboard as well. */
export const WideTable = ({ label, children }: WideTableProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
  <section class="scroll" aria-label={label} tabIndex={0}>
    <table class="grid">{children}</table>
  </section>
)
