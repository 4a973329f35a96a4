import { showThrown } from './reasons.ts'

/** Why the user's code made nothing for an item: names, types and places in code, never contents. */
export type Reason = { reason: string }

/**
 * Runs the user's code. An error becomes a reason, and so does a promise, whose rejection must not end the process. A
 * zod schema with a check that throws returns a promise too: zod takes any throw for a sign of an asynchronous check.
 */
export function call<T>(name: string, code: () => T): { value: Awaited<T> } | Reason {
  try {
    const value = code()
    if (!isThenable(value)) return { value: value as Awaited<T> }
    Promise.resolve(value).catch(() => {})
    return { reason: `${name} returned a promise; it must be synchronous and not throw` }
  } catch (error) {
    return { reason: `${name} ${showThrown(error)}` }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
