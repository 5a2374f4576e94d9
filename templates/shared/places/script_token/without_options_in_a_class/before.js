import { Socket } from "phoenix"

export class Room {
  connect() {
    this.socket = new Socket("/socket")
    this.socket.connect()
  }
}
