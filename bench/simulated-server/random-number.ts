/** FNV-1a over the characters of a text. */
export function hashText(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** A number from 0 up to but not including 1 that follows from two numbers and looks like chance: the finalizer of MurmurHash 3. */
export function randomFrom(hash: number, draw: number): number {
  let mixed = Math.imul(hash ^ Math.imul(draw + 1, 0x9e3779b1), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}
