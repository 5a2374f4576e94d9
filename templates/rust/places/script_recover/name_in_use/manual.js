import { Socket } from "phoenix"
import { recover } from "./recover.js"
