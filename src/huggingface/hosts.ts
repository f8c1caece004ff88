type Environment = Readonly<Record<string, string | undefined>>

export const defaultRouterUrl = 'https://router.huggingface.co'
export const defaultManagementUrl = 'https://api.endpoints.huggingface.cloud/v2'
const defaultHubUrl = 'https://huggingface.co'

/** The Hub's address: `HF_ENDPOINT`, or Hugging Face's own. */
export function hubUrlOf(env: Environment): string {
  return (env['HF_ENDPOINT'] || defaultHubUrl).replace(/\/+$/, '')
}

/** Whether a host is Hugging Face's, so that a key of the environment may go there. */
export function isHuggingFaceHost(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'https:') return false
  return ['huggingface.co', 'hf.co', 'huggingface.cloud'].some(
    (domain) => hostname === domain || hostname.endsWith(`.${domain}`),
  )
}
