import { Socket } from "phoenix"

const recover = () => location.reload()
