#!/usr/bin/env node
import { nodeTooOld } from './node-version.ts'

const tooOld = nodeTooOld(process.versions.node)
if (tooOld) {
  console.error(tooOld)
  process.exit(2)
}

// Loaded only now: an older Node fails inside them, and says nothing of its version.
const { openDeployment } = await import('./open.ts')
const { runCli } = await import('./program.ts')
const { processTerminal } = await import('./terminal.ts')

// `segue watch | head`: the reader has gone, which is not an error. 141 is the code that a shell reports for SIGPIPE.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 1))

process.exitCode = await runCli(process.argv.slice(2), {
  open: openDeployment,
  terminal: processTerminal(process),
  verbose: Boolean(process.env.DEBUG),
})
