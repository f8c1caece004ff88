import { describe, expect, it } from 'vitest'

import { Bag } from './bag.js'

/** Sorted: a bag keeps no order. */
function contents<T extends string | number>(bag: Bag<T>): readonly string[] {
  const values: string[] = []
  bag.forEach((value) => void values.push(String(value)))
  return values.toSorted((a, b) => a.localeCompare(b))
}

describe('a bag', () => {
  it('holds what was added and not removed, in whatever order that happens', () => {
    const bag = new Bag<number>()
    const members = [0, 1, 2, 3, 4].map((value) => bag.add(value))
    for (const index of [1, 4, 0]) bag.remove(members[index] ?? expect.fail())
    expect(contents(bag)).toEqual(['2', '3'])
    bag.add(5)
    expect(contents(bag)).toEqual(['2', '3', '5'])
    expect(bag.size).toBe(3)
  })

  it('may hold a value twice', () => {
    const bag = new Bag<string>()
    const first = bag.add('same')
    bag.add('same')
    bag.remove(first)
    expect(contents(bag)).toEqual(['same'])
  })

  it('removes a member once', () => {
    const bag = new Bag<string>()
    const gone = bag.add('gone')
    bag.remove(gone)
    bag.add('stays')
    bag.remove(gone)
    expect(contents(bag)).toEqual(['stays'])
  })

  it('visits neither what a visit removes nor what it adds', () => {
    const bag = new Bag<string>()
    const members = ['a', 'b', 'c'].map((value) => bag.add(value))
    const visited: string[] = []
    bag.forEach((value) => {
      visited.push(value)
      if (value !== 'a') return
      bag.remove(members[1] ?? expect.fail())
      bag.add('d')
    })
    expect(visited).toEqual(['a', 'c'])
    expect(contents(bag)).toEqual(['a', 'c', 'd'])
  })
})
