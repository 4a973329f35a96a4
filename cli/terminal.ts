import { styleText } from 'node:util'

type Colour = 'green' | 'yellow' | 'red' | 'bold' | 'dim'

/** Where a command writes. */
export interface Terminal {
  /** A line of standard output. */
  line(text: string): void
  /** A line of standard error. */
  error(text: string): void
  /** Replaces what was last drawn by these lines; only where `interactive`. */
  draw(lines: string[]): void
  interactive: boolean
  columns: number
  colour(colour: Colour, text: string): string
}

/** The terminal of a process. Colours go where NO_COLOR and the stream allow them. */
export function processTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
  let drawn = 0
  const erase = () => {
    if (drawn > 0) stdout.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  return {
    line(text) {
      erase()
      stdout.write(`${text}\n`)
    },
    error(text) {
      erase()
      stderr.write(`${text}\n`)
    },
    draw(lines) {
      erase()
      for (const line of lines) stdout.write(`${line}\n`)
      drawn = lines.length
    },
    interactive: stdout.isTTY === true,
    get columns() {
      return stdout.columns || 80
    },
    colour: (colour, text) => styleText(colour, text, { stream: stdout }),
  }
}
