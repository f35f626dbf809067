import { FIRST } from './collateral-a-l.js'
import { SECOND } from './collateral-m-z.js'

/**
 * What broken backends may fail beside the rules that they name, as areas and rules: what cannot help but see the fault. Made by
 * `pnpm --filter @flujo-state/conformance collateral --write NAME…`.
 */
export const COLLATERAL: Readonly<Record<string, string>> = { ...FIRST, ...SECOND }
