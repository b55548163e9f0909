/**
 * Sends recorded exchanges in their order to a running Sluice and tells what is otherwise than recorded
 * and not in the table of intended differences. Ids and file names that the server gives are carried over.
 */
import { BETWEEN, type Between, FACE_ANSWERS } from '../fixtures/legacy/between.ts'
import { type EventSocket, openEventSocket } from './event-socket.ts'
import { eventually } from './eventually.ts'
import { ADDED_WITH_STATUS, type FaceService, PERMITTED } from './face-service.ts'
import { type Exchange, exchange } from './http-exchange.ts'
import { loadSocketRecordings, type Recording } from './recordings.ts'
import { type Answer, answerOf, differencesOf, eventDifferencesOf } from './replay-answer.ts'
import type { Difference } from './replay-diff.ts'
import { createEventTap } from './replay-events.ts'
import { createNames } from './replay-names.ts'
import { createSender, type Sender } from './replay-sender.ts'
import { type Amended, explain, type Intended, isOn, lookIn, tell } from './replay-table.ts'

export interface Target {
  /** Origin of the Sluice. */
  readonly http: string
  readonly face?: FaceService
}

export interface Table {
  readonly intended: readonly Intended[]
  readonly amended: readonly Amended[]
}

export interface Replayed {
  /** One line for each difference that the table does not hold. */
  readonly unexplained: readonly string[]
  /** Lines of the table that no exchange needed. */
  readonly dead: readonly string[]
}

/** Lines about one exchange; a list in another order has hundreds. */
const MAX_TOLD = 5

const recordedEventsOf = (name: string): Pick<Recording, 'wsEvents' | 'volatile'> => {
  const told = loadSocketRecordings().filter((one) => one.name.endsWith(` — ${name}`))
  const rooted = (path: string, index: number) => path.replace('$.message', `$.wsEvents[${index}]`)
  return {
    wsEvents: told.map(({ message }) => message),
    volatile: told.flatMap((one, index) => one.volatile.map((path) => rooted(path, index))),
  }
}

/** Keeps what the table explained, and what it did not. */
const createJudge = (table: Table) => {
  const used = new Set<object>()
  const unexplained: string[] = []
  return {
    say: (line: string): void => void unexplained.push(line),
    amend: (recording: Recording): Recording => {
      const lines = table.amended.filter(({ on }) => isOn(on, recording.name))
      for (const line of lines) used.add(line)
      return lines.reduce((before, { amend }) => amend(before), recording)
    },
    take: (name: string, answer: Answer, found: readonly Difference[]): void => {
      const result = explain(table.intended, { name, found, look: lookIn(answer) })
      for (const line of result.used) used.add(line)
      const lines = result.unexplained.map((difference) => tell(name, difference))
      unexplained.push(...lines.slice(0, MAX_TOLD))
      if (lines.length > MAX_TOLD) unexplained.push(`${name} | and ${lines.length - MAX_TOLD} more`)
    },
    result: (): Replayed => {
      const lines = [...table.intended, ...table.amended].filter((line) => !used.has(line))
      return { unexplained, dead: lines.map((line) => `${line.on} | ${'at' in line ? line.at : 'amended'}`) }
    },
  }
}

const await500 = (url: string): Promise<unknown> =>
  eventually(async () => ((await exchange(url)).json as { count: number }).count === 500)

/** Sends what must have come between two recorded exchanges; the answers in the order of its requests. */
const sendStep = async (
  { http }: Target,
  { send, sendTogether }: Sender,
  { requests, together, until }: Between,
): Promise<readonly Exchange[]> => {
  const answers = together ? [...(await sendTogether(requests))] : []
  if (!together) for (const request of requests) answers.push(await send(request))
  if (until !== undefined) await await500(`${http}${until}`)
  return answers
}

const setFace = ({ face }: Target, name: string): void => {
  if (face === undefined) return
  face.answers.recognize = FACE_ANSWERS[name]?.recognize ?? PERMITTED
  face.answers.addFace = FACE_ANSWERS[name]?.addFace ?? ADDED_WITH_STATUS
}

const createReplayer = (target: Target, socket: EventSocket, table: Table) => {
  const names = createNames()
  const sender = createSender(target.http, names)
  const eventsOf = createEventTap(target.http, socket)
  const judge = createJudge(table)

  const runRecorded = async (original: Recording): Promise<void> => {
    const recording = judge.amend(original)
    const { name, request, response, wsEvents } = recording
    setFace(target, name)
    const answered = await sender.send(request)
    const answer = answerOf(answered, await eventsOf(request))
    names.learn({ body: response.body, events: wsEvents }, answer)
    judge.take(name, answer, differencesOf(recording, answer, names.now))
  }

  const runBetween = async (step: Between): Promise<void> => {
    const { name, requests, status = 200, names: named } = step
    setFace(target, name)
    const answers = await sendStep(target, sender, step)
    const [answered] = answers
    const [request] = requests
    if (answered === undefined || request === undefined) throw new Error(`nothing is sent in ${name}`)
    const wrong = answers.find((one) => one.status !== status)
    if (wrong !== undefined) judge.say(`${name} | status | expected ${status} | ours ${wrong.status}`)
    const events = await eventsOf(request)
    if (named !== undefined) names.name(named, String((answered.json as { id?: unknown }).id))
    const recording = { name, mode: '', request, response: {}, ...recordedEventsOf(name) }
    if (recording.wsEvents?.length === 0) return
    names.learn({ events: recording.wsEvents }, { events })
    judge.take(name, answerOf(answered, events), eventDifferencesOf(recording, events, names.now))
  }

  return { runRecorded, runBetween, result: judge.result, close: sender.close }
}

/** Sends them all, one after the other, and what must have come between them. */
export const replay = async (
  recordings: readonly Recording[],
  target: Target,
  table: Table,
): Promise<Replayed> => {
  const socket = await openEventSocket(`${target.http.replace('http', 'ws')}/`)
  const replayer = createReplayer(target, socket, table)
  try {
    for (const recording of recordings) {
      for (const step of BETWEEN) if (step.before === recording.name) await replayer.runBetween(step)
      await replayer.runRecorded(recording)
    }
    return replayer.result()
  } finally {
    replayer.close()
    await socket.close()
  }
}
