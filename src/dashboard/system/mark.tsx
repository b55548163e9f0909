/** A tick or an exclamation mark: what is well is not told by colour alone. */
export const Mark = ({ isGood }: { readonly isGood: boolean }) => (
  <svg
    class={`mark ${isGood ? 'good' : 'bad'}`}
    viewBox="0 0 16 16"
    width="16"
    height="16"
    aria-hidden="true"
  >
    {isGood ? (
      <path
        d="M3 8.5l3.5 3.5L13 4.5"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
      />
    ) : (
      <path
        d="M8 3v6M8 12.5v.5"
        fill="none"
        stroke="currentColor"
        stroke-width="2.2"
        stroke-linecap="round"
      />
    )}
  </svg>
)
