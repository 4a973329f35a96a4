import type { Attributes, AttributeValue } from 'dynamodb-segue'

/**
 * What a run must make of an item, by rules written by hand on the stored attributes. It shares no code with the
 * migrations or the engine, so that both being wrong in one way is unlikely.
 */
export function expected(source: Attributes): { outputs: Attributes[] } | { quarantined: true } {
  const pk = text(source.pk)
  const sk = text(source.sk)
  if (pk === 'section-outbox|docket') return workItem(source)
  if (sk.startsWith('connection|')) return { outputs: [] }
  if (sk.startsWith('message|')) return message(source)
  if (sk.startsWith('case|') && 'hasCorrespondence' in source) return caseWithLetters(source)
  if (sk.startsWith('docket-entry|') && 'isDraft' in source) return draft(source)
  return { outputs: [source] }
}

function workItem(source: Attributes) {
  const { entityName, highPriority, ...rest } = source
  if (entityName && text(source.section) === '') return { quarantined: true } as const
  const output: Attributes = { ...rest, entityType: { S: 'WorkItem' } }
  if (highPriority) output.priority = { N: '1' }
  return { outputs: [output] }
}

function message(source: Attributes) {
  const createdAt = text(source.createdAt)
  if (!/^\d{4}-\d\d-\d\dT/.test(createdAt)) return { quarantined: true } as const
  return { outputs: [{ ...source, sk: { S: `message|${createdAt}|${text(source.messageId)}` } }] }
}

function caseWithLetters({ correspondence, ...rest }: Attributes) {
  const letters = correspondence && 'L' in correspondence ? correspondence.L : []
  const outputs: Attributes[] = [rest]
  const seen = new Set<string>()
  for (const letter of letters) {
    if (!('M' in letter)) return { quarantined: true } as const
    const id = text(letter.M.id)
    if (seen.has(id)) return { quarantined: true } as const
    seen.add(id)
    outputs.push({
      pk: { S: text(rest.pk) },
      sk: { S: `correspondence|${id}` },
      entityType: { S: 'Correspondence' },
      title: { S: text(letter.M.title) },
    })
  }
  return { outputs }
}

function draft(source: Attributes) {
  const draftText = text(source.draftText)
  if (draftText.length > 200_000) return { quarantined: true } as const
  return { outputs: [{ ...source, searchText: { S: draftText.toLowerCase() } }] }
}

/** The string, or '' where there is none. */
function text(value: AttributeValue | undefined): string {
  return value && 'S' in value ? value.S : ''
}
