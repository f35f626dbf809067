import fc from 'fast-check'

// Property tests find the same cases on every machine. FLUJO_SEED=fresh gives new ones; a number repeats a failure.
const seed = process.env.FLUJO_SEED ?? '20261122'
if (seed !== 'fresh') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })
