import { useEffect, useRef, useState } from 'preact/hooks'
import type { Problem } from '../api.ts'
import { useDashboard } from '../context.ts'

const wordsFor = (problem: Problem): string => {
  switch (problem.kind) {
    case 'unauthorized':
      return 'Wrong name or password.'
    case 'forbidden':
      return 'This is the credential of a device. Pages need a user: npx sluice user add NAME --role dashboard'
    case 'busy':
      return `${problem.message}. Wait ${Math.ceil(problem.retryAfterMs / 1_000)} s.`
    default:
      return `${problem.message}.`
  }
}

/** A form that password managers know: they fill it in and offer to keep what was entered. */
export const SignIn = ({ ended }: { readonly ended: boolean }) => {
  const { session } = useDashboard()
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)
  const name = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)
  useEffect(() => name.current?.focus(), [])

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    const result = await session.signIn(name.current?.value.trim() ?? '', password.current?.value ?? '')
    if (result.ok) return
    setBusy(false)
    setProblem(result.problem)
    password.current?.focus()
    password.current?.select()
  }

  return (
    <form class="sign-in" method="post" action="#/" onSubmit={submit}>
      <h1>Sign in</h1>
      {ended && problem === undefined && <p class="hint">Your sign-in has ended. Sign in again to go on.</p>}
      <label>
        Name
        <input
          ref={name}
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
        />
      </label>
      <label>
        Password
        <input
          ref={password}
          name="password"
          type="password"
          autocomplete="current-password"
          required
          aria-describedby="sign-in-problem"
          aria-invalid={problem?.kind === 'unauthorized'}
        />
      </label>
      <p id="sign-in-problem" class="problem" role="alert">
        {problem !== undefined && wordsFor(problem)}
      </p>
      <button type="submit" class="primary" aria-disabled={isBusy}>
        {isBusy ? 'Signing in…' : 'Sign in'}
      </button>
      <p class="hint">
        Users are made with <code>npx sluice user add NAME --role dashboard</code>
      </p>
    </form>
  )
}
