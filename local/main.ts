import path from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Command, InvalidArgumentError } from 'commander'
import { localClient } from './environment.ts'
import { LocalError } from './errors.ts'
import { nextSteps } from './next-steps.ts'
import { EXAMPLE } from './paths.ts'
import { seed } from './seed.ts'
import { down, runningStack, status, up } from './stack.ts'
import type { LocalStack } from './state.ts'
import { throttle } from './throttle.ts'

const program = new Command('local').description(
  'AWS on this machine with a CDK app deployed, the example or your own: no account, no Docker.',
)

program
  .command('up')
  .description('start the emulator, or use the one of AWS_ENDPOINT_URL, and deploy a CDK app that holds Segue')
  .option('--app <dir>', 'folder of the app, with its cdk.json', folder, EXAMPLE)
  .option('--seed <n>', 'put n made-up items into the source, most of them under one partition key', wholeNumber, 0)
  .option('--slice-seconds <s>', 'limit of one slice, from 5 to 900: short ones show splits', wholeNumber, 6)
  .action(async ({ app, seed: items, sliceSeconds }: { app: string; seed: number; sliceSeconds: number }) => {
    const log = (line: string) => console.error(line)
    const stack = await up({ app, sliceSeconds, log })
    console.log(describe(stack))
    if (items > 0) console.log(`\n${await seed(stack.endpoint, stack.sourceTable, stack.app, items)}.`)
    if (stack.options && stack.options.sliceSeconds !== sliceSeconds)
      console.log(
        `\nThe app sets its options in code, so slices stay at ${stack.options.sliceSeconds} s. Options in cdk.json, under the context key \`segue\`, follow --slice-seconds.`,
      )
    for (const line of ['', ...nextSteps(stack, items > 0 ? 'seeded' : 'empty')]) console.log(line)
  })

program
  .command('down')
  .description('stop the emulator; everything in it is gone')
  .action(async () => {
    console.log((await down()) ? 'Stopped.' : 'No local stack was running.')
  })

program
  .command('status')
  .description('show the local stack; exit code 0 if it runs, 1 if not')
  .action(async () => {
    const { stack, emulator, healthy } = await status()
    if (stack && healthy) {
      console.log(describe(stack))
      if (emulator) console.log(`Process          ${emulator.pid}, log ${emulator.logFile}`)
      return
    }
    if (healthy && emulator) {
      console.log(
        `The emulator runs at ${emulator.endpoint}, without an app. Deploy one: npm run local -- up --app DIR`,
      )
      process.exitCode = 1
      return
    }
    console.log(
      stack || emulator
        ? `${stack?.endpoint ?? emulator?.endpoint} does not respond any more. Start it again: npm run local -- up`
        : 'Not running. Start it: npm run local -- up',
    )
    process.exitCode = 1
  })

program
  .command('throttle')
  .description('give a table a maximum of units a second, also while a run is under way; without one, lift it')
  .argument('<table>', 'its name, as `status` shows it')
  .option('--read-units <n>', 'the most read units a second', units)
  .option('--write-units <n>', 'the most write units a second', units)
  .action(async (table: string, maximum: { readUnits?: number; writeUnits?: number }) => {
    const { endpoint } = await runningStack()
    await throttle(new DynamoDBClient(localClient(endpoint)), table, maximum)
    const { readUnits = 'any', writeUnits = 'any' } = maximum
    console.log(`${table} takes ${readUnits} read units and ${writeUnits} write units a second from now on.`)
  })

/** npm runs scripts in the folder of package.json; INIT_CWD is the folder where the path was typed. */
function folder(text: string): string {
  return path.resolve(process.env.INIT_CWD ?? '', text)
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}

/** The service takes no maximum of zero. */
function units(text: string): number {
  const n = wholeNumber(text)
  if (n === 0) throw new InvalidArgumentError('Expected at least 1.')
  return n
}

function describe(stack: LocalStack): string {
  return [
    `Endpoint         ${stack.endpoint}`,
    `Stack            ${stack.stack}, of ${stack.app}`,
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
  if (!LocalError.is(error)) throw error
  console.error(error.message)
  process.exitCode = 1
}
