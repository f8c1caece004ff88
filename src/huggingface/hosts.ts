export const defaultRouterUrl = 'https://router.huggingface.co'
export const defaultManagementUrl = 'https://api.endpoints.huggingface.cloud/v2'
