import { optionsErrors } from '../config/errors.ts'
import { dynamoDbErrors } from '../dynamodb/errors.ts'
import { ledgerErrors } from '../ledger/errors.ts'
import { migrationErrors } from '../migrations/errors.ts'
import { type ErrorTable, SegueError } from '../runtime/error.ts'

/** Codes of {@link Refusal}. */
export type RefusalCode =
  | 'same-table'
  | 'schema-mismatch'
  | 'multi-region-strong'
  | 'destination-not-empty'
  | 'table-not-ready'
  | 'slice-too-short'
  | 'time-to-live-on'
  | 'checklist-not-ticked'
  | 'run-in-progress'
  | 'ledger-in-use'
  | 'other-ledger'
  | 'execution-ended'
  | 'nothing-to-resume'
  | 'nothing-to-verify'
  | 'not-covered'
  | 'no-stream'
  | 'stream-changed'
  | 'code-changed'
  | 'table-replaced'
  | 'told-to-stop'
  | 'changes-lost'
  | 'key-used'
  | 'run-unfinished'
  | 'no-definitions'

const refusalErrors: ErrorTable<RefusalCode> = {
  'same-table': {
    means: 'Source and destination are the same table.',
    next: 'Name two tables in the options and deploy again.',
  },
  'schema-mismatch': {
    means: 'Source and destination have different key schemas.',
    next: 'Create the destination with the key schema of the source.',
  },
  'multi-region-strong': {
    means:
      'The destination is a global table with multi-Region strong consistency (MRSC), which takes no transactions.',
    next: 'Create the destination in one Region, or with multi-Region eventual consistency.',
  },
  'destination-not-empty': {
    means: 'The destination holds items, and a new run begins only in an empty table.',
    next: 'Continue a halted run with `segue run --resume`. To begin anew, turn live changes off (`segue capture off`), empty the table and start again.',
  },
  'table-not-ready': {
    means: 'One of the tables is being created or deleted.',
    next: 'Wait until it is ACTIVE and start again.',
  },
  'slice-too-short': {
    means: 'Reading a small page takes so long that slices could not stop in time.',
    next: 'Raise `sliceSeconds` to what the message says and deploy again.',
  },
  'time-to-live-on': {
    means: 'Time to live is on at the destination: it would delete items while they are migrated and verified.',
    next: 'Turn it off (`aws dynamodb update-time-to-live`) until the run has finished. One such change an hour is taken.',
  },
  'checklist-not-ticked': {
    means: 'The options name a checklist, and whoever began the run did not say that it is done.',
    next: 'Go through it, then start with `segue run --ticked`.',
  },
  'run-in-progress': {
    means: 'Another execution owns the destination: at most one run works on a table.',
    next: 'Wait for it (`segue watch`); or stop that execution and continue with `segue run --resume`.',
  },
  'ledger-in-use': {
    means: 'Another stack uses this ledger, and one stack at a time does.',
    next: 'Destroy the stack that the message names, or deploy it with another ledger; then start again.',
  },
  'other-ledger': {
    means:
      'The source was filled by a run of another ledger, which alone knows the migrations that its data has been through.',
    next: 'Hand the ledger that the message names to the construct (`ledger`) and deploy. If the data has been through none, remove the tag `segue:ledger` from the table.',
  },
  'execution-ended': {
    means: 'The request to begin came late: its execution has ended.',
    next: 'Start another execution.',
  },
  'nothing-to-resume': {
    means: 'There is no unfinished run into this destination.',
    next: 'Start a run without `--resume`; verify a finished one with `segue verify`.',
  },
  'nothing-to-verify': {
    means: 'There is no finished run to verify, or no ended verification to repair by.',
    next: 'See where the last run stands (`segue status`). Before a repair, run `segue verify`.',
  },
  'not-covered': {
    means: 'The ledger rows of the copied chunks have expired, 60 days after they were written.',
    next: 'Turn live changes off (`segue capture off`), empty the destination and start a new run.',
  },
  'no-stream': {
    means:
      'Changes made during the copy would be lost: the source has no stream with both images, or the deployment does not know it.',
    next: 'Enable the stream (NEW_AND_OLD_IMAGES) and deploy with its ARN. If nothing changes the table meanwhile: `segue run --offline`.',
  },
  'stream-changed': {
    means: 'The stream was turned off and on again, so it is another one than the deployment or the run knows.',
    next: 'Deploy with the ARN it has now. A run that captured from the old stream cannot be resumed: empty the destination and start anew.',
  },
  'code-changed': {
    means: 'The run was begun with other migrations than are deployed now.',
    next: 'Deploy those it was begun with. Or turn live changes off (`segue capture off`), empty the destination and start anew.',
  },
  'changes-lost': {
    means:
      'Live changes were off or stopped for 23 hours or more; the stream keeps them for 24, so some would be lost.',
    next: 'Turn live changes off (`segue capture off`), empty the destination and start anew.',
  },
  'key-used': {
    means: "A pipeline's key has begun a run before, and one begins one run.",
    next: 'See that run with `segue status`; for another run use another key.',
  },
  'run-unfinished': {
    means: 'The last run into the destination is unfinished, and a new key would begin another one.',
    next: 'Continue it with its own key or `segue resume`; or abort it and empty the destination.',
  },
  'no-definitions': {
    means: 'This deployment has no index definitions, so there is no index to build.',
    next: 'Give the construct a module of them (`search`) and deploy.',
  },
  'told-to-stop': {
    means:
      'The run was paused or aborted by an operator, and an execution that was started otherwise does not undo that.',
    next: 'Continue it with `segue run --resume`.',
  },
  'table-replaced': {
    means:
      'The source or the destination was deleted and made anew since the run began: its checkpoints say nothing about it.',
    next: 'Turn live changes off (`segue capture off`), empty the destination and start without `--resume`.',
  },
}

/** A run must not begin. Nothing was written when this is thrown. */
export class Refusal extends SegueError {
  static override readonly kind = 'Refusal'
  declare readonly code: RefusalCode

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(code, message, { source: 'user', ...refusalErrors[code] }, options)
  }
}

/** The reasons for which Preflight and Lease refuse a run: in the request, the tables or the deployment. */
export const refusals = {
  ...refusalErrors,
  'invalid-options': optionsErrors['invalid-options'],
  'migrations-module': migrationErrors['migrations-module'],
  'table-not-found': dynamoDbErrors['table-not-found'],
  'other-format': ledgerErrors['other-format'],
  'access-denied': dynamoDbErrors['access-denied'],
  'invalid-request': dynamoDbErrors['invalid-request'],
} satisfies ErrorTable

export type RefusedCode = keyof typeof refusals

/** An expected refusal as the state machine sees it: `error` and `cause` become those of the failed execution. */
export interface Refused {
  outcome: 'refused'
  error: RefusedCode
  cause: string
}

/** Returns an error of {@link refusals} as a value; throws every other error, so that it is retried. */
export async function orRefused<T>(work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work()
  } catch (error) {
    if (!SegueError.is(error) || error.retryable || !isRefused(error.code)) throw error
    return { outcome: 'refused', error: error.code, cause: error.message }
  }
}

function isRefused(code: string): code is RefusedCode {
  return Object.hasOwn(refusals, code)
}
