import { blockTokens } from './engine-options.js'
import type { Totals } from './ledger.js'
import { type Labels, metric, PrometheusHistogram, sample } from './prometheus-text.js'
import type { Sequence } from './sequence.js'

export interface Gauges {
  readonly model: string
  readonly running: number
  readonly waiting: number
  readonly cacheUsage: number
  readonly cacheBlocks: number
}

export type FinishReason = 'stop' | 'length' | 'abort'

const firstTokenBounds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
]
const latencyBounds = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680]

/**
 * `/metrics` by vLLM's names (0.10 to 0.12, and the cache's older name). Times are simulated seconds; what is counted is
 * counted since the process began.
 */
export class VllmMetrics {
  readonly #firstToken = new PrometheusHistogram(firstTokenBounds)
  readonly #queue = new PrometheusHistogram(latencyBounds)
  readonly #latency = new PrometheusHistogram(latencyBounds)
  readonly #ends: Record<FinishReason, number> = { stop: 0, length: 0, abort: 0 }
  #before: Totals | undefined

  started({ arrivedAtMs, startedAtMs = arrivedAtMs }: Sequence): void {
    this.#queue.observe((startedAtMs - arrivedAtMs) / 1000)
  }

  firstToken({ arrivedAtMs, firstTokenAtMs = arrivedAtMs }: Sequence): void {
    this.#firstToken.observe((firstTokenAtMs - arrivedAtMs) / 1000)
  }

  ended({ arrivedAtMs }: Sequence, reason: FinishReason, nowMs: number): void {
    this.#ends[reason]++
    if (reason !== 'abort') this.#latency.observe((nowMs - arrivedAtMs) / 1000)
  }

  /** The process begins anew, and so does its counting. */
  restart(totals: Totals): void {
    this.#before = { ...totals }
    this.#ends.stop = this.#ends.length = this.#ends.abort = 0
    for (const histogram of [this.#firstToken, this.#queue, this.#latency]) histogram.reset()
  }

  text(totals: Totals, { model, running, waiting, cacheUsage, cacheBlocks }: Gauges): string {
    const labels: Labels = { engine: '0', model_name: model }
    const since = (name: keyof Totals): number => totals[name] - (this.#before?.[name] ?? 0)
    const one = (name: string, type: 'gauge' | 'counter', help: string, value: number): string =>
      metric(name, type, help, [sample(name, labels, value)])
    return [
      one('vllm:num_requests_running', 'gauge', 'Number of requests in model execution batches.', running),
      one('vllm:num_requests_waiting', 'gauge', 'Number of requests waiting to be processed.', waiting),
      one('vllm:kv_cache_usage_perc', 'gauge', 'KV-cache usage. 1 means 100 percent usage.', cacheUsage),
      one('vllm:gpu_cache_usage_perc', 'gauge', 'GPU KV-cache usage. 1 means 100 percent usage.', cacheUsage),
      one(
        'vllm:num_preemptions_total',
        'counter',
        'Cumulative number of preemption from the engine.',
        since('preemptions'),
      ),
      one('vllm:prompt_tokens_total', 'counter', 'Number of prefill tokens processed.', since('promptTokens')),
      one(
        'vllm:generation_tokens_total',
        'counter',
        'Number of generation tokens processed.',
        since('generatedTokens'),
      ),
      metric(
        'vllm:request_success_total',
        'counter',
        'Count of successfully processed requests.',
        Object.entries(this.#ends).map(([reason, count]) =>
          sample('vllm:request_success_total', { ...labels, finished_reason: reason }, count),
        ),
      ),
      one(
        'vllm:admission_rejections_total',
        'counter',
        'Requests rejected because the queue was full.',
        since('rejected'),
      ),
      metric(
        'vllm:time_to_first_token_seconds',
        'histogram',
        'Histogram of time to first token in seconds.',
        this.#firstToken.lines('vllm:time_to_first_token_seconds', labels),
      ),
      metric(
        'vllm:request_queue_time_seconds',
        'histogram',
        'Histogram of time spent in WAITING phase for request.',
        this.#queue.lines('vllm:request_queue_time_seconds', labels),
      ),
      metric(
        'vllm:e2e_request_latency_seconds',
        'histogram',
        'Histogram of end to end request latency in seconds.',
        this.#latency.lines('vllm:e2e_request_latency_seconds', labels),
      ),
      metric('vllm:cache_config_info', 'gauge', 'Information of the LLMEngine CacheConfig', [
        sample(
          'vllm:cache_config_info',
          { engine: '0', block_size: `${blockTokens}`, num_gpu_blocks: `${cacheBlocks}` },
          1,
        ),
      ]),
    ].join('')
  }
}
