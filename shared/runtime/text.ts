/** Escapes control characters in text from a table or a service, so that it cannot drive the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)
}

/**
 * A reason on one line. Lambda reports a thrown error as JSON, often truncated: only its message is kept, with the text
 * before and after the JSON, such as the chunk and the advice.
 */
export function sentence(reason: string): string {
  const { index = 0, groups } = reason.match(/\{[^{}]*"errorMessage":\s*(?<quoted>"(?:[^"\\]|\\.)*")/) ?? {}
  const text = groups?.quoted
    ? reason.slice(0, index) + (JSON.parse(groups.quoted) as string) + reason.slice(objectEnd(reason, index))
    : reason
  return printable(text.replace(/\s+/g, ' ').trim())
}

/** Index after the JSON object that begins at `from`; the end of the text if the object is truncated. */
function objectEnd(text: string, from: number): number {
  let depth = 0
  for (const { 0: token, index } of text.slice(from).matchAll(/"(?:[^"\\]|\\.)*"?|[{}]/g)) {
    if (token === '{') depth++
    else if (token === '}' && --depth === 0) return from + index + 1
  }
  return text.length
}

/** `595,700`. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 chunk`, `1,200 chunks`; the plural is the singular with an s unless given. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** `54s`, `12m 3s`, `2h 14m`, `3d 4h`: the two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [d, h, m, s] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ]
  if (d > 0) return `${d}d ${h}h`
  if (h > 0) return `${h}h ${m}m`
  return m > 0 ? `${m}m ${s}s` : `${s}s`
}
