import { isEmpty } from '../../dynamodb/is-empty.ts'
import type { Table } from '../../dynamodb/ports.ts'
import { Refusal } from '../refusal.ts'
import type { Found } from './finding.ts'
import { begins, copies, isReady, probe } from './probe.ts'

const howToEmpty =
  'Start with `{"resume": true}` (`segue run --resume`) to resume a halted run; or turn live changes off (`segue capture off`) and empty the table.'

const holdsItems = (table: string) => `Table ${table} already holds items`

export const notEmpty = probe<{ empty: boolean }>({
  finds: 'a destination that holds items',
  asks: 'Scan of one item of the destination',
  blocks: 'unless resumed',
  clear: '`segue resume`; or `segue capture off`, and empty the table.',
  when: (about) => begins(about) && isReady(about.destination),
  ask: async ({ open, destination }) => ({ empty: await isEmpty(open(destination)) }),
  judge: ({ empty }, { destination }) =>
    empty
      ? []
      : [{ what: holdsItems(destination.name), blocks: true, clear: howToEmpty, error: 'destination-not-empty' }],
})

/** @throws Refusal `destination-not-empty`. */
export async function refuseUnlessEmpty(destination: Table): Promise<void> {
  if (await isEmpty(destination)) return
  throw new Refusal('destination-not-empty', `${holdsItems(destination.name)}. ${howToEmpty}`)
}

/** A page of this many items must take less than a sixth of a slice, or the slice could not stop in time. */
const probeItems = 25
const probeShare = 6

export const slowPages = probe<{ tookMs: number }>({
  finds: 'a source so slow that slices could not stop in time',
  asks: `Scan of ${probeItems} items of the source`,
  blocks: 'yes',
  clear: 'Raise `sliceSeconds` to what the finding says, and deploy again.',
  when: (about) => copies(about) && isReady(about.source),
  async ask({ open, source, runtime }) {
    const before = runtime.clock()
    await open(source).scan({ segment: 0, totalSegments: 1, limit: probeItems, consistent: true })
    return { tookMs: runtime.clock() - before }
  },
  judge: ({ tookMs }, { source, options }): Found[] =>
    tookMs * probeShare <= options.sliceSeconds * 1000
      ? []
      : [
          {
            what: `Reading ${probeItems} items of ${source.name} took ${tookMs} ms, too much for slices of ${options.sliceSeconds} s`,
            blocks: true,
            clear: `Raise \`sliceSeconds\` to at least ${Math.ceil((tookMs * probeShare) / 1000)} and deploy again.`,
            error: 'slice-too-short',
          },
        ],
})

export const checklist = probe({
  finds: 'a checklist that nobody ticked',
  asks: 'the options, the request',
  blocks: 'yes, for a new run',
  clear: 'Go through it, then `segue run --ticked`.',
  when: begins,
  ask: async () => ({}),
  judge: (_, { options, request }): Found[] =>
    options.checklist === undefined || request.ticked
      ? []
      : [
          {
            what: `The checklist ${options.checklist} is not ticked`,
            blocks: true,
            clear: 'Go through it, then start with `{"ticked": true}` (`segue run --ticked`).',
            error: 'checklist-not-ticked',
          },
        ],
})
