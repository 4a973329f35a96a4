import type { Attributes, AttributeValue } from 'dynamodb-segue'
import type { Pen } from './pen.ts'

/** Makes the `n`th item of the table. */
type Make = (pen: Pen, n: number) => Attributes

export type Kind = 'workItem' | 'docketEntry' | 'message' | 'case' | 'user' | 'connection'

/** The kinds of items of the court's table as they are before the migrations. */
export const kinds: Record<Kind, Make> = { workItem, docketEntry, message, case: courtCase, user, connection }

const outbox = 'section-outbox|docket'

/**
 * Finished work, all of it under one partition key: the key of the incident. The sort key is the time, made unique.
 * Work items of before 2019 are still called outbox items, in an attribute of another name.
 */
function workItem(pen: Pen, n: number): Attributes {
  const completedAt = pen.time()
  const old = completedAt < '2019'
  return {
    pk: { S: outbox },
    sk: { S: `${completedAt}|${n.toString(36)}` },
    ...(old ? { entityName: { S: 'OutboxItem' } } : { entityType: { S: 'WorkItem' } }),
    section: { S: 'docket' },
    completedAt: { S: completedAt },
    completedBy: { S: pen.pick(['Test Docketclerk', 'Test Adc', '']) },
    docketNumber: { S: docketNumber(pen) },
    docketEntry: {
      M: { documentTitle: { S: pen.text(40) }, isFileAttached: { BOOL: true }, servedAt: { NULL: true } },
    },
    auditNumber: { N: pen.longNumber() },
    ...(pen.chance(0.1) ? { highPriority: { BOOL: true } } : {}),
    completedMessage: { S: pen.text(length(pen)) },
  }
}

function docketEntry(pen: Pen, n: number): Attributes {
  const id = pen.uuid(n)
  return {
    pk: { S: `case|${docketNumber(pen)}` },
    sk: { S: `docket-entry|${id}` },
    entityName: { S: 'DocketEntry' },
    docketEntryId: { S: id },
    index: { N: String(pen.integer(1, 400)) },
    eventCode: { S: pen.pick(['P', 'A', 'O', 'M006', 'SDEC']) },
    filingDate: { S: pen.time() },
    freeText: { S: pen.chance(0.5) ? '' : pen.text(30) },
    servedParties: { L: [{ M: { name: { S: pen.text(20) }, role: { S: 'petitioner' } } }, { S: 'IRS' }] },
    tags: { SS: ['paper', pen.pick(['sealed', 'public'])] },
    pageCounts: { NS: [String(pen.integer(1, 99)), pen.longNumber()] },
    checksum: { B: pen.bytes(32) },
    thumbprints: { BS: [pen.bytes(8), pen.bytes(9)] },
    fee: { N: (pen.integer(1, 9_999) / 100).toString() },
    ...(pen.chance(0.06) ? { isDraft: { BOOL: true }, draftText: { S: pen.text(length(pen)) } } : {}),
    description: { S: pen.text(length(pen)) },
  }
}

function message(pen: Pen, n: number): Attributes {
  const messageId = pen.uuid(n)
  return {
    pk: { S: `case|${docketNumber(pen)}` },
    sk: { S: `message|${messageId}` },
    entityName: { S: 'Message' },
    messageId: { S: messageId },
    createdAt: { S: pen.time() },
    parentMessageId: pen.chance(0.3) ? { NULL: true } : { S: pen.uuid(n) },
    isRead: { BOOL: pen.chance(0.8) },
    attachments: { L: [] },
    message: { S: pen.text(length(pen)) },
  }
}

function courtCase(pen: Pen, n: number): Attributes {
  const letters = pen.chance(0.25) ? pen.integer(0, 3) : -1
  return {
    pk: { S: `case|${caseNumber(n)}` },
    sk: { S: `case|${caseNumber(n)}` },
    entityType: { S: 'Case' },
    docketNumber: { S: caseNumber(n) },
    caption: { S: pen.text(60) },
    status: { S: pen.pick(['New', 'Calendared', 'Closed']) },
    closedDate: pen.chance(0.5) ? { NULL: true } : { S: pen.time() },
    petitioners: { L: [{ M: { name: { S: pen.text(20) }, address2: { S: '' }, contactId: { S: pen.uuid(n) } } }] },
    statistics: { M: { yearsAtIssue: { NS: ['2014', '2015'] }, deficiency: { N: '-1250.5' } } },
    ...(letters < 0
      ? {}
      : { hasCorrespondence: { BOOL: true }, correspondence: { L: correspondence(pen, n, letters) } }),
    notes: { S: pen.text(length(pen)) },
  }
}

function correspondence(pen: Pen, n: number, letters: number): AttributeValue[] {
  return Array.from({ length: letters }, (_, i) => letter(`${pen.uuid(n)}-${i}`, pen.text(25)))
}

function letter(id: string, title: string): AttributeValue {
  return { M: { id: { S: id }, title: { S: title } } }
}

function user(pen: Pen, n: number): Attributes {
  const id = pen.uuid(n)
  return {
    pk: { S: `user|${id}` },
    sk: { S: `user|${id}` },
    entityName: { S: 'User' },
    name: { S: pen.text(18) },
    email: { S: pen.chance(0.3) ? '' : `user-${n}@example.com` },
    role: { S: pen.pick(['petitioner', 'privatePractitioner', 'docketclerk']) },
    barNumber: { NULL: true },
    contact: { M: { city: { S: pen.text(12) }, phones: { L: [{ S: '555-0100' }, { NULL: true }] } } },
    preferences: { S: pen.text(pen.integer(10, 300)) },
  }
}

function connection(pen: Pen, n: number): Attributes {
  return {
    pk: { S: `user|${pen.uuid(n)}` },
    sk: { S: `connection|${n.toString(36)}` },
    entityName: { S: 'Connection' },
    endpoint: { S: pen.text(120) },
    ttl: { N: String(1_631_000_000 + pen.integer(0, 999_999)) },
  }
}

/** Items that cannot be migrated, one for each way: they are to be quarantined, and nothing else is. */
export const poisons: readonly Make[] = [
  /** Fails its source schema, in the middle of the overloaded partition. */
  (pen, n) => ({ ...workItem(pen, n), entityName: { S: 'OutboxItem' }, section: { N: '7' } }),
  /** Makes `up` throw. */
  (pen, n) => ({ ...message(pen, n), createdAt: { S: 'yesterday' } }),
  /** Becomes two items with one key. */
  (pen, n) => ({
    ...courtCase(pen, n),
    hasCorrespondence: { BOOL: true },
    correspondence: { L: [letter('twin', 'Letter'), letter('twin', 'Letter')] },
  }),
  /** About 300 KB, and larger than 400 KB after `up`. */
  (pen, n) => ({ ...docketEntry(pen, n), isDraft: { BOOL: true }, draftText: { S: 'Whereas. '.repeat(33_000) } }),
]

function caseNumber(n: number): string {
  return `${101 + n}-${10 + (n % 12)}`
}

/** The number of some case, which may or may not be in the table. */
function docketNumber(pen: Pen): string {
  return caseNumber(pen.integer(0, 9_999))
}

/** Mostly short, sometimes long: 20 to 2,000 characters, 500 on average. */
function length(pen: Pen): number {
  return 20 + Math.floor(1_980 * pen.random() ** 3)
}
