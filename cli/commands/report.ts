import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { readLease } from '../../shared/ledger/lease.ts'
import { buildReport } from '../../shared/operator/report/build.ts'
import { canonicalJson } from '../../shared/operator/report/digest.ts'
import { reportPage } from '../../shared/operator/report/markdown.ts'
import { noRun } from '../errors.ts'
import { exitCodeOfReport } from '../exit-codes.ts'
import { act, type Cli } from './command.ts'

const defaultFolder = path.join('.segue', 'reports')

export function addReport(program: Command, cli: Cli): void {
  program
    .command('report')
    .description('what the last run came to, on one page: sums, differences, live changes, phases; also as files')
    .option('--out <dir>', 'folder for <run>.json and <run>.md', defaultFolder)
    .action(
      act<{ out: string }>(cli, async ({ ledger, deployment }, { out }) => {
        const lease = await readLease(ledger, deployment.destinationTable)
        if (!lease) throw noRun(deployment)
        const report = await buildReport(ledger, lease.run)
        const page = reportPage(report)
        const file = path.join(out, lease.run)
        await mkdir(out, { recursive: true })
        await writeFile(`${file}.json`, `${canonicalJson(report)}\n`)
        await writeFile(`${file}.md`, `${page}\n`)
        for (const line of page.split('\n')) cli.terminal.line(line)
        cli.terminal.line(`Written to ${file}.json and ${file}.md`)
        return exitCodeOfReport(report.verdict)
      }),
    )
}
