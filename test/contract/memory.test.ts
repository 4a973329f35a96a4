import { memoryLedgerTable } from '../memory/ledger-table.ts'
import { memoryTable } from '../memory/table.ts'
import { ledgerContract } from './ledger-contract.ts'
import { switchContract } from './switch-contract.ts'
import { tableContract } from './table-contract.ts'

tableContract('memory', async (schema) => memoryTable(schema, 'memory'))
ledgerContract('memory', async () => memoryLedgerTable())
switchContract('memory', async () => memoryLedgerTable())
