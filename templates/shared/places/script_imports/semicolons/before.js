import "./styles";
import { start } from "./page";

start();
