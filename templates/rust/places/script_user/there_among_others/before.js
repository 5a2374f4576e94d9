import { Socket } from "phoenix"
import { token, user } from "./token.js"
