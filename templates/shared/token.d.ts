/** The token, for each connect of a socket: a function, which the type of `authToken` in @types/phoenix does not allow. */
export const token: any

/** The user of the first token. Pending while there is none. */
export const userFetched: Promise<string | undefined>

/** Connects a socket once there is a token, and disconnects it when the user is signed out. */
export function connectWithToken(socket: Socket): void

/** Requests a token for the next connects. */
export function renewToken(): Promise<void>
