import { describe, expect, it } from 'vitest'

import { metricsLoad } from './read-metrics.js'

const { read } = metricsLoad({ waiting: 'vllm:num_requests_waiting', running: 'vllm:num_requests_running' })

describe('metricsLoad', () => {
  it('sums the engines of a server, and takes no other metric for it', () => {
    const text = [
      '# HELP vllm:num_requests_waiting Number of requests waiting to be processed.',
      '# TYPE vllm:num_requests_waiting gauge',
      'vllm:num_requests_waiting{engine="0",model_name="a} 7 b"} 3.0',
      'vllm:num_requests_waiting{engine="1",model_name="a"} 1e1 1700000000000',
      'vllm:num_requests_waiting_by_reason{reason="capacity"} 99.0',
      'other:vllm:num_requests_waiting 50',
      'vllm:num_requests_running 12',
    ].join('\n')
    expect(read(text)).toEqual({ waiting: 13, running: 12 })
  })

  it.each([
    '',
    '<html>',
    'vllm:num_requests_waiting',
    'vllm:num_requests_waiting NaN\n',
    'vllm:num_requests_running 1',
  ])('says nothing of %j', (text) => expect(read(text)).toBeUndefined())
})
