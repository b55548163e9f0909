import { useDashboard } from '../context.ts'

/** How Sluice itself is doing. */
export const SystemView = () => {
  const { health } = useDashboard()
  const parts = Object.entries(health.value?.parts ?? {})
  return (
    <>
      <h1>System</h1>
      <table>
        <tbody>
          {parts.map(([name, { ok, message }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{ok ? 'well' : 'not well'}</td>
              <td>{message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
