import { createHash } from 'node:crypto'
import { canonical } from './canonical.ts'
import { step, type Unit } from './unit.ts'

/** One who acts: its units in order, each real code. `end`: as the store is, there is nothing to do. */
export interface Actor<S> {
  name: string
  unit(index: number, store: S): Unit<S> | 'end'
  /** Whether it may begin its next unit. */
  may?(state: State<S>): boolean
  /** Whether at any time it may be taken for dead: it starts again from its first unit, and its late twin goes on by itself. */
  mayFork?: boolean
  /** Whether all its units are the same: it is then never further than at its first one. */
  repeats?: boolean
}

/** Where an actor stands: which unit, and the answers its port calls have had in it. */
export interface Position {
  unit: number
  history: unknown[]
}

export interface State<S> {
  store: S
  at: { [actor: string]: Position }
  /** Late twins. */
  late: { actor: string; position: Position }[]
}

export interface Explored {
  states: number
  ends: number
  /** The first state that is wrong at an end, and the steps that lead to it. */
  counterexample?: { wrong: string; steps: string[] }
}

/**
 * Every interleaving of the actors' port calls, depth first, each state once. Source of the method: explicit-state model
 * checking, as in Holzmann, "The Spin Model Checker", 2004.
 * @param mostStates a run that is larger is a mistake of the scenario: it throws.
 */
export async function explore<S>(
  start: S,
  actors: Actor<S>[],
  forks: number,
  wrong: (store: S) => string | undefined,
  mostStates = 400_000,
): Promise<Explored> {
  const byName = new Map(actors.map((actor) => [actor.name, actor]))
  const at = Object.fromEntries(actors.map(({ name }) => [name, { unit: 0, history: [] }]))
  const stack: { state: State<S>; steps: Steps | undefined }[] = [
    { state: { store: start, at, late: [] }, steps: undefined },
  ]
  const seen = new Set<string>()
  let ends = 0
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { state, steps } = top
    const id = createHash('sha1').update(canonical(state)).digest('base64')
    if (seen.has(id)) continue
    seen.add(id)
    if (seen.size > mostStates) throw new Error(`Expected at most ${mostStates} states`)
    if (isEnd(state, actors)) {
      ends++
      const problem = wrong(state.store)
      if (problem) return { states: seen.size, ends, counterexample: { wrong: problem, steps: unwind(steps) } }
    }
    for (const actor of actors) for (const next of await moves(state, actor)) push(actor.name, next)
    for (let i = 0; i < state.late.length; i++)
      for (const next of await lateMoves(state, i)) push(`late ${state.late[i]?.actor}`, next)
    for (const actor of actors) if (actor.mayFork && state.late.length < forks) fork(actor, state)

    function push(name: string, next: State<S>): void {
      stack.push({ state: next, steps: { name, before: steps } })
    }
    function fork(actor: Actor<S>, { store, at, late }: State<S>): void {
      const position = at[actor.name] as Position
      if (position.unit === 0 && position.history.length === 0) return
      const again = { ...at, [actor.name]: { unit: 0, history: [] } }
      push(`fork ${actor.name}`, { store, at: again, late: [...late, { actor: actor.name, position }] })
    }
  }
  return { states: seen.size, ends }

  async function moves(state: State<S>, actor: Actor<S>): Promise<State<S>[]> {
    const position = state.at[actor.name] as Position
    if (position.history.length === 0 && actor.may && !actor.may(state)) return []
    const unit = actor.unit(position.unit, state.store)
    if (typeof unit === 'string') return []
    return (await step(unit, position.history, state.store)).map(({ store, history }) => {
      const after = actor.repeats ? 0 : position.unit + 1
      const next = history ? { unit: position.unit, history } : { unit: after, history: [] }
      return { ...state, store, at: { ...state.at, [actor.name]: next } }
    })
  }

  /** A late twin ends its unit and is gone. */
  async function lateMoves(state: State<S>, index: number): Promise<State<S>[]> {
    const { actor, position } = state.late[index] as State<S>['late'][number]
    const unit = byName.get(actor)?.unit(position.unit, state.store)
    if (!unit || typeof unit === 'string') return []
    return (await step(unit, position.history, state.store)).map(({ store, history }) => {
      const late = state.late.with(index, {
        actor,
        position: { unit: history ? position.unit : Number.MAX_SAFE_INTEGER, history: history ?? [] },
      })
      return { ...state, store, late }
    })
  }
}

interface Steps {
  name: string
  before: Steps | undefined
}

function unwind(steps: Steps | undefined): string[] {
  const names: string[] = []
  for (let each = steps; each; each = each.before) names.unshift(each.name)
  return names
}

function isEnd<S>(state: State<S>, actors: Actor<S>[]): boolean {
  return actors.every((actor) => {
    const position = state.at[actor.name] as Position
    if (position.history.length > 0) return false
    return actor.unit(position.unit, state.store) === 'end'
  })
}
