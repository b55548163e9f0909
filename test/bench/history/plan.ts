import pg from 'pg'

const EXPLAIN = `
  LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on;
  SET auto_explain.log_buffers = on; SET auto_explain.log_level = 'notice'; SET client_min_messages = 'notice'`

/** The plans of all statements that `work` runs, as they ran: EXPLAIN (ANALYZE, BUFFERS) of each. */
export const plansOf = async (
  url: string,
  work: (client: pg.Client) => Promise<unknown>,
): Promise<string> => {
  const client = new pg.Client({ connectionString: url })
  const plans: string[] = []
  client.on('notice', ({ message }) => plans.push(message ?? ''))
  await client.connect()
  try {
    await client.query(EXPLAIN)
    await work(client)
  } finally {
    await client.end()
  }
  return plans.join('\n')
}
