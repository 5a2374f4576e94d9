import { start } from './page'
import './user_socket.js'

start()
