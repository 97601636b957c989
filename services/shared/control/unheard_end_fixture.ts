/** For tests, as a process of its own: a session ends with an error when nobody listens to it any more. @module */
import { connect } from "node:http2";
import { Socket } from "node:net";
import "./session_ends.ts";

connect("http://localhost", { createConnection: () => new Socket() })
  .destroy(new Error("nobody hears this"));
