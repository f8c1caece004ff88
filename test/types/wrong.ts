/**
 * Deliberately wrong, and therefore left out of the project's tsconfig: `npm run check` compiles this file by itself and
 * fails unless the compiler refuses it with TS2344. So it shows that a wrong type test is seen.
 */
import { expectTypeOf } from 'vitest'

import type { ChatResponse } from 'headrace'

expectTypeOf<ChatResponse['text']>().toEqualTypeOf<number>()
