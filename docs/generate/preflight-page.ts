import type { Described } from '../../shared/phases/preflight/probe.ts'
import { probes, runProbes } from '../../shared/phases/preflight/probes.ts'

/** `docs/preflight.md`: every probe of preflight, from their table. */
export function preflightPage(): string {
  return `# Preflight

Written by \`npm run docs\` from the table of probes (\`shared/phases/preflight/probes.ts\`).

\`segue preflight\` shows what would keep a run from beginning, and what else is done to its tables; it changes nothing. Each finding says **what**, **whose**
and **since** when, whether it **blocks**, and how to **clear** it. Only what would fail the run blocks. It ends with exit code 2 if something
blocks, or if the preflight function did not respond and so nothing is known; else with 0.
\`--json\` gives one object: \`verdict\` (\`ready\`, \`blocked\` or \`unknown\`) and \`findings\`, each with \`probe\`, \`what\`, \`whose\`, \`since\`, \`blocks\`, \`unknown\`, \`clear\` and
\`error\`, the code with which a run would be refused. What is not known of a finding is \`unknown\`.

The first state of every run asks the same, refuses by the first finding that blocks, and shows the others in its output in the console.

The preflight function asks, not whoever gives the command, so a role that operates needs none of these permissions. An action that is denied, or a service that does not
respond, makes a finding that is \`unknown\` and never blocks. Whose a finding is and since when comes from CloudTrail where it may be asked: the newest 50 calls of
the action, of the last 90 days. In a VPC the function reaches AWS Backup, Application Auto Scaling and CloudTrail through NAT, or does not know: it
waits three seconds for each of them, side by side.

## Asked by the command and by every run

| Finding | Asked by | Blocks | Cleared by |
|---|---|---|---|
${rows(probes)}

## Asked by the command only

In a run, Lease decides these, in one transaction with taking the lease. The last is known to the command alone.

| Finding | Asked by | Blocks | Cleared by |
|---|---|---|---|
${rows(runProbes)}
| a stack of another version than the command | the output \`SegueVersion\` of the stack | no | \`cdk deploy\` |
`
}

function rows(table: Record<string, Described>): string {
  return Object.values(table)
    .map(({ finds, asks, blocks, clear }) => `| ${finds} | ${asks} | ${blocks} | ${clear} |`)
    .join('\n')
}
