import { Command } from 'commander'
import { LocalError } from './errors.ts'
import { down, status, up } from './stack.ts'
import type { LocalStack } from './state.ts'

const program = new Command('local').description(
  'AWS on this machine with the example deployed: no account, no Docker.',
)

program
  .command('up')
  .description('start the emulator, or use the one of AWS_ENDPOINT_URL, and deploy examples/dawson')
  .action(async () => {
    const stack = await up((line) => console.error(line))
    console.log(describe(stack))
    console.log('\nNext: npm run segue -- --help. End it with: npm run local -- down')
  })

program
  .command('down')
  .description('stop the emulator; everything in it is gone')
  .action(async () => {
    console.log((await down()) ? 'Stopped.' : 'Nothing of ours was running.')
  })

program
  .command('status')
  .description('what runs; exit code 0 if the stack is there, 1 if not')
  .action(async () => {
    const { stack, emulator, healthy } = await status()
    if (stack && healthy) {
      console.log(describe(stack))
      if (emulator) console.log(`Process          ${emulator.pid}, log ${emulator.logFile}`)
      return
    }
    console.log(
      stack || emulator
        ? `Was at ${stack?.endpoint ?? emulator?.endpoint}, and does not answer now. Start again: npm run local -- up`
        : 'Not running. Start it: npm run local -- up',
    )
    process.exitCode = 1
  })

function describe(stack: LocalStack): string {
  return [
    `Endpoint         ${stack.endpoint}`,
    `Source           ${stack.sourceTable}`,
    `Destination      ${stack.destinationTable}`,
    `Ledger           ${stack.ledgerTable}`,
    `State machine    ${stack.stateMachineArn}`,
    `AWS CLI          AWS_ENDPOINT_URL=${stack.endpoint} AWS_REGION=${stack.region} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \\`,
    `                   aws dynamodb scan --table-name ${stack.sourceTable} --max-items 3`,
  ].join('\n')
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof LocalError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
