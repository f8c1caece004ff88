/** A token of a text. */
export interface TextToken {
  readonly id: number
  /** As it stands in the text. A character whose bytes are spread over tokens is with the last of them. */
  readonly text: string
}
