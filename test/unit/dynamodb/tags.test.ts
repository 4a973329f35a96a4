import { describe, expect, it } from 'vitest'
import { readTag, writeTag } from '../../../shared/dynamodb/sdk/tags.ts'
import { type Answer, type StubRequest, stubClient } from '../../contract/stub-client.ts'

const table = { name: 'beta', arn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/beta' }
const local: Answer = { status: 400, type: 'UnknownOperationException' }

describe('a tag of a table', () => {
  it('is found on whatever page it is', async () => {
    const pages: Record<string, Answer> = {
      first: { body: { Tags: [{ Key: 'team', Value: 'night' }], NextToken: 'more' } },
      more: { body: { Tags: [{ Key: 'segue:ledger', Value: 'ledger' }] } },
    }
    const client = stubClient(({ body }) => pages[body.NextToken ?? 'first']!)
    expect(await readTag(client, table, 'segue:ledger')).toBe('ledger')
    expect(await readTag(client, table, 'other')).toBeUndefined()
  })

  it('is set beside the others', async () => {
    const asked: StubRequest[] = []
    const client = stubClient((request) => {
      asked.push(request)
      return { body: {} }
    })
    await writeTag(client, table, 'segue:ledger', 'ledger')
    expect(asked).toEqual([
      {
        operation: 'TagResource',
        body: { ResourceArn: table.arn, Tags: [{ Key: 'segue:ledger', Value: 'ledger' }] },
      },
    ])
  })

  it('is none on DynamoDB Local, which knows no tags', async () => {
    const client = stubClient(() => local)
    expect(await readTag(client, table, 'segue:ledger')).toBeUndefined()
    await writeTag(client, table, 'segue:ledger', 'ledger')
  })

  it('names the permission that is missing', async () => {
    const client = stubClient(() => ({ status: 400, type: 'AccessDeniedException' }))
    await expect(writeTag(client, table, 'segue:ledger', 'ledger')).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('dynamodb:TagResource'),
    })
  })
})
