export type Labels = Readonly<Record<string, string>>

/** A histogram as Prometheus counts it. */
export class PrometheusHistogram {
  readonly #bounds: readonly number[]
  #counts: number[]
  #sum = 0
  #count = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    this.#sum += value
    this.#count++
    const bucket = this.#bounds.findIndex((bound) => value <= bound)
    if (bucket !== -1) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  reset(): void {
    this.#counts = this.#bounds.map(() => 0)
    this.#sum = 0
    this.#count = 0
  }

  lines(name: string, labels: Labels): readonly string[] {
    let below = 0
    const buckets = this.#bounds.map((bound, index) => {
      below += this.#counts[index] ?? 0
      return sample(`${name}_bucket`, { ...labels, le: asFloat(bound) }, below)
    })
    return [
      ...buckets,
      sample(`${name}_bucket`, { ...labels, le: '+Inf' }, this.#count),
      sample(`${name}_count`, labels, this.#count),
      sample(`${name}_sum`, labels, this.#sum),
    ]
  }
}

/** One metric with its head, as the Python client of Prometheus writes it. */
export function metric(
  name: string,
  type: 'gauge' | 'counter' | 'histogram',
  help: string,
  lines: readonly string[],
): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`
}

/** One line: the labels are in the order of the alphabet. */
export function sample(name: string, labels: Labels, value: number): string {
  const written = Object.entries(labels)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([label, text]) => `${label}="${text}"`)
  return `${name}{${written.join(',')}} ${asFloat(value)}`
}

function asFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
