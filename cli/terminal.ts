import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

type Colour = 'green' | 'yellow' | 'red' | 'bold' | 'dim'

/** Where a command writes. */
export interface Terminal {
  /** A line of standard output. */
  line(text: string): void
  /** A line of standard error. */
  error(text: string): void
  /** Asks a question and returns the reply, '' after Ctrl-C or Ctrl-D. Absent without a person at a terminal. */
  ask?(question: string): Promise<string>
  /** Replaces the lines drawn last; only where `interactive`. */
  draw(lines: string[]): void
  interactive: boolean
  columns: number
  colour(colour: Colour, text: string): string
}

/** The terminal of a process. Colours go where NO_COLOR and the stream allow them; questions go to standard error. */
export function processTerminal({
  stdin,
  stdout,
  stderr,
}: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>): Terminal {
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
    ...(stdin.isTTY && stderr.isTTY && { ask: (question: string) => ask(question, stdin, stderr) }),
    interactive: stdout.isTTY === true,
    get columns() {
      return stdout.columns || 80
    },
    colour: (colour, text) => styleText(colour, text, { stream: stdout }),
  }
}

async function ask(question: string, input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  const prompt = createInterface({ input, output })
  const gone = new AbortController()
  // Ctrl-C and Ctrl-D both close it.
  prompt.on('close', () => gone.abort())
  try {
    return await prompt.question(question, { signal: gone.signal })
  } catch (error) {
    if (gone.signal.aborted) return ''
    throw error
  } finally {
    prompt.close()
  }
}
