/** Where a value belongs. Codecs that encrypt bind a text to it; errors begin their path with it. */
export interface CodecContext {
  readonly runId: string | null
  /** The field's name, for example `pipelineContext`. */
  readonly field: string
  /** The item's position, in a field that is stored item by item (`stepHistory`). */
  readonly index?: number
}
