/** Why there is nothing to test against on this machine. */
export class Unavailable extends Error {}
