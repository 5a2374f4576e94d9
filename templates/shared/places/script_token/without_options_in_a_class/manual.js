import { Socket } from "phoenix"
import { connectWithToken, token } from "./token.js"

export class Room {
  connect() {
    this.socket = new Socket("/socket", { authToken: token })
    connectWithToken(this.socket)
  }
}
