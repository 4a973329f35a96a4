import { trustedMs } from './fencing.ts'
import { type Mode, otherTable, type Switch, type SwitchTask } from './switch-row.ts'

/** One change of a switch. `at`: now, ms since the epoch. */
export type Step =
  | { step: 'close'; at: number; task: SwitchTask; run: string; by?: string; why?: string }
  | { step: 'seal'; at: number; until: number }
  | { step: 'hold aliases'; at: number; aliasUntil: number }
  | { step: 'release aliases'; at: number }
  | { step: 'commit'; at: number }
  | { step: 'undo'; at: number }

/** Every legal step, with the mode that it needs, the mode that it leads to, and its reason. */
export const switchSteps: readonly [step: Step['step'], from: Mode, to: Mode, because: string][] = [
  ['close', 'open', 'closed', 'applications must stop writing before the other table becomes the active one'],
  ['seal', 'closed', 'closed', 'everybody has to know which changes are the last ones'],
  ['hold aliases', 'closed', 'closed', 'a request is about to move aliases of the search index'],
  ['hold aliases', 'open', 'open', 'a request is about to move aliases back to where the switch is open'],
  ['release aliases', 'open', 'open', 'nothing can move them any more, and they name the index of the active table'],
  ['commit', 'closed', 'open', 'the other table holds everything, and is the active one from now on'],
  ['undo', 'closed', 'open', 'it did not work out; the active table stays the active one'],
]

/** Clocks of applications, of Segue and of DynamoDB differ by so much at most, ms. */
export const clockSlackMs = 5_000

/**
 * From when on no write that follows a switch can land, ms after it is known to be closed. At least twice the time for which
 * live changes believe what they have read of it: {@link Switch.until} must be known that long before it comes.
 */
export function closingMs({ maxAgeSeconds, writeSeconds }: Pick<Switch, 'maxAgeSeconds' | 'writeSeconds'>): number {
  return Math.max((maxAgeSeconds + writeSeconds) * 1000, 2 * trustedMs) + clockSlackMs
}

/** Why a step may not be taken, as the end of a sentence; `undefined` if it may. */
export function whyNot(row: Switch, step: Step): string | undefined {
  if (!switchSteps.some(([name, from]) => name === step.step && from === row.mode)) return `it is ${row.mode}`
  switch (step.step) {
    case 'close':
    case 'undo':
      return undefined
    case 'seal':
      if (step.until < step.at + closingMs(row)) return `writes that follow it may land after ${iso(step.until)}`
      return row.until !== undefined && step.until < row.until ? 'its end only moves to a later time' : undefined
    case 'hold aliases':
    case 'release aliases':
      return row.aliasUntil !== undefined && step.at <= row.aliasUntil
        ? `an earlier request may move aliases until ${iso(row.aliasUntil)}`
        : undefined
    case 'commit':
      if (row.until === undefined) return 'it is not sealed'
      return step.at <= row.until ? `writes that follow it may land until ${iso(row.until)}` : undefined
  }
}

/** The switch after a step that may be taken. */
export function afterStep(row: Switch, step: Step): Switch {
  const generation = row.generation + 1
  switch (step.step) {
    case 'close': {
      const { step: _, at, ...asked } = step
      return { ...row, ...asked, mode: 'closed', closedAt: at, generation }
    }
    case 'seal':
      return { ...row, until: step.until, generation }
    case 'hold aliases':
      return { ...row, aliasUntil: step.aliasUntil, generation }
    case 'release aliases': {
      const { aliasUntil: _, ...released } = row
      return { ...released, generation }
    }
    case 'commit': {
      const { appliedUntil: _, ...open } = opened(row)
      // Nothing of the table that is left was applied to the one that a rollback goes back to.
      const applied = row.task === 'cutover' && row.until !== undefined && { appliedUntil: row.until }
      return { ...open, ...applied, table: otherTable(row), switchedAt: step.at, generation }
    }
    case 'undo':
      return { ...opened(row), generation }
  }
}

function opened({ task: _t, run: _r, closedAt: _c, by: _b, why: _w, until: _u, ...row }: Switch): Switch {
  return { ...row, mode: 'open' }
}

const iso = (ms: number) => new Date(ms).toISOString()
