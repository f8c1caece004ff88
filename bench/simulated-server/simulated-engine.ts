import {
  blockTokens,
  blocksOf,
  type Capacity,
  type EngineOptions,
  type Physics,
  slotsOf,
  toPhysics,
} from './engine-options.js'
import { randomFrom } from './random-number.js'
import { Sequence, type SequenceOptions } from './sequence.js'
import { WaitingQueue } from './waiting-queue.js'

/** What a step has brought. */
export interface Step {
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** Requests that were in it, and that waited at its end. */
  readonly running: number
  readonly waiting: number
  readonly generatedTokens: number
  /** Of prompts that were read to their end. */
  readonly promptTokens: number
}

/** Is told what happens, in the order in which it happens. */
export interface EngineObserver {
  /** It has left the queue for the first time. */
  onStart(sequence: Sequence): void
  onPreempt(sequence: Sequence): void
  onFirstToken(sequence: Sequence): void
  onFinish(sequence: Sequence): void
  onStep(step: Step): void
}

/**
 * An inference engine with continuous batching, scheduled as vLLM's (0.8 and newer): in every step the running requests
 * get a token each, then waiting ones are let in, first come, first served, as far as there are places, cache blocks and
 * room in the step; prompts are read in the same steps. Where the cache runs out the newest request is preempted: it
 * waits at the head of the queue, and what it had is read again.
 *
 * It has no clock: {@link advance} says how late it is. The same calls give the same run.
 */
export class SimulatedEngine {
  readonly physics: Physics
  readonly #observer: EngineObserver
  readonly #waiting = new WaitingQueue()
  #running: Sequence[] = []
  #nowMs = 0
  #step: { readonly startedAtMs: number; readonly endsAtMs: number } | undefined
  #capacity: Capacity = { capacity: 1, speed: 1 }
  #slots: number
  #blocks: number
  #usedBlocks = 0
  #arrivals = 0

  constructor(options: EngineOptions, observer: EngineObserver) {
    this.physics = toPhysics(options)
    this.#observer = observer
    this.#slots = slotsOf(this.physics, this.#capacity)
    this.#blocks = blocksOf(this.physics, this.#capacity)
  }

  get nowMs(): number {
    return this.#nowMs
  }

  get running(): number {
    return this.#running.length
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get slots(): number {
    return this.#slots
  }

  /** The share of the cache that is taken, from 0 to 1. */
  get cacheUsage(): number {
    return Math.min(1, this.#usedBlocks / this.#blocks)
  }

  get capacity(): Capacity {
    return this.#capacity
  }

  /** When the step under way ends; `undefined` while there is nothing to do. */
  get nextEventMs(): number | undefined {
    return this.#step?.endsAtMs
  }

  /** Lets time pass until then. */
  advance(toMs: number): void {
    while (this.#step !== undefined && this.#step.endsAtMs <= toMs) {
      const { startedAtMs, endsAtMs } = this.#step
      this.#nowMs = endsAtMs
      this.#step = undefined
      this.#complete(startedAtMs)
      this.#begin()
    }
    this.#nowMs = Math.max(this.#nowMs, toMs)
  }

  /** A request arrives now. */
  submit(options: SequenceOptions): Sequence {
    const { stragglers, seed } = this.physics
    const isStraggler = stragglers.share > 0 && randomFrom(seed, this.#arrivals) < stragglers.share
    this.#arrivals++
    const sequence = new Sequence(options, this.#nowMs, isStraggler ? Math.max(1, Math.round(stragglers.factor)) : 1)
    this.#waiting.add(sequence)
    this.#begin()
    return sequence
  }

  /** Its client has left: whatever it holds is free, from the next step on. */
  abort(sequence: Sequence): void {
    if (sequence.state === 'waiting') this.#waiting.left()
    else if (sequence.state === 'running') {
      this.#running.splice(this.#running.indexOf(sequence), 1)
      this.#release(sequence)
    } else return
    sequence.state = 'gone'
  }

  /** Holds from the next step on. Requests that find no place any more are preempted. */
  change(changes: Partial<Capacity>): void {
    this.#capacity = { ...this.#capacity, ...changes }
    this.#slots = slotsOf(this.physics, this.#capacity)
    this.#blocks = blocksOf(this.physics, this.#capacity)
    this.#begin()
  }

  /** The process dies: all that runs or waits is gone. */
  crash(): void {
    for (const sequence of this.#running) sequence.state = 'gone'
    this.#running = []
    this.#waiting.clear()
    this.#usedBlocks = 0
    this.#step = undefined
  }

  #begin(): void {
    const { speed } = this.#capacity
    if (this.#step !== undefined || speed <= 0) return
    const stepMs = this.#schedule()
    if (stepMs === undefined) return
    this.#step = { startedAtMs: this.#nowMs, endsAtMs: this.#nowMs + stepMs / speed }
  }

  /** Decides what is in the next step. @returns how long that takes at speed 1, unless there is nothing to do. */
  #schedule(): number | undefined {
    const { stepMs, stepMsPerSequence, stepMsPerPromptToken, maxNumBatchedTokens } = this.physics
    let room = maxNumBatchedTokens
    let decodes = 0
    let reads = 0
    let isShort = false
    while (this.#running.length > this.#slots) this.#preempt()
    for (let index = 0; index < this.#running.length; index++) {
      const sequence = this.#running[index] as Sequence
      const tokens = this.#tokensOf(sequence, room)
      while (tokens > 0 && !this.#hasBlocks(sequence, tokens) && index < this.#running.length) {
        this.#preempt()
        isShort = true
      }
      if (index >= this.#running.length) break
      this.#take(sequence, tokens)
      room -= tokens
      if (sequence.unread > 0) reads += tokens
      else if (tokens > 0) decodes++
    }
    while (!isShort && room > 0 && this.#running.length < this.#slots) {
      const sequence = this.#waiting.peek()
      if (sequence === undefined) break
      const tokens = Math.min(sequence.unread, room)
      if (!this.#hasBlocks(sequence, tokens)) break
      this.#waiting.take()
      this.#running.push(sequence)
      sequence.state = 'running'
      if (sequence.startedAtMs === undefined) {
        sequence.startedAtMs = this.#nowMs
        this.#observer.onStart(sequence)
      }
      this.#take(sequence, tokens)
      room -= tokens
      reads += tokens
    }
    if (this.#running.length === 0) return undefined
    return stepMs + stepMsPerSequence * decodes + stepMsPerPromptToken * reads
  }

  #tokensOf(sequence: Sequence, room: number): number {
    if (sequence.unread > 0) return Math.min(sequence.unread, room)
    if (sequence.stepsPerToken > 1 && ++sequence.turns % sequence.stepsPerToken !== 0) return 0
    return Math.min(1, room)
  }

  /** A request that is alone has whatever it needs, or nothing would ever go on. */
  #hasBlocks(sequence: Sequence, tokens: number): boolean {
    const more = Math.ceil((sequence.cached + tokens) / blockTokens) - sequence.blocks
    if (more <= 0 || this.#usedBlocks + more <= this.#blocks) return true
    return this.#running.length === 0 || (this.#running.length === 1 && this.#running[0] === sequence)
  }

  #take(sequence: Sequence, tokens: number): void {
    const blocks = Math.ceil((sequence.cached + tokens) / blockTokens)
    if (blocks > sequence.blocks) {
      this.#usedBlocks += blocks - sequence.blocks
      sequence.blocks = blocks
    }
    sequence.scheduled = tokens
  }

  #release(sequence: Sequence): void {
    this.#usedBlocks -= sequence.blocks
    sequence.blocks = 0
    sequence.cached = 0
    sequence.scheduled = 0
  }

  #preempt(): void {
    const sequence = this.#running.pop()
    if (sequence === undefined) return
    this.#release(sequence)
    sequence.unread = sequence.promptTokens + sequence.generated
    sequence.state = 'waiting'
    this.#waiting.addFirst(sequence)
    this.#observer.onPreempt(sequence)
  }

  #complete(startedAtMs: number): void {
    let generatedTokens = 0
    let promptTokens = 0
    let kept = 0
    const running = this.#running
    const finished: Sequence[] = []
    const first: Sequence[] = []
    for (const sequence of running) {
      const { scheduled } = sequence
      sequence.scheduled = 0
      sequence.cached += scheduled
      if (sequence.unread > 0) sequence.unread -= scheduled
      if (scheduled > 0 && sequence.unread === 0) {
        generatedTokens++
        if (!sequence.isRead) {
          sequence.isRead = true
          promptTokens += sequence.promptTokens
        }
        if (++sequence.generated === 1) {
          sequence.firstTokenAtMs = this.#nowMs
          first.push(sequence)
        }
        if (sequence.generated >= sequence.outputTokens) {
          sequence.state = 'finished'
          this.#release(sequence)
          finished.push(sequence)
          continue
        }
      }
      running[kept++] = sequence
    }
    const inStep = running.length
    running.length = kept
    this.#observer.onStep({
      startedAtMs,
      endedAtMs: this.#nowMs,
      running: inStep,
      waiting: this.#waiting.length,
      generatedTokens,
      promptTokens,
    })
    for (const sequence of first) this.#observer.onFirstToken(sequence)
    for (const sequence of finished) this.#observer.onFinish(sequence)
  }
}
