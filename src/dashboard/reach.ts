import type { Problem } from './api.ts'

/** How the last request for the devices went. */
export type Reach =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ok'; readonly at: number }
  /** Since when (this machine's clock), and why. */
  | { readonly kind: 'failing'; readonly since: number; readonly problem: Problem }
