// `node --import ./src/loader/register.mjs …` runs TypeScript as users get it: compiled by TypeScript itself.
import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
