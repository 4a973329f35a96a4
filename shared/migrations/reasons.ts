import type { Issue } from './standard-schema.ts'

/**
 * The words of quarantine reasons. Their readers may not be allowed to see the data, and equal reasons are grouped. So
 * reasons hold names of attributes, types and places in code, and never values, messages or list positions.
 */

/**
 * `at lines[].price`. A segment that does not resemble an attribute name may be data, such as a key of a map by e-mail
 * address: it becomes `*`.
 */
export function showPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'at the item'
  return `at \`${path.map(showSegment).join('').replace(/^\./, '')}\``
}

function showSegment(segment: PropertyKey): string {
  if (typeof segment === 'number') return '[]'
  return typeof segment === 'string' && /^[A-Za-z_$][\w$]{0,63}$/.test(segment) ? `.${segment}` : '.*'
}

/**
 * The first issue of a schema, and the number of further ones. Messages of schema libraries quote values, so only the
 * code or the expected type is shown.
 */
export function showIssues(issues: readonly Issue[]): string {
  const [first, ...more] = issues
  const path = (first?.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
  const { code, expected } = (first ?? {}) as { code?: unknown; expected?: unknown }
  const what = isWord(expected) ? `expected ${expected}` : isWord(code) ? code : 'invalid'
  return `${showPath(path)}: ${what}${more.length > 0 ? ` (and ${more.length} more)` : ''}`
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z_]{1,40}$/i.test(value)
}

/** `threw RangeError at migrations.ts:42`: the class and the place, without the message. */
export function showThrown(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'threw something that is not an Error'
    const place = firstFrame(error)
    return `threw ${isWord(error.name) ? error.name : 'an Error'}${place ? ` at ${place}` : ''}`
  } catch {
    return 'threw something that cannot be inspected'
  }
}

/**
 * The stack repeats the message above its frames. If the message is not found there, nothing in the stack can be
 * trusted.
 */
function firstFrame({ stack, message }: Error): string | undefined {
  if (typeof stack !== 'string') return undefined
  const start = stack.indexOf(message)
  if (start < 0) return undefined
  const frame = /^\s+at .*?([^/\\(\s]+:\d+):\d+\)?$/m.exec(stack.slice(start + message.length))
  return frame?.[1]
}
