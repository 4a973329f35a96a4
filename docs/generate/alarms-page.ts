import { gauges } from '../../shared/config/gauges.ts'
import { kinds } from '../../shared/phases/watch/kinds.ts'

/** `docs/alarms.md`: every kind of alarm and every gauge, from their tables. */
export function alarmsPage(): string {
  return `# Alarms

Written by \`npm run docs\` from the tables of alarms (\`shared/phases/watch/kinds.ts\`) and gauges (\`shared/config/gauges.ts\`).

Once a minute the watchdog judges the rows of the last run, and sends messages to the topic of the output \`AlarmsTopic\`: one when an alarm begins, one when it ends, and one every half
hour in between. Subscribe to it as you like (\`segue.alarms\` in the CDK app), or give the option \`alarmEmail\`. The topic is encrypted.

Each message says what is wrong, since when, in which phase, who gave the last command, and **the command that comes next**. Programs read its attributes: \`kind\`, \`event\` (\`onset\`, \`again\` or
\`end\`), \`run\`, and \`alert\`, all of it as JSON. \`id\` in it names the message: one that is delivered twice has the same. Nobody is alarmed while a run is paused or waits as it promised,
however long.

${Object.entries(kinds)
  .map(([name, { means, advice }]) => `## ${name}\n\n${means}\n\n${advice}\n`)
  .join('\n')}
## Alarms of CloudWatch

These tell what the watchdog cannot, and act on the same topic: **WatchdogAbsent** (it has not swept for five minutes; missing data is the alarm), **LiveErrors** (the function that
applies live changes fails in each of five minutes) and **LiveIteratorAge** (its mapping is an hour behind the stream). **Stuck** and **StreamOld** repeat what the watchdog tells, and act on
nothing: build on them what you like. One dashboard shows all gauges.

## Gauges

In the namespace \`Segue\`, every minute, with the name of the stack as the only dimension (\`stack\`).

| Metric | Unit | Shows |
|---|---|---|
${Object.entries(gauges)
  .map(([name, { unit, shows }]) => `| \`${name}\` | ${unit} | ${shows} |`)
  .join('\n')}
`
}
