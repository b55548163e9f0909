/** Why a message could not be kept, in words for whoever built the board. */
const WORDS: { readonly [reason: string]: string } = {
  'bad-device-id': 'Not a device id',
  'wrong-device-id': 'Names another device than its topic',
  'too-large': 'Too large',
  'bad-encoding': 'Not UTF-8',
  'bad-json': 'Not JSON',
  'bad-shape': 'Not a reading',
  'too-many-readings': 'Too many readings at once',
  'bad-value': 'A value of the wrong kind',
  'too-many-custom': 'Too many values of its own',
  'not-a-jpeg': 'Not a JPEG',
  'too-small': 'Too small for a picture',
  'refused-by-postgres': 'Refused by the database',
}

export const reasonWords = (reason: string): string => WORDS[reason] ?? reason
