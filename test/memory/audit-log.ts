import { type AuditEntry, type AuditLog, auditSk } from '../../shared/ledger/audit.ts'

/** An audit in memory; like the real one it keeps the row that was there first. */
export function memoryAuditLog(): AuditLog & { rows(): AuditEntry[] } {
  const kept = new Map<string, AuditEntry>()
  const rows = () => [...kept].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
  return {
    rows,
    async add(destination, entry) {
      const key = `${destination} ${auditSk(entry)}`
      if (!kept.has(key)) kept.set(key, entry)
    },
    newest: async (_, most) => rows().slice(-most),
  }
}
