import { describe, expect, it } from 'vitest'

import { demoFamily } from './demo-model.js'
import { client } from './server.js'

export function describeCatalogue(): void {
  describe('afterwards', () => {
    it('forgets a registered model and leaves the server empty', async () => {
      await client.terminateModel('demo')
      await client.unregisterModel(demoFamily.model_name)
      const registrations = await client.listRegistrations('LLM')
      expect(registrations.filter((model) => model['model_name'] === demoFamily.model_name)).toEqual([])
      expect(await client.listModels()).toEqual([])
    })
  })
}
