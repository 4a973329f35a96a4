import { UnknownToInterpreter } from './errors.ts'
import type { Json, JsonObject } from './json.ts'

/** What a state can refer to: its input as `$` and the context object as `$$`. */
export interface Scope {
  input: Json
  context: JsonObject
}

const PATH = /^\$\$?(?:\.[A-Za-z_]\w*)*$/

/** The value at a reference path: `$`, `$.a.b`, `$$.a.b`; indexes and filters are not used. */
export function valueAt(path: string, { input, context }: Scope): Json {
  if (!PATH.test(path)) throw new UnknownToInterpreter(`the path ${path}`)
  const [root, ...members] = path.split('.')
  let value: Json | undefined = root === '$$' ? context : input
  for (const member of members) {
    const object: Json = value
    if (typeof object !== 'object' || object === null || Array.isArray(object) || !(member in object))
      throw new Error(`The path ${path} leads nowhere in ${JSON.stringify(input).slice(0, 300)}`)
    value = object[member]!
  }
  return value
}

/** `input` with the result at `path`: `$` replaces all, `null` discards, `$.a` adds or replaces one member. */
export function withResult(input: Json, path: string | null | undefined, result: Json): Json {
  if (path === null) return input
  if (path === undefined || path === '$') return result
  if (!/^\$\.[A-Za-z_]\w*$/.test(path)) throw new UnknownToInterpreter(`the ResultPath ${path}`)
  return { ...(input as JsonObject), [path.slice(2)]: result }
}
