export { isolated as default } from '../../vitest.shared.js'
