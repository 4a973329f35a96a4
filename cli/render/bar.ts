/** `[########------]` with `width` characters inside; `[??????????????]` for an unknown share. */
export function progressBar(share: number | undefined, width: number): string {
  if (share === undefined) return `[${'?'.repeat(width)}]`
  // Rounded down: the bar is full only when everything is done.
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * width)
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`
}

/** Cuts a line so that the last column stays free and no terminal wraps it. */
export function cropped(text: string, columns: number): string {
  return text.length < columns ? text : `${text.slice(0, Math.max(0, columns - 2))}…`
}

/** Wraps a text at word boundaries. The last column of each line stays empty. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && longer.length < columns) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.map((line) => cropped(line, columns))
}
