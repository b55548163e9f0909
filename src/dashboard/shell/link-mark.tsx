import type { Link } from '../answers.ts'

const WORDS: { readonly [link in Link]: string } = {
  connected: 'Connected',
  silent: 'Silent',
  offline: 'Offline',
}

/** Told apart by shape and word as well as by colour: a disc, a half, a ring. */
export const LinkMark = ({ link }: { readonly link: Link }) => (
  <span class={`link-mark ${link}`}>
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {link === 'connected' && <circle cx="6" cy="6" r="5" fill="currentColor" />}
      {link === 'silent' && (
        <>
          <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5" />
          <path d="M6 1.75a4.25 4.25 0 0 0 0 8.5z" fill="currentColor" />
        </>
      )}
      {link === 'offline' && (
        <path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" />
      )}
    </svg>
    {WORDS[link]}
  </span>
)
