import { type Command, InvalidArgumentError, Option } from 'commander'

import { addApiKeyOption, toNumber } from '../command-options.js'
import type { LaunchArguments, WaitArguments } from '../models/run-launch.js'
import type { RegistrationArguments } from '../models/run-register.js'
import type { SetupArguments } from '../models/run-setup.js'
import type { ModelsArguments } from '../models/with-client.js'

/** `headrace models`: the models of an Xinference server. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('Lists, launches and ends the models of an Xinference server, and sets the server up.')
    .helpCommand('help [command]', 'print the help of a command')
  addLookCommands(models)
  addLaunchCommand(models)
  addWaitCommand(models)
  addEndCommands(models)
  addRegisterCommands(models)
  addEnginesCommand(models)
  addSetupCommand(models)
  addKeysCommands(models)
}

function addLookCommands(models: Command): void {
  addServerOptions(models.command('list').description('Lists the running models.')).action(
    async (args: ModelsArguments) => {
      const { listModels } = await import('../models/run-list.js')
      process.exitCode = await listModels(args)
    },
  )
  const describe = models
    .command('describe')
    .description('Describes a model and the state of its copies, also while it loads.')
    .argument('<uid>', 'of a model that was launched')
  addServerOptions(describe).action(async (uid: string, args: ModelsArguments) => {
    const { describeModel } = await import('../models/run-describe.js')
    process.exitCode = await describeModel(uid, args)
  })
  const events = models
    .command('events')
    .description('Lists what the server noted about a model last: launches, and why requests failed.')
    .argument('<uid>', 'of a model that was launched')
  addServerOptions(events).action(async (uid: string, args: ModelsArguments) => {
    const { listEvents } = await import('../models/run-events.js')
    process.exitCode = await listEvents(uid, args)
  })
}

function addLaunchCommand(models: Command): void {
  const command = models
    .command('launch')
    .description('Launches a model, and waits until it is ready.')
    .argument('<name>', 'a built-in family or a registered model: qwen2.5-instruct')
    .option('--uid <uid>', 'what requests call it (default: the server chooses)')
    .addOption(typeOption())
    .option('--engine <engine>', 'llama.cpp, vLLM, Transformers, SGLang, MLX; see `headrace models engines`')
    .option('--format <format>', 'ggufv2, pytorch, gptq, awq, fp8, ...')
    .option('--size <billions>', 'billions of parameters: 7, 0.5')
    .option('--quantization <name>', 'q4_k_m, Int4, ...')
    .option('--path <path>', 'a file or folder on the server instead of a download')
    .option('--replica <number>', 'how many copies', toNumber)
    .addOption(new Option('--gpus <number>', 'GPUs of each copy').argParser(toNumber).conflicts('cpu'))
    .option('--cpu', 'use no GPU')
    .addOption(
      new Option('--option <key=value>', "the engine's own: n_ctx=8192; may be repeated").argParser(appendPair),
    )
    .option('--no-wait', 'come back at once')
    .option('--wait', 'wait until it is ready (default)')
  addServerOptions(addWaitOptions(command)).action(async (name: string, args: LaunchArguments) => {
    const { launchModel } = await import('../models/run-launch.js')
    process.exitCode = await launchModel(name, args)
  })
}

function addWaitCommand(models: Command): void {
  const command = models
    .command('wait')
    .description('Waits until a model is ready.')
    .argument('<uid>', 'of a model that was launched')
  addServerOptions(addWaitOptions(command)).action(async (uid: string, args: WaitArguments) => {
    const { waitForModel } = await import('../models/run-launch.js')
    process.exitCode = await waitForModel(uid, args)
  })
}

function addEndCommands(models: Command): void {
  const cancel = models
    .command('cancel')
    .description('Ends a launch that is under way.')
    .argument('<uid>', 'of a model that loads')
  addServerOptions(cancel).action(async (uid: string, args: ModelsArguments) => {
    const { cancelLaunch } = await import('../models/run-launch.js')
    process.exitCode = await cancelLaunch(uid, args)
  })
  const terminate = models.command('terminate').description('Ends a model.').argument('<uid>', 'of a running model')
  addServerOptions(terminate).action(async (uid: string, args: ModelsArguments) => {
    const { terminateModel } = await import('../models/run-terminate.js')
    process.exitCode = await terminateModel(uid, args)
  })
}

function addRegisterCommands(models: Command): void {
  const register = models
    .command('register')
    .description("Adds a model of one's own to those that can be launched.")
    .argument('<file>', "a JSON file as Xinference's documentation of custom models has it; - is standard input")
    .option('--no-persist', 'forget it when the server restarts')
  addServerOptions(register.addOption(typeOption())).action(async (file: string, args: RegistrationArguments) => {
    const { registerModel } = await import('../models/run-register.js')
    process.exitCode = await registerModel(file, args)
  })
  const unregister = models
    .command('unregister')
    .description('Takes a registered model away.')
    .argument('<name>', 'its model_name')
  addServerOptions(unregister.addOption(typeOption())).action(async (name: string, args: RegistrationArguments) => {
    const { unregisterModel } = await import('../models/run-register.js')
    process.exitCode = await unregisterModel(name, args)
  })
}

function addEnginesCommand(models: Command): void {
  const command = models
    .command('engines')
    .description('Lists the engines that can run a model, and why others cannot.')
    .argument('<name>', 'a built-in family or a registered model')
  addServerOptions(command).action(async (name: string, args: ModelsArguments) => {
    const { listEngines } = await import('../models/run-engines.js')
    process.exitCode = await listEngines(name, args)
  })
}

function addSetupCommand(models: Command): void {
  const setup = models
    .command('setup')
    .description('Makes the first user of a new server; the password is read from XINFERENCE_PASSWORD, else asked for.')
    .argument('<username>', 'who may do everything')
    .option('--setup-token <token>', "from the server's log at its first start (asked for since server 4)")
  addOutputOption(addEndpointOption(setup)).action(async (username: string, args: SetupArguments) => {
    const { setUp } = await import('../models/run-setup.js')
    process.exitCode = await setUp(username, args)
  })
}

function addKeysCommands(models: Command): void {
  const keys = models
    .command('keys')
    .description('Lists, makes and deletes API keys, which may list and ask models.')
    .helpCommand('help [command]', 'print the help of a command')
  addServerOptions(keys.command('list').description('Lists the API keys.')).action(async (args: ModelsArguments) => {
    const { listKeys } = await import('../models/run-keys.js')
    process.exitCode = await listKeys(args)
  })
  const create = keys.command('create').description('Makes an API key and prints it.').argument('<name>', 'a new name')
  addServerOptions(create).action(async (name: string, args: ModelsArguments) => {
    const { createKey } = await import('../models/run-keys.js')
    process.exitCode = await createKey(name, args)
  })
  const remove = keys
    .command('delete')
    .description('Deletes an API key.')
    .argument('<id>', 'as `headrace models keys list` has it', toNumber)
  addServerOptions(remove).action(async (id: number, args: ModelsArguments) => {
    const { deleteKey } = await import('../models/run-keys.js')
    process.exitCode = await deleteKey(id, args)
  })
}

function addServerOptions(command: Command): Command {
  return addOutputOption(
    addApiKeyOption(addEndpointOption(command)).option(
      '--username <name>',
      'log in; the password is read from XINFERENCE_PASSWORD, else asked for',
    ),
  )
}

function addEndpointOption(command: Command): Command {
  return command.option(
    '--endpoint <url>',
    "the server's root (default: the environment variable XINFERENCE_ENDPOINT, else http://127.0.0.1:9997)",
  )
}

function addOutputOption(command: Command): Command {
  return command.option('--json', 'print JSON')
}

function addWaitOptions(command: Command): Command {
  return command
    .option('--timeout <seconds>', 'how long to wait (default: 1800)', toNumber)
    .option('--cancel-on-interrupt', 'cancel the launch at Ctrl-C, instead of leaving it to go on')
}

function typeOption(): Option {
  const types = ['LLM', 'embedding', 'rerank', 'image', 'audio', 'video', 'flexible']
  return new Option('--type <type>', 'what kind of model it is (default: LLM)').choices(types)
}

type Pairs = Readonly<Record<string, unknown>>

/** `key=value`; what is JSON, as numbers and true, is taken as that, all else as text. */
function appendPair(text: string, before: Pairs | undefined): Pairs {
  const cut = text.indexOf('=')
  if (cut < 1) throw new InvalidArgumentError('It must be key=value.')
  const value = text.slice(cut + 1)
  try {
    return { ...before, [text.slice(0, cut)]: JSON.parse(value) as unknown }
  } catch {
    return { ...before, [text.slice(0, cut)]: value }
  }
}
