#!/usr/bin/env node
import { openDeployment } from './open.ts'
import { runCli } from './program.ts'
import { processTerminal } from './terminal.ts'

// `segue watch | head`: the reader has gone, which is not an error. 141 is the code that a shell reports for SIGPIPE.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 1))

process.exitCode = await runCli(process.argv.slice(2), {
  open: openDeployment,
  terminal: processTerminal(process),
  verbose: Boolean(process.env.DEBUG),
})
