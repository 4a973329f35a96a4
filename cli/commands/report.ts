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
    .description('report the last run on one page: sums, differences, live changes, phases; also written to files')
    .option('--json', 'print one JSON object instead of the page', false)
    .option('--out <dir>', 'folder for <run>.json and <run>.md', defaultFolder)
    .action(
      act<{ out: string; json: boolean }>(cli, async (engine, { out, json }) => {
        const report = await reportLastRun(engine)
        const page = reportPage(report)
        const file = path.join(out, report.run.id)
        await mkdir(out, { recursive: true })
        const object = canonicalJson(report)
        await writeFile(`${file}.json`, `${object}\n`)
        await writeFile(`${file}.md`, `${page}\n`)
        const written = [...page.split('\n'), `Written to ${file}.json and ${file}.md`]
        for (const line of json ? [object] : written) cli.terminal.line(line)
        return exitCodeOfReport(report.verdict)
      }),
    )
}
