import type { Command } from 'commander'
import { type FindingsQuestion, findingsBefore, type Preflighted } from '../../shared/operator/findings.ts'
import { exitCode } from '../exit-codes.ts'
import { preflightJson, preflightPage } from '../render/preflight.ts'
import { act, type Cli } from './command.ts'

interface Flags extends Required<FindingsQuestion> {
  json: boolean
}

export function addPreflight(program: Command, cli: Cli): void {
  program
    .command('preflight')
    .description('show what would keep a run from beginning, and what else is done to the tables; changes nothing')
    .option('--resume', 'before the last run is resumed', false)
    .option('--offline', 'before a run without live changes', false)
    .option('--ticked', 'the checklist that the options name is done', false)
    .option('--json', 'one JSON object', false)
    .action(
      act<Flags>(cli, async (engine, { json, resume, offline, ticked }) => {
        const question = { ...(resume && { resume }), ...(offline && { offline }), ...(ticked && { ticked }) }
        const preflighted = await findingsBefore(question, cli.version, engine)
        if (json) cli.terminal.line(JSON.stringify(preflightJson(preflighted)))
        else for (const line of preflightPage(preflighted, engine)) cli.terminal.line(line)
        return exitCodeOf(preflighted)
      }),
    )
}

/** What is not known must not pass for ready: a pipeline may begin a run next. */
const exitCodeOf = ({ verdict }: Preflighted) => exitCode(verdict === 'ready' ? 'ok' : 'refused')
