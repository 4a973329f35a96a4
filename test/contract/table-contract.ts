import { describe } from 'vitest'
import { getContract } from './get-contract.ts'
import { indexContract } from './index-contract.ts'
import { queryContract } from './query-contract.ts'
import type { MakeTable } from './samples.ts'
import { scanContract } from './scan-contract.ts'
import { valuesContract } from './values-contract.ts'
import { writeContract } from './write-contract.ts'

/** What every {@link Table} must do. */
export function tableContract(name: string, makeTable: MakeTable): void {
  describe(`${name} as a table`, () => {
    scanContract(makeTable)
    queryContract(makeTable)
    getContract(makeTable)
    writeContract(makeTable)
    indexContract(makeTable)
    valuesContract(makeTable)
  })
}
