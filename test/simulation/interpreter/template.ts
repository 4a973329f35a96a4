import { UnknownToInterpreter } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import { type Scope, valueAt } from './paths.ts'

/** Where random ids come from. */
export type Uuid = () => string

/** A payload template filled in: members ending in `.$` hold a path or an intrinsic function, all others stand for themselves. */
export function fill(template: Json, scope: Scope, uuid: Uuid): Json {
  if (Array.isArray(template)) return template.map((each) => fill(each, scope, uuid))
  if (typeof template !== 'object' || template === null) return template
  const filled: JsonObject = {}
  for (const [member, value] of Object.entries(template)) {
    if (!member.endsWith('.$')) filled[member] = fill(value, scope, uuid)
    else if (typeof value === 'string') filled[member.slice(0, -2)] = evaluate(value, scope, uuid)
    else throw new UnknownToInterpreter(`a ${member} that is no text`)
  }
  return filled
}

function evaluate(expression: string, scope: Scope, uuid: Uuid): Json {
  if (expression.startsWith('$')) return valueAt(expression, scope)
  const [, name = '', list = ''] = /^States\.(\w+)\((.*)\)$/s.exec(expression) ?? []
  const values = argumentsOf(list).map((each) => argument(each, scope))
  switch (name) {
    case 'Format':
      return format(values)
    case 'MathAdd':
      return (values[0] as number) + (values[1] as number)
    case 'UUID':
      return uuid()
    default:
      throw new UnknownToInterpreter(`the expression ${expression}`)
  }
}

/** Arguments are separated by commas outside of quotes; no intrinsic function is nested in another. */
function argumentsOf(list: string): string[] {
  return (list.match(/'(?:[^'\\]|\\.)*'|[^,]+/g) ?? []).map((each) => each.trim()).filter((each) => each !== '')
}

function argument(text: string, scope: Scope): Json {
  if (text.startsWith("'")) return text.slice(1, -1)
  if (text.startsWith('$')) return valueAt(text, scope)
  if (/^-?\d+$/.test(text)) return Number(text)
  throw new UnknownToInterpreter(`the argument ${text}`)
}

function format([template, ...values]: Json[]): string {
  const left = [...values]
  const text = (template as string).replaceAll('{}', () => String(left.shift()))
  if (left.length > 0) throw new Error(`States.Format has ${left.length} arguments more than places`)
  return text
}
