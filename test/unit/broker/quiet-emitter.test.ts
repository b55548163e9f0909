import { describe, expect, test } from '@jest/globals'
import { createQuietEmitter } from '../../../broker/quiet-emitter.ts'

/** More than the stack is deep, were each delivered from within the end of the one before. */
const MANY = 50_000

describe('what waits for a subscriber that is slow', () => {
  test('is delivered in its order once it may go on, however much it is', () => {
    const emitter = createQuietEmitter(1)
    let goOn: (() => void) | undefined
    emitter.on('slow', (_message, done) => {
      goOn = done
    })
    const heard: unknown[] = []
    emitter.on('quick', ({ number }, done) => {
      heard.push(number)
      done()
    })
    emitter.emit({ topic: 'slow' })
    for (let number = 0; number < MANY; number++) emitter.emit({ topic: 'quick', number })
    expect(heard).toEqual([])
    goOn?.()
    expect(heard).toEqual(Array.from({ length: MANY }, (_, number) => number))
  })

  test('is not overtaken by what a listener emits meanwhile', () => {
    const emitter = createQuietEmitter(1)
    let goOn: (() => void) | undefined
    emitter.on('slow', (_message, done) => {
      goOn = done
    })
    const heard: unknown[] = []
    emitter.on('quick', ({ name }, done) => {
      heard.push(name)
      if (name === 'first') emitter.emit({ topic: 'quick', name: 'emitted by the first' })
      done()
    })
    emitter.emit({ topic: 'slow' })
    for (const name of ['first', 'second']) emitter.emit({ topic: 'quick', name })
    goOn?.()
    expect(heard).toEqual(['first', 'second', 'emitted by the first'])
  })

  test('is delivered although a listener threw before', () => {
    const emitter = createQuietEmitter(10)
    const heard: unknown[] = []
    emitter.on('quick', ({ name }, done) => {
      if (name === 'bad') throw new Error('of the listener')
      heard.push(name)
      done()
    })
    expect(() => emitter.emit({ topic: 'quick', name: 'bad' })).toThrow('of the listener')
    emitter.emit({ topic: 'quick', name: 'good' })
    expect(heard).toEqual(['good'])
  })
})
