/** Text from a table or a service with its control characters spelt out, so that it cannot drive the terminal it is shown on. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)
}

/**
 * A reason on one line. What Lambda says of a thrown error is JSON, often cut short, of which the message is what people
 * want; what stands before and after it, as which chunk it was and what to do, stays.
 */
export function sentence(reason: string): string {
  const { index = 0, groups } = reason.match(/\{[^{}]*"errorMessage":\s*(?<quoted>"(?:[^"\\]|\\.)*")/) ?? {}
  const text = groups?.quoted
    ? reason.slice(0, index) + (JSON.parse(groups.quoted) as string) + reason.slice(objectEnd(reason, index))
    : reason
  return printable(text.replace(/\s+/g, ' ').trim())
}

/** Just after the JSON object that begins at `from`; the end of the text where the object was cut short. */
function objectEnd(text: string, from: number): number {
  let depth = 0
  for (const { 0: token, index } of text.slice(from).matchAll(/"(?:[^"\\]|\\.)*"?|[{}]/g)) {
    if (token === '{') depth++
    else if (token === '}' && --depth === 0) return from + index + 1
  }
  return text.length
}
