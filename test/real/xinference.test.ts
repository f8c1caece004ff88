import { afterAll } from 'vitest'

import { describeAccounts } from './accounts.js'
import { describeCatalogue } from './catalogue.js'
import { describeEnds } from './ends.js'
import { describeErrors } from './errors.js'
import { describeFamilies } from './families.js'
import { describeLaunching } from './launching.js'
import { describeModel } from './model.js'
import { client } from './server.js'
import { describeSharedSuite } from './suite.js'

// In the order of a server's life: each part needs what the ones before it left.
describeAccounts()
describeLaunching()
describeModel()
describeErrors()
describeSharedSuite()
describeFamilies()
describeEnds()
describeCatalogue()

afterAll(() => client.close())
