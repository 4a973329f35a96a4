/** What the comment above a property says: its sentences, and the text of `@default`. */
export interface DocComment {
  sentences: string
  defaultText?: string
}

/**
 * The doc comments of the properties of the object that `export const <name> = …({` begins. Editors show the same
 * comments, so the page and the editor never differ.
 * @param source as the formatter lays it out: a property begins with two spaces.
 * @throws Error where the source has no such constant.
 */
export function docCommentsOf(source: string, name: string): Map<string, DocComment> {
  const start = source.indexOf(`export const ${name} = `)
  if (start < 0) throw new Error(`Expected \`export const ${name}\`, got a source without it`)
  const body = source.slice(start, source.indexOf('\n})', start))
  const found = body.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(\w+):/gm)
  return new Map([...found].map(([, comment = '', property = '']) => [property, parse(comment)]))
}

function parse(comment: string): DocComment {
  const text = comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
  const [sentences = '', defaultText] = text.split(/ ?@default /)
  return { sentences, ...(defaultText !== undefined && { defaultText }) }
}
