import { useEffect, useState } from 'preact/hooks'

const SHOWN_MS = 2_000

/** Without HTTPS there is no clipboard API off this machine; selecting and copying works there too. */
const copy = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}

/** A line for a terminal, with a button that copies it. */
export const CommandLine = ({ text }: { readonly text: string }) => {
  const [copied, setCopied] = useState<boolean>()
  useEffect(() => {
    if (copied === undefined) return
    const timer = setTimeout(() => setCopied(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])
  // Each with its value: lines are broken between them, never behind the hyphen of one.
  const [command, ...options] = text.split(/ (?=-)/)
  const word = copied === undefined ? 'Copy' : copied ? 'Copied' : 'Select it by hand'
  return (
    <div class="command">
      <pre>
        {command}
        {options.map((option) => [' ', <span key={option}>{option}</span>])}
      </pre>
      <button type="button" onClick={async () => setCopied(await copy(text))}>
        <span aria-live="polite">{word}</span>
      </button>
    </div>
  )
}
