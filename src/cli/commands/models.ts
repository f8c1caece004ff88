import { type Command, InvalidArgumentError, Option } from 'commander'

import { addApiKeyOption, toNumber } from '../command-options.js'
import type { LaunchArguments, ModelsArguments, RegistrationArguments, WaitArguments } from '../run-models.js'

/** `headrace models`: the models of an Xinference server. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('Lists, launches and ends the models of an Xinference server.')
    .helpCommand('help [command]', 'print the help of a command')
  addListCommand(models)
  addLaunchCommand(models)
  addWaitCommand(models)
  addTerminateCommand(models)
  addRegisterCommands(models)
  addEnginesCommand(models)
}

function addListCommand(models: Command): void {
  addServerOptions(models.command('list').description('Lists the running models.')).action(
    async (args: ModelsArguments) => {
      const { listModels } = await import('../run-models.js')
      process.exitCode = await listModels(args)
    },
  )
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
  addServerOptions(addTimeoutOption(command)).action(async (name: string, args: LaunchArguments) => {
    const { launchModel } = await import('../run-models.js')
    process.exitCode = await launchModel(name, args)
  })
}

function addWaitCommand(models: Command): void {
  const command = models
    .command('wait')
    .description('Waits until a model is ready.')
    .argument('<uid>', 'of a model that was launched')
  addServerOptions(addTimeoutOption(command)).action(async (uid: string, args: WaitArguments) => {
    const { waitForModel } = await import('../run-models.js')
    process.exitCode = await waitForModel(uid, args)
  })
}

function addTerminateCommand(models: Command): void {
  const command = models.command('terminate').description('Ends a model.').argument('<uid>', 'of a running model')
  addServerOptions(command).action(async (uid: string, args: ModelsArguments) => {
    const { terminateModel } = await import('../run-models.js')
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
    const { registerModel } = await import('../run-models.js')
    process.exitCode = await registerModel(file, args)
  })
  const unregister = models
    .command('unregister')
    .description('Takes a registered model away.')
    .argument('<name>', 'its model_name')
  addServerOptions(unregister.addOption(typeOption())).action(async (name: string, args: RegistrationArguments) => {
    const { unregisterModel } = await import('../run-models.js')
    process.exitCode = await unregisterModel(name, args)
  })
}

function addEnginesCommand(models: Command): void {
  const command = models
    .command('engines')
    .description('Lists the engines that can run a model, and why others cannot.')
    .argument('<name>', 'a built-in family or a registered model')
  addServerOptions(command).action(async (name: string, args: ModelsArguments) => {
    const { listEngines } = await import('../run-models.js')
    process.exitCode = await listEngines(name, args)
  })
}

function addServerOptions(command: Command): Command {
  return addApiKeyOption(
    command.option(
      '--endpoint <url>',
      "the server's root (default: the environment variable XINFERENCE_ENDPOINT, else http://127.0.0.1:9997)",
    ),
  )
    .option('--username <name>', 'log in; the password is read from XINFERENCE_PASSWORD, else asked for')
    .option('--json', 'print JSON')
}

function addTimeoutOption(command: Command): Command {
  return command.option('--timeout <seconds>', 'how long to wait (default: 1800)', toNumber)
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
