import { describe, expect, test } from '@jest/globals'
import { readAuthorization, readLogin } from '../../../../../src/facade/http/login.ts'

const encoded = (text: string): string => Buffer.from(text).toString('base64')

describe('an Authorization header', () => {
  test.each([
    ['Basic', `Basic ${encoded('me:pw')}`, { kind: 'secret', name: 'me', secret: 'pw' }],
    [
      'basic in another letter case',
      `bAsIc ${encoded('me:pw')}`,
      { kind: 'secret', name: 'me', secret: 'pw' },
    ],
    ['a secret with colons', `Basic ${encoded('me:p:w')}`, { kind: 'secret', name: 'me', secret: 'p:w' }],
    [
      'a name beyond ASCII',
      `Basic ${encoded('Büro 1:pw')}`,
      { kind: 'secret', name: 'Büro 1', secret: 'pw' },
    ],
    ['an empty secret', `Basic ${encoded('me:')}`, { kind: 'secret', name: 'me', secret: '' }],
    ['Bearer', 'Bearer a.b.c', { kind: 'token', token: 'a.b.c' }],
    ['no colon', `Basic ${encoded('me')}`, 'broken'],
    ['another scheme', 'Digest username="me"', 'broken'],
    ['a scheme alone', 'Basic', 'broken'],
    ['nothing', '', 'broken'],
    ['two tokens', 'Bearer a b', 'broken'],
    ['one that is too long', `Bearer ${'a'.repeat(8_192)}`, 'broken'],
  ])('with %s is read', (_name, header, login) => {
    expect(readAuthorization(header)).toEqual(login)
  })
})

describe('a request', () => {
  test.each([
    ['nothing', {}, '/api/v1/devices', 'none'],
    ['?token=', {}, '/ws?a=b&token=a.b%2Bc', { kind: 'token', token: 'a.b+c' }],
    ['?token= twice', {}, '/?token=a&token=b', 'broken'],
    ['an empty ?token=', {}, '/?token=', 'broken'],
    ['a ?token= that is too long', {}, `/?token=${'a'.repeat(8_193)}`, 'broken'],
    ['a field that ends in token', {}, '/?mytoken=a', 'none'],
    ['token in the path', {}, '/token', 'none'],
    [
      'both, of which the header wins',
      { authorization: 'Bearer h' },
      '/?token=q',
      { kind: 'token', token: 'h' },
    ],
    ['a broken header beside ?token=', { authorization: 'x' }, '/?token=q', 'broken'],
  ])('with %s says who sends it', (_name, headers, url, login) => {
    expect(readLogin(headers, url)).toEqual(login)
  })
})
