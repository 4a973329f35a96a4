import { cliErrors } from '../../cli/errors.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { localErrors } from '../../local/errors.ts'
import { chunkErrors } from '../../shared/chunks/errors.ts'
import { dynamoDbErrors } from '../../shared/dynamodb/errors.ts'
import { ledgerErrors } from '../../shared/ledger/errors.ts'
import { liveErrors } from '../../shared/live/errors.ts'
import { migrationErrors } from '../../shared/migrations/errors.ts'
import { operatorErrors } from '../../shared/operator/errors.ts'
import { sliceErrors } from '../../shared/passes/slice/errors.ts'
import { halts } from '../../shared/phases/halts.ts'
import { refusals } from '../../shared/phases/refusal.ts'
import type { ErrorTable } from '../../shared/runtime/error.ts'
import { searchErrors } from '../../shared/search/errors.ts'
import { switchErrors } from '../../switch/errors.ts'

/** `docs/errors.md`: every code that a person, an alarm or a script may meet, from the tables of the code. */
export function errorsPage(): string {
  return `# Errors

Written by \`npm run docs\` from the tables of the code. Codes are stable: alarms and scripts may rely on them. The message beside a code
names the tables, runs and numbers, and often the very command that comes next. No message holds item contents.

\`segue status\` shows why a run was refused or halted. The failed execution of the \`Run\` state machine shows the same: its \`error\` is the
code and its \`cause\` the message.

## A run is refused

Nothing was started. Exit code 2.

${table(refusals)}

## A run halts

It began, and cannot continue by itself. Checkpoints stay, and the lease is given back. Exit code 3.

${table(halts)}

If even halting fails, because the ledger cannot be written, the execution ends with the error that it met instead of a code. The ledger may then
still say \`running\`; the next run sees that this execution has ended, and takes over.

## Live changes

The live function logs these, and its batch comes again until it is applied. Settle throws the last two.

${table(liveErrors)}

## Tables, ledger and slices

Functions log these. A retried call says so only when it gives up; what is not retried becomes a refusal, a failed chunk or a halt.

${table({ ...dynamoDbErrors, ...ledgerErrors, ...chunkErrors, ...sliceErrors })}

## Search

${table(searchErrors)}

## Migrations

${table(migrationErrors)}

## Applications that follow the switch

Thrown by \`dynamodb-segue/switch\`, as \`SwitchError\`. It retries nothing by itself: the last column says whether your application may.

${table(switchErrors)}

## Commands

${table({ ...cliErrors, ...operatorErrors })}

### Exit codes

| Exit code | Meaning |
|---|---|
${Object.values(exitCodes)
  .map(([code, meaning]) => `| ${code} | ${meaning} |`)
  .join('\n')}

## The local default

${table(localErrors)}
`
}

function table(errors: ErrorTable): string {
  const entries = Object.entries(errors)
  const saysRetried = entries.some(([, { retryable }]) => retryable)
  const row = (...cells: string[]) => `| ${cells.join(' | ')} |`
  const heading = ['Code', 'What it means', 'What to do', ...(saysRetried ? ['Retried'] : [])]
  return [
    row(...heading),
    `|${'---|'.repeat(heading.length)}`,
    ...entries.map(([code, { means, next, retryable }]) =>
      row(`\`${code}\``, means, next, ...(saysRetried ? [retryable ? 'yes' : 'no'] : [])),
    ),
  ].join('\n')
}
