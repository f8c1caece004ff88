/** What {@link Bag.add} gives and {@link Bag.remove} takes. */
export interface Member<T> {
  readonly value: T
  /** Where the bag keeps it; -1 once it is removed. */
  index: number
}

/**
 * Things that come and go by the thousand, in no order; adding and removing take constant time.
 *
 * Not a Set: V8 rebuilds a Set's table each time as many were added as it has room for, and an abandoned table holds
 * what it held and points to the next one. Once one of them is old, all that was ever added stays alive until a full
 * collection, and every small collection copies it: 40 % of the CPU of a short call.
 */
export class Bag<T> {
  readonly #members: Member<T>[] = []

  get size(): number {
    return this.#members.length
  }

  add(value: T): Member<T> {
    const member = { value, index: this.#members.length }
    this.#members.push(member)
    return member
  }

  /** Without effect when it was removed before. */
  remove(member: Member<T>): void {
    const { index } = member
    if (index === -1) return
    member.index = -1
    const last = this.#members.pop() as Member<T>
    if (last === member) return
    last.index = index
    this.#members[index] = last
  }

  /** Calls `visit` with all that are in it now, except those that a visit removes before their turn. */
  forEach(visit: (value: T) => void): void {
    for (const member of this.#members.slice()) if (member.index !== -1) visit(member.value)
  }
}
