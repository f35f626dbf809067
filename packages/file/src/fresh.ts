/**
 * Makes something anew for whoever asks, one at a time. Who asks while it is being made shares the next one: the present one may
 * have looked too early.
 */
export class Fresh<T> {
  readonly #make: () => Promise<T>
  #running: Promise<T> | null = null
  #next: Promise<T> | null = null

  constructor(make: () => Promise<T>) {
    this.#make = make
  }

  /** What was begun to be made after this call. */
  get(): Promise<T> {
    if (this.#next !== null) return this.#next
    if (this.#running === null) return this.#start()
    const begin = () => {
      this.#next = null
      return this.#start()
    }
    this.#next = this.#running.then(begin, begin)
    return this.#next
  }

  #start(): Promise<T> {
    this.#running = this.#make().finally(() => {
      this.#running = null
    })
    return this.#running
  }
}
