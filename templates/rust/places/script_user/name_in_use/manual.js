import { Socket } from "phoenix"
import { user } from "./token.js"
