import { Socket } from "phoenix"

const user = JSON.parse(document.body.dataset.user)
