import { useDashboard } from '../context.ts'
import { CommandLine } from './command-line.tsx'
import { publishCommand } from './publish-command.ts'

/** What to do while there is no device. */
export const EmptyList = () => {
  const { health, session } = useDashboard()
  const told = health.value
  const needsCredentials = session.state.value.kind !== 'open'
  const command = told && publishCommand({ health: told, hostname: location.hostname, needsCredentials })
  return (
    <section class="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">No device yet</h2>
      <p>A device appears here with the first thing it sends. Try it in a terminal:</p>
      {needsCredentials && <CommandLine text="npx sluice device add my-board" />}
      {command === undefined ? (
        <p class="hint">Asking where the broker listens…</p>
      ) : (
        <CommandLine text={command.text} />
      )}
      {needsCredentials && (
        <p class="hint">
          The first line makes the credential of a board and shows its secret once: put it in for SECRET.
        </p>
      )}
      {command?.tlsPort !== undefined && (
        <p class="hint">
          Over TLS: <code>-p {command.tlsPort} --cafile ca.crt</code>
        </p>
      )}
      {command !== undefined && (
        <>
          <p>Or let a hundred simulated boards send, one reading a second each, from the folder of Sluice:</p>
          {needsCredentials && <CommandLine text="npx sluice user add sim --role bridge" />}
          <CommandLine text={command.simulate} />
        </>
      )}
    </section>
  )
}
