import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { canonicalJson } from '../../shared/operator/report/digest.ts'
import { reportPage } from '../../shared/operator/report/markdown.ts'
import { reportLastRun } from '../../shared/operator/report/report.ts'
import { exitCodeOfReport } from '../exit-codes.ts'
import { act, type Cli } from './command.ts'

const defaultFolder = path.join('.segue', 'reports')

export function addReport(program: Command, cli: Cli): void {
  program
    .command('report')
    .description('what the last run came to, on one page: sums, differences, live changes, phases; also as files')
    .option('--out <dir>', 'folder for <run>.json and <run>.md', defaultFolder)
    .action(
      act<{ out: string }>(cli, async (engine, { out }) => {
        const report = await reportLastRun(engine)
        const page = reportPage(report)
        const file = path.join(out, report.run.id)
        await mkdir(out, { recursive: true })
        await writeFile(`${file}.json`, `${canonicalJson(report)}\n`)
        await writeFile(`${file}.md`, `${page}\n`)
        for (const line of page.split('\n')) cli.terminal.line(line)
        cli.terminal.line(`Written to ${file}.json and ${file}.md`)
        return exitCodeOfReport(report.verdict)
      }),
    )
}
