#!/usr/bin/env node
import { register } from 'tsx/esm/api'

// Node strips types by itself, but not below node_modules, where this is when installed.
register()
await import('./main.ts')
