/** Masks secrets in text that will be printed. Works on any text, whole log lines included. */

/** What stands in a secret's place. */
export const MASK = '***'

// Greedy up to the last @ before the path: a password may hold a bare @. No double quotes or blanks, so that a
// match never leaves the JSON string or the word it began in (`loadConfig` refuses URLs that hold any).
const URL_PASSWORD = /(:\/\/[^\s"/:@]*):[^\s"/]*@/g
const URL_PARAMETER = /([?&](?:api_?key|(?:sentinel)?password|token|secret)=)[^\s"&#]*/gi

/** `text` with the passwords of all URLs in it, and secret query parameters, masked. */
export const redactUrl = (text: string): string =>
  text.replace(URL_PASSWORD, `$1:${MASK}@`).replace(URL_PARAMETER, `$1${MASK}`)
