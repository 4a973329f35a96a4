import type { Command } from 'commander'
import { exitCode } from '../exit-codes.ts'
import { initialize } from '../init.ts'
import type { Cli } from './command.ts'

const next = `
Next:
  npm install      gets what package.json names
  npm test         runs the test of the migration
  npx cdk synth    builds the stack; needs no account

Then name your tables in cdk.json (context.segue), put your migrations into migrations.ts, and:
  npx cdk deploy
  npx segue plan`

export function addInit(program: Command, { terminal, exit }: Cli): void {
  program
    .command('init')
    .description('write a migrations module, its test and a CDK app into this folder; overwrites nothing')
    .action(async () => {
      const written = await initialize(process.cwd())
      for (const name of written) terminal.line(name)
      terminal.line(next)
      exit(exitCode('ok'))
    })
}
